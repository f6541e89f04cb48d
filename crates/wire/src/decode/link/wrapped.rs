//! Small link headers that lead straight to another one, or to IP.

use super::{
    Carried, LinkType, by_version, carried, ethernet, llc, malformed, no_network, read, unsupported,
};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

const CHECK_SEQUENCE: u32 = 4;

/// Ethernet with its preamble and check sequence (IEEE 802.3br).
pub(crate) fn read_mpacket<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let at = at.skip(8, Layer::Link)?;
    ethernet::read(at.without_tail(CHECK_SEQUENCE), link)
}

/// Ethernet with the header and check sequence of a netANALYZER card.
pub(crate) fn read_netanalyzer<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let at = at.skip(4, Layer::Link)?;
    ethernet::read(at.without_tail(CHECK_SEQUENCE), link)
}

/// Solaris: 24 bytes with the address family in the second.
pub(crate) fn read_ipnet(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    let (&[_, family, ..], at) = start.take::<24>(Layer::Link)?;
    match family {
        2 => carried(network::IPV4, at),
        26 => carried(network::IPV6, at),
        _ => Err(no_network(start)),
    }
}

/// macOS: header length, record type, link type of what follows. It also uses a user-defined number.
pub(crate) fn read_pktap<'a>(
    link_type: LinkType,
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const SHORTEST: usize = 108;
    const LONGEST: usize = 1024;
    const PACKET: u32 = 1;
    let (&[l0, l1, l2, l3, k0, k1, k2, k3, t0, t1, t2, t3], _) = start.take::<12>(Layer::Link)?;
    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let kind = u32::from_le_bytes([k0, k1, k2, k3]);
    if !(SHORTEST..=LONGEST).contains(&len) || kind > PACKET {
        return Err(match link_type {
            LinkType::PKTAP => malformed(start, SHORTEST),
            _ => unsupported(start),
        });
    }
    if kind != PACKET {
        return Err(no_network(start));
    }
    let at = start.skip(len, Layer::Link)?.nested()?;
    let inner = u32::from_le_bytes([t0, t1, t2, t3]);
    read(LinkType(u16::try_from(inner).unwrap_or(u16::MAX)), at, link)
}

/// SLIP as BSD writes it: direction and 15 bytes of compressed header, then IP.
pub(crate) fn read_slip(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    by_version(start.skip(16, Layer::Link)?)
}

/// IP over InfiniBand (RFC 4391) after the 40 bytes of a global route header.
pub(crate) fn read_ipoib<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[t0, t1, _, _], at) = at.skip(40, Layer::Link)?.take::<4>(Layer::Link)?;
    ethernet::follow(u16::from_be_bytes([t0, t1]), at, link)
}

/// Apple's IP over IEEE 1394: two 8-byte addresses and an EtherType.
pub(crate) fn read_ieee1394<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[t0, t1], at) = at.skip(16, Layer::Link)?.take::<2>(Layer::Link)?;
    ethernet::follow(u16::from_be_bytes([t0, t1]), at, link)
}

/// IP over Fibre Channel (RFC 2625): two 8-byte addresses, then LLC.
pub(crate) fn read_fibre_channel<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    llc::read(at.skip(16, Layer::Link)?, link)
}
