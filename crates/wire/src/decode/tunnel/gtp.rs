//! GTP-U (3GPP TS 29.281).

use crate::decode::cursor::Cursor;
use crate::decode::link::Carried;
use crate::decode::network;
use crate::{Fault, FaultKind, Layer};

pub(super) const PORT: u16 = 2152;

/// Version and protocol type of the first byte: version 1, GTP (not GTP').
const VERSION_MASK: u8 = 0xf0;
const VERSION_1: u8 = 0x30;
const HAS_EXTENSION: u8 = 0x04;
const HAS_OPTIONAL: u8 = 0x07;
/// The message type of a tunneled packet.
const PACKET: u8 = 255;

/// Reads the header and its extension headers; `None` if the payload is not a tunneled IP packet.
pub(super) fn read<'a>(start: Cursor<'a>) -> Option<Result<Carried<'a>, Fault>> {
    let (&[bits, kind, l0, l1, _, _, _, _], at) = start.take::<8>(Layer::Transport).ok()?;
    let len = u32::from(u16::from_be_bytes([l0, l1]));
    if bits & VERSION_MASK != VERSION_1 || kind != PACKET || len > at.wire_len {
        return None;
    }
    let at = match optional(bits, at.cut(len)) {
        Ok(at) => at,
        Err(fault) => return Some(Err(fault)),
    };
    // The header does not tell the protocol: it may be Ethernet or unstructured, which stays closed.
    let protocol = network::by_version(at).ok()?;
    Some(Ok(Carried { protocol, at }))
}

fn optional<'a>(bits: u8, mut at: Cursor<'a>) -> Result<Cursor<'a>, Fault> {
    if bits & HAS_OPTIONAL == 0 {
        return Ok(at);
    }
    let (&[_, _, _, mut next], rest) = at.take::<4>(Layer::Transport)?;
    at = rest;
    if bits & HAS_EXTENSION == 0 {
        return Ok(at);
    }
    while next != 0 {
        let (&[words], _) = at.take::<1>(Layer::Transport)?;
        let len = usize::from(words) * 4;
        if len == 0 {
            return Err(at.fault(Layer::Transport, FaultKind::Malformed, 4));
        }
        let rest = at.skip(len, Layer::Transport)?;
        next = at.data.get(len - 1).copied().unwrap_or(0);
        at = rest;
    }
    Ok(at)
}
