//! SCTP (RFC 9260) and DCCP (RFC 4340): their ports, and where their payload begins.

use super::{cut, leading_ports, malformed, whole};
use crate::decode::cursor::Cursor;
use crate::{Fault, FaultKind, Ip, Layer};

const SCTP_HEADER: u32 = 12;
const DCCP_FIXED: u32 = 12;

/// Reads the common header of SCTP; its chunks are the payload.
pub(crate) fn read_sctp<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    after(ip, segment, SCTP_HEADER)
}

/// Reads the generic header of DCCP.
pub(crate) fn read_dccp<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    let Some(fixed) = segment.data.first_chunk::<12>() else {
        return after(ip, segment, DCCP_FIXED);
    };
    let &[_, _, _, _, words, ..] = fixed;
    let header_len = u32::from(words) * 4;
    if header_len < DCCP_FIXED {
        let fault = segment.fault(Layer::Transport, FaultKind::Malformed, DCCP_FIXED as usize);
        return malformed(ip, leading_ports(segment), fault);
    }
    after(ip, segment, header_len)
}

fn after<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>, header_len: u32) -> Result<(), Fault> {
    let ports = leading_ports(segment);
    match segment.skip(header_len as usize, Layer::Transport) {
        Ok(payload) => whole(ip, ports, payload),
        Err(fault) => cut(ip, ports, segment, header_len, fault),
    }
}
