//! TCP (RFC 9293).

use super::{leading_ports, malformed};
use crate::decode::cursor::Cursor;
use crate::{Fault, FaultKind, Ip, Layer, Tcp, Transport};

const FIXED: u32 = 20;

/// Reads a TCP header.
#[inline]
pub(crate) fn read<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    let Some(fixed) = segment.data.first_chunk::<20>() else {
        return cut(ip, segment);
    };
    let &[
        s0,
        s1,
        d0,
        d1,
        n0,
        n1,
        n2,
        n3,
        a0,
        a1,
        a2,
        a3,
        offset,
        flags,
        w0,
        w1,
        c0,
        c1,
        u0,
        u1,
    ] = fixed;
    let header_len = u32::from(offset >> 4) * 4;
    let tcp = Tcp {
        src_port: u16::from_be_bytes([s0, s1]),
        dst_port: u16::from_be_bytes([d0, d1]),
        seq: u32::from_be_bytes([n0, n1, n2, n3]),
        ack: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: u16::from_be_bytes([offset, flags]) & 0x01ff,
        window: u16::from_be_bytes([w0, w1]),
        checksum: u16::from_be_bytes([c0, c1]),
        urgent: u16::from_be_bytes([u0, u1]),
        options: &[],
    };
    if header_len < FIXED {
        let fault = segment.fault(Layer::Transport, FaultKind::Malformed, FIXED as usize);
        return malformed(ip, Transport::Tcp(tcp), fault);
    }
    match segment.data.get(FIXED as usize..header_len as usize) {
        Some(options) => {
            ip.transport = Transport::Tcp(Tcp { options, ..tcp });
            ip.payload_len = segment.wire_len.saturating_sub(header_len);
            ip.payload = segment.data.get(header_len as usize..).unwrap_or(&[]);
            Ok(())
        }
        None => {
            let options = segment.data.get(FIXED as usize..).unwrap_or(&[]);
            let fault = segment.truncated(Layer::Transport, header_len as usize);
            let transport = Transport::Tcp(Tcp { options, ..tcp });
            super::cut(ip, transport, segment, header_len, fault)
        }
    }
}

#[cold]
fn cut<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    let header_len = segment
        .data
        .get(12)
        .map_or(0, |&byte| u32::from(byte >> 4) * 4);
    super::cut(
        ip,
        leading_ports(segment),
        segment,
        header_len.max(FIXED),
        segment.truncated(Layer::Transport, FIXED as usize),
    )
}
