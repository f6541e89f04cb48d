//! Records of Endace capture cards (ERF).

use super::{Carried, by_version, ethernet, ppp, unsupported};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

const HAS_EXTENSION: u8 = 0x80;

/// Reads the header of a record, its extension headers, and the frame in it.
pub(crate) fn read<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[_, _, _, _, _, _, _, _, kind, _, _, _, _, _, w0, w1], mut at) =
        start.take::<16>(Layer::Link)?;
    let wire_len = u32::from(u16::from_be_bytes([w0, w1]));
    let mut more = kind;
    while more & HAS_EXTENSION != 0 {
        let (&[bits, ..], rest) = at.take::<8>(Layer::Link)?;
        more = bits;
        at = rest;
    }
    match kind & !HAS_EXTENSION {
        1 | 5 | 9 | 17 => ppp::read(at.cut_within(wire_len), link),
        // Two bytes align the frame.
        2 | 11 | 16 => ethernet::read(at.skip(2, Layer::Link)?.cut_within(wire_len), link),
        22 | 23 => by_version(at.cut_within(wire_len)),
        _ => Err(unsupported(start)),
    }
}
