//! Transport headers.

pub(crate) mod icmp;
pub(crate) mod ports;
pub(crate) mod tcp;
pub(crate) mod udp;

use super::cursor::Cursor;
use crate::{Fault, Fragment, Ports, Transport};

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const DCCP: u8 = 33;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const SCTP: u8 = 132;
pub(crate) const UDP_LITE: u8 = 136;

/// What an IP packet carries.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    pub transport: Transport<'a>,
    pub payload_len: u32,
    pub payload: &'a [u8],
    pub fault: Option<Fault>,
}

impl<'a> Body<'a> {
    /// A header that was read; its payload starts at `at`.
    #[inline]
    fn whole(transport: Transport<'a>, at: Cursor<'a>) -> Self {
        Self {
            transport,
            payload_len: at.wire_len,
            payload: at.data,
            fault: None,
        }
    }

    /// Nothing was read, since the network header before it ends too early.
    #[cold]
    pub fn unread(payload_len: u32, fault: Fault) -> Self {
        Self {
            transport: Transport::Unread,
            payload_len,
            payload: &[],
            fault: Some(fault),
        }
    }

    /// A header of which the end is missing: the payload is what `header_len` leaves of the segment.
    #[cold]
    fn cut(transport: Transport<'a>, segment: Cursor<'a>, header_len: u32, fault: Fault) -> Self {
        Self {
            transport,
            payload_len: segment.wire_len.saturating_sub(header_len),
            payload: &[],
            fault: Some(fault),
        }
    }

    /// A header that contradicts itself: no payload can be told.
    #[cold]
    fn malformed(transport: Transport<'a>, fault: Fault) -> Self {
        Self {
            transport,
            payload_len: 0,
            payload: &[],
            fault: Some(fault),
        }
    }
}

/// Reads the transport header of `protocol` that starts at `segment`; with `zero_is_rest` a UDP length of 0
/// means all that is there.
#[inline]
pub(crate) fn read(
    protocol: u8,
    fragment: Fragment,
    zero_is_rest: bool,
    segment: Cursor<'_>,
) -> Body<'_> {
    if let Fragment::Later(_) = fragment {
        return Body::whole(Transport::Unread, segment);
    }
    match protocol {
        TCP => tcp::read(segment),
        UDP => udp::read(segment, zero_is_rest),
        _ => read_other(protocol, segment),
    }
}

#[inline(never)]
fn read_other(protocol: u8, segment: Cursor<'_>) -> Body<'_> {
    match protocol {
        ICMP | ICMPV6 => icmp::read(segment),
        UDP_LITE => udp::read_lite(segment),
        SCTP => ports::read_sctp(segment),
        DCCP => ports::read_dccp(segment),
        _ => Body::whole(Transport::Other, segment),
    }
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
