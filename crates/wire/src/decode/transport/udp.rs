//! UDP (RFC 768) and UDP-Lite (RFC 3828).

use super::{cut, leading_ports, whole};
use crate::decode::cursor::Cursor;
use crate::{Fault, FaultKind, Ip, Layer, Transport, Udp};

const HEADER: u32 = 8;

/// Reads a UDP header; with `zero_is_rest` a length of 0 means all that the network layer carries
/// (RFC 2675, and segmentation offload).
#[inline]
pub(crate) fn read<'a>(
    ip: &mut Ip<'a>,
    segment: Cursor<'a>,
    zero_is_rest: bool,
) -> Result<(), Fault> {
    let (udp, payload) = match header(segment) {
        Ok(parts) => parts,
        Err(fault) => return cut(ip, leading_ports(segment), segment, HEADER, fault),
    };
    let len = u32::from(udp.len);
    if len >= HEADER {
        return whole(ip, Transport::Udp(udp), payload.cut_within(len - HEADER));
    }
    if len == 0 && zero_is_rest {
        return whole(ip, Transport::Udp(udp), payload);
    }
    malformed(ip, udp, segment)
}

/// Reads a UDP-Lite header: its length field is the checksum coverage, 0 for all.
pub(crate) fn read_lite<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    match header(segment) {
        Ok((udp, _)) if (1..HEADER).contains(&u32::from(udp.len)) => malformed(ip, udp, segment),
        Ok((udp, payload)) => whole(ip, Transport::Udp(udp), payload),
        Err(fault) => cut(ip, leading_ports(segment), segment, HEADER, fault),
    }
}

#[inline]
fn header(segment: Cursor<'_>) -> Result<(Udp, Cursor<'_>), Fault> {
    let (&[s0, s1, d0, d1, l0, l1, c0, c1], payload) = segment.take::<8>(Layer::Transport)?;
    let udp = Udp {
        src_port: u16::from_be_bytes([s0, s1]),
        dst_port: u16::from_be_bytes([d0, d1]),
        len: u16::from_be_bytes([l0, l1]),
        checksum: u16::from_be_bytes([c0, c1]),
    };
    Ok((udp, payload))
}

#[cold]
fn malformed(ip: &mut Ip<'_>, udp: Udp, segment: Cursor<'_>) -> Result<(), Fault> {
    let fault = segment.fault(Layer::Transport, FaultKind::Malformed, HEADER as usize);
    super::malformed(ip, Transport::Udp(udp), fault)
}
