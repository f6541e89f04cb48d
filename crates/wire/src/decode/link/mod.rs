//! Link headers, by link type.

pub(crate) mod arcnet;
pub(crate) mod atm;
pub(crate) mod bsd;
pub(crate) mod dsa;
pub(crate) mod erf;
pub(crate) mod ethernet;
pub(crate) mod frame_relay;
pub(crate) mod ieee80211;
pub(crate) mod juniper;
pub(crate) mod llc;
pub(crate) mod mpls;
pub(crate) mod nflog;
pub(crate) mod ppp;
pub(crate) mod pppoe;
pub(crate) mod radio;
pub(crate) mod ring;
pub(crate) mod sll;
pub(crate) mod wrapped;

use super::cursor::Cursor;
use super::network;
use crate::{Fault, FaultKind, Layer, LinkHeader, LinkType};

/// A network layer that a link header leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried<'a> {
    /// Its protocol, numbered as in [`crate::Network::Other`].
    pub protocol: u32,
    /// Where it begins.
    pub at: Cursor<'a>,
}

/// Reads the link headers of a record into `link`.
#[inline]
pub(crate) fn read<'a>(
    link_type: LinkType,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match link_type {
        LinkType::ETHERNET => ethernet::read(at, link),
        other => read_other(other, at, link),
    }
}

#[inline(never)]
fn read_other<'a>(
    link_type: LinkType,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match link_type {
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => by_version(at),
        LinkType::IPV4 => carried(network::IPV4, at),
        LinkType::IPV6 => carried(network::IPV6, at),
        LinkType::LINUX_SLL => sll::read(at, link),
        LinkType::LINUX_SLL2 => sll::read_2(at, link),
        LinkType::NULL | LinkType::LOOP => bsd::read_null(at, link),
        LinkType::ENC => bsd::read_enc(at),
        LinkType::PFLOG => bsd::read_pflog(at),
        LinkType::PPP | LinkType::PPP_HDLC => ppp::read(at, link),
        LinkType::PPP_WITH_DIR | LinkType::C_HDLC_WITH_DIR => {
            ppp::read(at.skip(1, Layer::Link)?, link)
        }
        LinkType::PPP_PPPD => ppp::read_pppd(at, link),
        LinkType::PPP_ETHER => pppoe::read(at, link),
        LinkType::C_HDLC => ppp::read_cisco(at, link),
        LinkType::FRELAY => frame_relay::read(at, link),
        LinkType::FRELAY_WITH_DIR => frame_relay::read(at.skip(1, Layer::Link)?, link),
        LinkType::MFR => frame_relay::read_multilink(at, link),
        LinkType::IEEE802_11 => ieee80211::read(at, link),
        LinkType::IEEE802_11_RADIOTAP => radio::read_radiotap(at, link),
        LinkType::IEEE802_11_PRISM => radio::read_prism(at, link),
        LinkType::IEEE802_11_AVS => radio::read_avs(at, link),
        LinkType::PPI => radio::read_ppi(at, link),
        LinkType::IEEE802_5 => ring::read_token_ring(at, link),
        LinkType::FDDI => ring::read_fddi(at, link),
        LinkType::ARCNET_BSD => arcnet::read(at),
        LinkType::ARCNET_LINUX => arcnet::read_linux(at),
        LinkType::ATM_RFC1483 => atm::read_rfc1483(at, link),
        LinkType::ATM_CLIP => atm::read_clip(at, link),
        LinkType::SUNATM => atm::read_sunatm(at, link),
        LinkType::NFLOG => nflog::read(at),
        LinkType::DSA_TAG_BRCM => dsa::read_broadcom(at, link),
        LinkType::DSA_TAG_BRCM_PREPEND => ethernet::read(at.skip(4, Layer::Link)?, link),
        LinkType::DSA_TAG_DSA => dsa::read_dsa(at, link),
        LinkType::DSA_TAG_EDSA => dsa::read_edsa(at, link),
        LinkType::ERF => erf::read(at, link),
        LinkType::JUNIPER_ETHER
        | LinkType::JUNIPER_PPP
        | LinkType::JUNIPER_CHDLC
        | LinkType::JUNIPER_FRELAY
        | LinkType::JUNIPER_ES
        | LinkType::JUNIPER_ATM1
        | LinkType::JUNIPER_ATM2 => juniper::read(link_type, at, link),
        LinkType::MPLS => mpls::read(at, link),
        LinkType::ETHERNET_MPACKET => wrapped::read_mpacket(at, link),
        LinkType::NETANALYZER => wrapped::read_netanalyzer(at, link),
        LinkType::IPNET => wrapped::read_ipnet(at),
        LinkType::PKTAP | LinkType::USER2 => wrapped::read_pktap(link_type, at, link),
        LinkType::SLIP => wrapped::read_slip(at),
        LinkType::IPOIB => wrapped::read_ipoib(at, link),
        LinkType::APPLE_IP_OVER_IEEE1394 => wrapped::read_ieee1394(at, link),
        LinkType::IP_OVER_FC => wrapped::read_fibre_channel(at, link),
        _ => Err(unsupported(at)),
    }
}

/// A network layer whose protocol is known.
fn carried(protocol: u32, at: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    Ok(Carried { protocol, at })
}

/// IPv4 or IPv6, told by the first four bits.
fn by_version(at: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    carried(network::by_version(at)?, at)
}

fn unsupported(at: Cursor<'_>) -> Fault {
    at.fault(Layer::Link, FaultKind::UnsupportedLink, 0)
}

/// A frame without a network layer.
fn no_network(at: Cursor<'_>) -> Fault {
    at.fault(Layer::Link, FaultKind::NoNetwork, 0)
}

/// A link header of `needed` bytes that contradicts itself.
fn malformed(at: Cursor<'_>, needed: usize) -> Fault {
    at.fault(Layer::Link, FaultKind::Malformed, needed)
}
