//! SCTP (RFC 9260) and DCCP (RFC 4340): their ports, and where their payload begins.

use super::{Body, leading_ports};
use crate::decode::cursor::Cursor;
use crate::{FaultKind, Layer};

const SCTP_HEADER: u32 = 12;
const DCCP_FIXED: u32 = 12;

/// Reads the common header of SCTP; its chunks are the payload.
pub(crate) fn read_sctp(segment: Cursor<'_>) -> Body<'_> {
    after(segment, SCTP_HEADER)
}

/// Reads the generic header of DCCP.
pub(crate) fn read_dccp(segment: Cursor<'_>) -> Body<'_> {
    let Some(fixed) = segment.data.first_chunk::<12>() else {
        return after(segment, DCCP_FIXED);
    };
    let &[_, _, _, _, words, ..] = fixed;
    let header_len = u32::from(words) * 4;
    if header_len < DCCP_FIXED {
        let fault = segment.fault(Layer::Transport, FaultKind::Malformed, DCCP_FIXED as usize);
        return Body::malformed(leading_ports(segment), fault);
    }
    after(segment, header_len)
}

fn after(segment: Cursor<'_>, header_len: u32) -> Body<'_> {
    let ports = leading_ports(segment);
    match segment.skip(header_len as usize, Layer::Transport) {
        Ok(payload) => Body::whole(ports, payload),
        Err(fault) => Body::cut(ports, segment, header_len, fault),
    }
}
