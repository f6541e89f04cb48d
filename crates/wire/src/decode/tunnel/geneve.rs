//! GENEVE (RFC 8926).

use crate::decode::cursor::Cursor;
use crate::decode::link::{Carried, ethernet};
use crate::{Fault, Layer, LinkHeader};

pub(super) const PORT: u16 = 6081;

const ETHERNET: u16 = 0x6558;
const VERSION: u8 = 0xc0;
const RESERVED: u8 = 0x3f;

/// Reads the header and its options; `None` if the payload is not GENEVE.
pub(super) fn read<'a>(start: Cursor<'a>) -> Option<Result<Carried<'a>, Fault>> {
    let (&[words, bits, p0, p1, _, _, _, reserved], at) = start.take::<8>(Layer::Transport).ok()?;
    if words & VERSION != 0 || bits & RESERVED != 0 || reserved != 0 {
        return None;
    }
    let options_len = usize::from(words & !VERSION) * 4;
    let at = match at.skip(options_len, Layer::Transport) {
        Ok(at) => at,
        Err(fault) => return Some(Err(fault)),
    };
    let mut link = LinkHeader::default();
    match u16::from_be_bytes([p0, p1]) {
        ETHERNET => Some(ethernet::read(at, &mut link)),
        ethertype @ 0x0600.. => Some(ethernet::follow(ethertype, at, &mut link)),
        _ => None,
    }
}
