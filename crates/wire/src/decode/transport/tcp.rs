//! TCP (RFC 9293).

use super::{Body, leading_ports};
use crate::decode::cursor::Cursor;
use crate::{FaultKind, Layer, Tcp, Transport};

const FIXED: u32 = 20;

/// Reads a TCP header.
#[inline]
pub(crate) fn read<'a>(segment: Cursor<'a>) -> Body<'a> {
    let Some(fixed) = segment.data.first_chunk::<20>() else {
        return cut(segment);
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
        return Body::malformed(Transport::Tcp(tcp), fault);
    }
    match segment.data.get(FIXED as usize..header_len as usize) {
        Some(options) => Body {
            transport: Transport::Tcp(Tcp { options, ..tcp }),
            payload_len: segment.wire_len.saturating_sub(header_len),
            payload: segment.data.get(header_len as usize..).unwrap_or(&[]),
            fault: None,
        },
        None => {
            let options = segment.data.get(FIXED as usize..).unwrap_or(&[]);
            let fault = segment.truncated(Layer::Transport, header_len as usize);
            Body::cut(
                Transport::Tcp(Tcp { options, ..tcp }),
                segment,
                header_len,
                fault,
            )
        }
    }
}

#[cold]
fn cut<'a>(segment: Cursor<'a>) -> Body<'a> {
    let header_len = segment
        .data
        .get(12)
        .map_or(0, |&byte| u32::from(byte >> 4) * 4);
    Body::cut(
        leading_ports(segment),
        segment,
        header_len.max(FIXED),
        segment.truncated(Layer::Transport, FIXED as usize),
    )
}
