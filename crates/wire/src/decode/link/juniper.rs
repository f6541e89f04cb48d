//! Captures of Juniper routers.

use super::{Carried, atm, by_version, ethernet, frame_relay, malformed, ppp, unsupported};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader, LinkType};

const MAGIC: [u8; 3] = [0x4d, 0x47, 0x43];
const NO_LINK_HEADER: u8 = 0x02;
const HAS_EXTENSION: u8 = 0x80;

/// Reads a Juniper header with its extensions, and the frame that it says it has.
pub(crate) fn read<'a>(
    link_type: LinkType,
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[m0, m1, m2, flags], mut at) = start.take::<4>(Layer::Link)?;
    if [m0, m1, m2] != MAGIC {
        return Err(malformed(start, 4));
    }
    if flags & HAS_EXTENSION != 0 {
        let (&[l0, l1], rest) = at.take::<2>(Layer::Link)?;
        at = rest.skip(usize::from(u16::from_be_bytes([l0, l1])), Layer::Link)?;
    }
    if flags & NO_LINK_HEADER != 0 {
        // The address family, in four bytes.
        return by_version(at.skip(4, Layer::Link)?);
    }
    match link_type {
        LinkType::JUNIPER_ETHER => ethernet::read(at, link),
        LinkType::JUNIPER_PPP => ppp::read(at, link),
        LinkType::JUNIPER_CHDLC => ppp::read_cisco(at, link),
        LinkType::JUNIPER_FRELAY => frame_relay::read(at, link),
        LinkType::JUNIPER_ATM1 => read_atm(at.skip(4, Layer::Link)?, link),
        LinkType::JUNIPER_ATM2 => read_atm(at.skip(8, Layer::Link)?, link),
        _ => Err(unsupported(start)),
    }
}

fn read_atm<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    match at.data.first_chunk::<2>() {
        Some(&[0xaa, 0xaa] | &[0xfe, 0xfe]) => atm::read_rfc1483(at, link),
        Some(&[0x03, _]) => frame_relay::by_nlpid(at.skip(1, Layer::Link)?, link),
        _ => by_version(at),
    }
}
