//! Frame Relay: Q.922 addresses with RFC 2427 or Cisco encapsulation, and multilink (FRF.16).

use super::{Carried, carried, ethernet, llc, malformed, no_network, ppp};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

const EXTENDED: u8 = 1;
const UNNUMBERED: u8 = 0x03;
const PADDING: u8 = 0x00;

/// Network layer protocol identifiers (ISO 9577).
const SNAP: u8 = 0x80;
const IPV6: u8 = 0x8e;
const IPV4: u8 = 0xcc;
const PPP: u8 = 0xcf;

/// Reads a Frame Relay header.
pub(crate) fn read<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[a0, a1], _) = start.take::<2>(Layer::Link)?;
    let address_len = if a0 & EXTENDED != 0 {
        return Err(malformed(start, 2));
    } else if a1 & EXTENDED != 0 {
        2
    } else {
        let (&[_, _, a2, _], _) = start.take::<4>(Layer::Link)?;
        if a2 & EXTENDED != 0 { 3 } else { 4 }
    };
    let after_address = start.skip(address_len, Layer::Link)?;
    let (&[control], at) = after_address.take::<1>(Layer::Link)?;
    if control != UNNUMBERED {
        // Cisco: an EtherType directly after the address.
        let (&[t0, t1], at) = after_address.take::<2>(Layer::Link)?;
        let ethertype = u16::from_be_bytes([t0, t1]);
        return if ethertype > 1500 {
            ethernet::follow(ethertype, at, link)
        } else {
            Err(no_network(start))
        };
    }
    by_nlpid(at, link)
}

/// Reads a network layer protocol identifier, perhaps after a byte of padding.
pub(crate) fn by_nlpid<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let start = match start.data.first() {
        Some(&PADDING) => start.skip(1, Layer::Link)?,
        _ => start,
    };
    let (&[nlpid], at) = start.take::<1>(Layer::Link)?;
    match nlpid {
        IPV4 => carried(network::IPV4, at),
        IPV6 => carried(network::IPV6, at),
        SNAP => llc::read_snap(at, link),
        PPP => ppp::read_protocol(at, link),
        other => carried(llc::LLC | u32::from(other), at),
    }
}

/// Reads a multilink header: whole frames are followed, fragments and link control are not.
pub(crate) fn read_multilink<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const BEGIN_AND_END: u8 = 0xc0;
    const CONTROL: u8 = 0x20;
    let (&[bits, _], at) = start.take::<2>(Layer::Link)?;
    if bits & CONTROL != 0 || bits & BEGIN_AND_END != BEGIN_AND_END {
        return Err(no_network(start));
    }
    read(at, link)
}
