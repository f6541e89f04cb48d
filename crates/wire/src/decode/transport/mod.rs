//! Transport headers.

pub(crate) mod icmp;
pub(crate) mod ports;
pub(crate) mod tcp;
pub(crate) mod udp;

use super::cursor::Cursor;
use crate::{Fault, Fragment, Ip, Ports, Transport};

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const DCCP: u8 = 33;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const SCTP: u8 = 132;
pub(crate) const UDP_LITE: u8 = 136;

/// Reads the transport header of `ip` that starts at `segment`, into `ip` itself: a packet is too large to be copied for
/// nothing. With `zero_is_rest` a UDP length of 0 means all that is there.
#[inline]
pub(crate) fn read<'a>(
    ip: &mut Ip<'a>,
    zero_is_rest: bool,
    segment: Cursor<'a>,
) -> Result<(), Fault> {
    if let Fragment::Later(_) = ip.fragment {
        return whole(ip, Transport::Unread, segment);
    }
    match ip.protocol {
        TCP => tcp::read(ip, segment),
        UDP => udp::read(ip, segment, zero_is_rest),
        _ => read_other(ip, segment),
    }
}

#[inline(never)]
fn read_other<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    match ip.protocol {
        ICMP | ICMPV6 => icmp::read(ip, segment),
        UDP_LITE => udp::read_lite(ip, segment),
        SCTP => ports::read_sctp(ip, segment),
        DCCP => ports::read_dccp(ip, segment),
        _ => whole(ip, Transport::Other, segment),
    }
}

/// A header that was read; its payload starts at `at`.
#[inline]
fn whole<'a>(ip: &mut Ip<'a>, transport: Transport<'a>, at: Cursor<'a>) -> Result<(), Fault> {
    ip.transport = transport;
    ip.payload_len = at.wire_len;
    ip.payload = at.data;
    Ok(())
}

/// A header of which the end is missing: the payload is what `header_len` leaves of the segment.
#[cold]
fn cut<'a>(
    ip: &mut Ip<'a>,
    transport: Transport<'a>,
    segment: Cursor<'a>,
    header_len: u32,
    fault: Fault,
) -> Result<(), Fault> {
    ip.transport = transport;
    ip.payload_len = segment.wire_len.saturating_sub(header_len);
    ip.payload = &[];
    Err(fault)
}

/// A header that contradicts itself: no payload can be told.
#[cold]
fn malformed<'a>(ip: &mut Ip<'a>, transport: Transport<'a>, fault: Fault) -> Result<(), Fault> {
    ip.transport = transport;
    (ip.payload_len, ip.payload) = (0, &[]);
    Err(fault)
}

/// The two ports that TCP, UDP, SCTP and DCCP all start with, of a header that is cut after them.
#[cold]
fn leading_ports<'a>(segment: Cursor<'a>) -> Transport<'a> {
    match segment.data.first_chunk::<4>() {
        Some(&[s0, s1, d0, d1]) => Transport::Ports(Ports {
            src_port: u16::from_be_bytes([s0, s1]),
            dst_port: u16::from_be_bytes([d0, d1]),
        }),
        None => Transport::Unread,
    }
}
