//! IEEE 802.11 data frames.

use super::{Carried, ethernet, llc, no_network};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

const DATA: u8 = 2;
/// Bits of the subtype of data frames.
const NO_DATA: u8 = 0x4;
const QOS: u8 = 0x8;
/// Bits of the second frame control byte.
const TO_DS: u8 = 0x01;
const FROM_DS: u8 = 0x02;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
/// Bit of the first QoS control byte.
const AGGREGATED: u8 = 0x80;

/// Reads a frame without its check sequence. Management, control and encrypted frames, and later
/// fragments, have no network layer that can be read.
pub(crate) fn read<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    read_padded(at, false, link)
}

/// Reads a frame whose header is padded to a multiple of four bytes, if `padded`.
///
/// Of an aggregate (A-MSDU) it reads the first packet.
pub(crate) fn read_padded<'a>(
    start: Cursor<'a>,
    padded: bool,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[control, bits], _) = start.take::<2>(Layer::Link)?;
    let subtype = control >> 4;
    if (control >> 2) & 3 != DATA || control & 3 != 0 {
        return Err(no_network(start));
    }
    let (
        &[
            _,
            _,
            _,
            _,
            a0,
            a1,
            a2,
            a3,
            a4,
            a5,
            b0,
            b1,
            b2,
            b3,
            b4,
            b5,
            c0,
            c1,
            c2,
            c3,
            c4,
            c5,
            sequence,
            _,
        ],
        mut at,
    ) = start.take::<24>(Layer::Link)?;
    let first = [a0, a1, a2, a3, a4, a5];
    let second = [b0, b1, b2, b3, b4, b5];
    let third = [c0, c1, c2, c3, c4, c5];
    let (source, destination) = match (bits & TO_DS != 0, bits & FROM_DS != 0) {
        (false, false) => (second, first),
        (true, false) => (second, third),
        (false, true) => (third, first),
        (true, true) => {
            let (&fourth, rest) = at.take::<6>(Layer::Link)?;
            at = rest;
            (fourth, third)
        }
    };
    if link.source.is_none() {
        link.source = Some(source);
        link.destination = Some(destination);
    }
    let mut aggregated = false;
    if subtype & QOS != 0 {
        let (&[qos, _], rest) = at.take::<2>(Layer::Link)?;
        aggregated = qos & AGGREGATED != 0;
        at = rest;
        if bits & ORDER != 0 {
            at = at.skip(4, Layer::Link)?;
        }
    }
    let is_later_fragment = sequence & 0x0f != 0;
    if subtype & NO_DATA != 0 || bits & PROTECTED != 0 || is_later_fragment {
        return Err(no_network(start));
    }
    if padded {
        let header_len = at.offset.saturating_sub(start.offset);
        let padding = header_len.next_multiple_of(4) - header_len;
        at = at.skip(padding as usize, Layer::Link)?;
    }
    if aggregated {
        return ethernet::read(at, link);
    }
    llc::read(at, link)
}
