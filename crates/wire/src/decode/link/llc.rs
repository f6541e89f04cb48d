//! IEEE 802.2 LLC with SNAP, as after IEEE 802.3, 802.5, 802.11, FDDI and ATM headers.

use super::{Carried, ethernet};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, FaultKind, Layer, LinkHeader};

/// Marks a protocol number that is not an EtherType: `LLC | dsap << 8 | ssap`.
pub(crate) const LLC: u32 = 0x0100_0000;

const SNAP: u8 = 0xaa;
const SPANNING_TREE: u8 = 0x42;
const IP: u8 = 0x06;

const ENCAPSULATED: [u8; 3] = [0x00, 0x00, 0x00];
/// IEEE 802.1H bridge tunnel: frames of Ethernet II translated to 802.2.
const BRIDGE_TUNNEL: [u8; 3] = [0x00, 0x00, 0xf8];
/// IEEE 802.1: bridged frames (RFC 2684, RFC 2427).
const BRIDGED: [u8; 3] = [0x00, 0x80, 0xc2];
const CISCO: [u8; 3] = [0x00, 0x00, 0x0c];

/// Reads an LLC header.
pub(crate) fn read<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[dsap, ssap, _control], at) = start.take::<3>(Layer::Link)?;
    match (dsap, ssap) {
        (SNAP, SNAP | 0xab) => snap(start, at, link),
        (IP, IP) => Ok(Carried {
            protocol: network::IPV4,
            at,
        }),
        (SPANNING_TREE, _) => Err(start.fault(Layer::Link, FaultKind::NoNetwork, 0)),
        _ => Ok(Carried {
            protocol: LLC | u32::from(dsap) << 8 | u32::from(ssap),
            at,
        }),
    }
}

fn snap<'a>(
    start: Cursor<'a>,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[o0, o1, o2, p0, p1], at) = at.take::<5>(Layer::Link)?;
    let protocol = u16::from_be_bytes([p0, p1]);
    match ([o0, o1, o2], protocol) {
        (ENCAPSULATED | BRIDGE_TUNNEL, 0..=1500) => Ok(other(start)),
        (ENCAPSULATED | BRIDGE_TUNNEL, _) => ethernet::follow(protocol, at, link),
        // Bridged Ethernet: two bytes of padding, then the frame; with 1 it keeps its check sequence.
        (BRIDGED, 0x0001) => bridged(at.without_tail(4), link),
        (BRIDGED, 0x0007) => bridged(at, link),
        (BRIDGED, 0x000e) | (CISCO, _) => Err(start.fault(Layer::Link, FaultKind::NoNetwork, 0)),
        _ => Ok(other(start)),
    }
}

fn other(start: Cursor<'_>) -> Carried<'_> {
    Carried {
        protocol: LLC | u32::from(SNAP) << 8 | u32::from(SNAP),
        at: start,
    }
}

fn bridged<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    ethernet::read(at.skip(2, Layer::Link)?, link)
}
