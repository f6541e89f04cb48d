//! PPP (RFC 1661), with HDLC-like framing (RFC 1662) or without, and Cisco HDLC.

use super::llc::LLC;
use super::{Carried, carried, ethernet, malformed, mpls, no_network};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

/// Marks a protocol number that is not an EtherType: `PPP | number of the PPP protocol`.
pub(crate) const PPP: u32 = 0x0200_0000;

const ALL_STATIONS: u8 = 0xff;
const UNNUMBERED: u8 = 0x03;

/// Reads a PPP frame whose address and control bytes may be there or not.
pub(crate) fn read<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    match at.data.first_chunk::<2>() {
        Some(&[ALL_STATIONS, UNNUMBERED]) => read_protocol(at.skip(2, Layer::Link)?, link),
        // Cisco HDLC: unicast or multicast address, then an EtherType.
        Some(&[0x0f | 0x8f, 0x00]) => read_cisco(at, link),
        _ => read_protocol(at, link),
    }
}

/// Reads the protocol field, of one byte if it was compressed.
pub(crate) fn read_protocol<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[first], at) = start.take::<1>(Layer::Link)?;
    let (protocol, at) = if first & 1 == 1 {
        (u16::from(first), at)
    } else {
        let (&[first, second], at) = start.take::<2>(Layer::Link)?;
        (u16::from_be_bytes([first, second]), at)
    };
    let protocol = match protocol {
        0x0021 => network::IPV4,
        0x0057 => network::IPV6,
        0x0281 | 0x0283 => return mpls::read(at, link),
        // Link quality, authentication and control protocols.
        0x8000.. => return Err(no_network(start)),
        other => PPP | u32::from(other),
    };
    carried(protocol, at)
}

/// Reads a Cisco HDLC header: address, control, EtherType.
pub(crate) fn read_cisco<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[address, _, t0, t1], at) = start.take::<4>(Layer::Link)?;
    match u16::from_be_bytes([t0, t1]) {
        // Keepalives (SLARP) and discovery.
        0x8035 | 0x2000 => Err(no_network(start)),
        0xfefe => carried(LLC | 0xfefe, at),
        ethertype if matches!(address, 0x0f | 0x8f) || ethertype > 1500 => {
            ethernet::follow(ethertype, at, link)
        }
        _ => Err(malformed(start, 4)),
    }
}

/// Reads a PPP frame whose first byte, the address, pppd replaced by the direction.
pub(crate) fn read_pppd<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    match at.data.first_chunk::<2>() {
        Some(&[_, UNNUMBERED]) => read_protocol(at.skip(2, Layer::Link)?, link),
        _ => read_protocol(at.skip(1, Layer::Link)?, link),
    }
}
