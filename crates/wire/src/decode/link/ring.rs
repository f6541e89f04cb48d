//! Token Ring (IEEE 802.5) and FDDI.

use super::{Carried, llc, malformed, no_network};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

/// Reads a Token Ring header with its routing information.
pub(crate) fn read_token_ring<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const ROUTED: u8 = 0x80;
    const KIND: u8 = 0xc0;
    const LLC_FRAME: u8 = 0x40;
    let (&[_, control, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5], mut at) =
        start.take::<14>(Layer::Link)?;
    link.source = Some([s0 & !ROUTED, s1, s2, s3, s4, s5]);
    link.destination = Some([d0, d1, d2, d3, d4, d5]);
    if control & KIND != LLC_FRAME {
        return Err(no_network(start));
    }
    if s0 & ROUTED != 0 {
        let (&[routing, _], _) = at.take::<2>(Layer::Link)?;
        let len = usize::from(routing & 0x1f);
        if len < 2 {
            return Err(malformed(at, 2));
        }
        at = at.skip(len, Layer::Link)?;
    }
    llc::read(at, link)
}

/// Reads an FDDI header.
pub(crate) fn read_fddi<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[control, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5], at) =
        start.take::<13>(Layer::Link)?;
    link.source = Some([s0, s1, s2, s3, s4, s5]);
    link.destination = Some([d0, d1, d2, d3, d4, d5]);
    // Asynchronous LLC frames of any priority.
    if !matches!(control, 0x50..=0x5f) {
        return Err(no_network(start));
    }
    llc::read(at, link)
}
