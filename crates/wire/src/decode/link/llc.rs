//! IEEE 802.2 LLC with SNAP, as after IEEE 802.3, 802.5, 802.11, FDDI and ATM headers.

use super::{Carried, carried, ethernet, no_network};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

/// Marks a protocol number that is not an EtherType: `LLC | dsap << 8 | ssap`.
pub(crate) const LLC: u32 = 0x0100_0000;

const SNAP: u8 = 0xaa;
const MIN_ETHERTYPE: u16 = 0x0600;
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
        (SNAP, SNAP | 0xab) => read_snap(at, link),
        (IP, IP) => carried(network::IPV4, at),
        (SPANNING_TREE, _) => Err(no_network(start)),
        _ => carried(LLC | u32::from(dsap) << 8 | u32::from(ssap), at),
    }
}

/// Reads a SNAP header: organization and protocol.
pub(crate) fn read_snap<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[o0, o1, o2, p0, p1], at) = start.take::<5>(Layer::Link)?;
    let protocol = u16::from_be_bytes([p0, p1]);
    match ([o0, o1, o2], protocol) {
        (ENCAPSULATED | BRIDGE_TUNNEL, MIN_ETHERTYPE..) => ethernet::follow(protocol, at, link),
        // Bridged Ethernet: two bytes of padding, then the frame; with 1 it keeps its check sequence.
        (BRIDGED, 0x0001) => {
            let at = at.without_tail(4).skip(2, Layer::Link)?;
            ethernet::read(at, link)
        }
        (BRIDGED, 0x0007) => ethernet::read(at.skip(2, Layer::Link)?, link),
        (BRIDGED, 0x000e) | (CISCO, _) => Err(no_network(start)),
        _ => carried(LLC | u32::from(SNAP) << 8 | u32::from(SNAP), start),
    }
}
