//! Ethernet II and IEEE 802.3, with VLAN tags (802.1Q, 802.1ad), and what else an EtherType leads to.

use super::{Carried, llc, mpls, pppoe};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
const OLD_SERVICE_VLANS: [u16; 2] = [0x9100, 0x9200];
const MPLS: u16 = 0x8847;
const MPLS_UPSTREAM: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
/// Frames in a provider backbone (802.1ah): a service id before the inner frame.
const BACKBONE: u16 = 0x88e7;
/// Cisco FabricPath: tag and hop limit before the inner frame.
const FABRIC_PATH: u16 = 0x8903;
/// Tags of port extenders and redundant rings: their bytes, then the EtherType.
const VN_TAG: u16 = 0x8926;
const REDUNDANCY_TAG: u16 = 0x892f;
const EXTENSION_TAG: u16 = 0x893f;
/// Up to here the type field is a length (IEEE 802.3).
const MAX_LEN: u16 = 1500;

/// Reads an Ethernet header, and all tags after it.
#[inline]
pub(crate) fn read<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1], at) =
        at.take::<14>(Layer::Link)?;
    if link.source.is_none() {
        link.source = Some([s0, s1, s2, s3, s4, s5]);
        link.destination = Some([d0, d1, d2, d3, d4, d5]);
    }
    follow(u16::from_be_bytes([t0, t1]), at, link)
}

/// Reads the two addresses that a switch tag follows.
pub(crate) fn read_addresses<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Cursor<'a>, Fault> {
    let (&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5], at) = at.take::<12>(Layer::Link)?;
    link.source = Some([s0, s1, s2, s3, s4, s5]);
    link.destination = Some([d0, d1, d2, d3, d4, d5]);
    Ok(at)
}

/// Reads the EtherType after a switch tag, and what follows it.
pub(crate) fn read_type<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[t0, t1], at) = at.take::<2>(Layer::Link)?;
    follow(u16::from_be_bytes([t0, t1]), at, link)
}

/// Follows an EtherType over VLAN tags, MPLS labels and PPPoE to the network layer.
#[inline]
pub(crate) fn follow<'a>(
    ethertype: u16,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match u32::from(ethertype) {
        protocol @ (network::IPV4 | network::IPV6) => Ok(Carried { protocol, at }),
        _ => follow_tags(ethertype, at, link),
    }
}

#[inline(never)]
fn follow_tags<'a>(
    mut ethertype: u16,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let mut at = at.nested()?;
    while is_vlan(ethertype) {
        let (&[c0, c1, t0, t1], rest) = at.take::<4>(Layer::Link)?;
        let vlan = Some(u16::from_be_bytes([c0, c1]) & 0x0fff);
        if link.vlan.is_none() {
            link.vlan = vlan;
        } else if link.inner_vlan.is_none() {
            link.inner_vlan = vlan;
        }
        ethertype = u16::from_be_bytes([t0, t1]);
        at = rest;
    }
    match ethertype {
        0..=MAX_LEN => llc::read(at.cut_within(u32::from(ethertype)), link),
        MPLS | MPLS_UPSTREAM => mpls::read(at, link),
        PPPOE_SESSION => pppoe::read(at, link),
        FABRIC_PATH => read(at.skip(2, Layer::Link)?, link),
        BACKBONE => read(at.skip(4, Layer::Link)?, link),
        VN_TAG | REDUNDANCY_TAG => read_type(at.skip(4, Layer::Link)?, link),
        EXTENSION_TAG => read_type(at.skip(6, Layer::Link)?, link),
        _ => Ok(Carried {
            protocol: u32::from(ethertype),
            at,
        }),
    }
}

#[inline]
fn is_vlan(ethertype: u16) -> bool {
    ethertype == VLAN || ethertype == SERVICE_VLAN || OLD_SERVICE_VLANS.contains(&ethertype)
}
