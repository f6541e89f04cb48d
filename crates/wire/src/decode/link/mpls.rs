//! MPLS label stacks (RFC 3032), and what is under them: IP, or Ethernet as a pseudowire (RFC 4448).

use super::{Carried, carried, ethernet};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

const UNICAST: u32 = 0x8847;
const BOTTOM_OF_STACK: u8 = 1;

/// Takes off all labels. What follows has no type field: IP tells itself by its first four bits and a
/// plausible header; an Ethernet frame, after a control word or not, by its type.
pub(crate) fn read<'a>(mut at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    loop {
        let (&[_, _, bits, _], rest) = at.take::<4>(Layer::Link)?;
        link.mpls_labels = link.mpls_labels.saturating_add(1);
        at = rest;
        if bits & BOTTOM_OF_STACK != 0 {
            break;
        }
    }
    let first = at.data.first().copied().unwrap_or(0x40);
    match first >> 4 {
        4 if first & 0x0f >= 5 || !looks_like_ethernet(at.data) => carried(network::IPV4, at),
        6 if !looks_like_ethernet(at.data) => carried(network::IPV6, at),
        0 if looks_like_ethernet(at.data.get(4..).unwrap_or(&[])) => {
            ethernet::read(at.skip(4, Layer::Link)?, link)
        }
        _ if looks_like_ethernet(at.data) => ethernet::read(at, link),
        _ => carried(UNICAST, at),
    }
}

/// Whether an Ethernet header with a known type is there.
fn looks_like_ethernet(data: &[u8]) -> bool {
    let Some(&[_, _, _, _, _, _, _, _, _, _, _, _, t0, t1, version]) = data.first_chunk::<15>()
    else {
        return false;
    };
    match u16::from_be_bytes([t0, t1]) {
        0x0800 => version >> 4 == 4,
        0x86dd => version >> 4 == 6,
        0x0806 | 0x8100 | 0x88a8 | 0x9100 | 0x8847 | 0x8864 | 0x88cc | 0x9000 => true,
        len => len <= 1500 && usize::from(len) + 14 <= data.len().max(60) && version == 0xaa,
    }
}
