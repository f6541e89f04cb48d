//! Network headers.

pub(crate) mod arp;
pub(crate) mod ipv4;
pub(crate) mod ipv6;

use super::cursor::Cursor;
use crate::{Fault, FaultKind, Layer, Network, Packet};

/// EtherTypes of the network protocols that are read.
pub(crate) const IPV4: u32 = 0x0800;
pub(crate) const ARP: u32 = 0x0806;
pub(crate) const RARP: u32 = 0x8035;
pub(crate) const IPV6: u32 = 0x86dd;

/// Reads the network layer `protocol` (numbered as in [`Network::Other`]) and what it carries into `packet`.
#[inline]
pub(crate) fn read<'a>(protocol: u32, at: Cursor<'a>, packet: &mut Packet<'a>) {
    match protocol {
        IPV4 => ipv4::read(at, packet),
        IPV6 => ipv6::read(at, packet),
        _ => read_other(protocol, at, packet),
    }
}

#[inline(never)]
fn read_other<'a>(protocol: u32, at: Cursor<'a>, packet: &mut Packet<'a>) {
    (packet.network, packet.fault) = match protocol {
        ARP | RARP => arp::read(protocol, at),
        _ => (
            Network::Other(protocol),
            Some(at.fault(Layer::Network, FaultKind::NotIp, 0)),
        ),
    };
}

/// The network protocol of bytes that tell it by their first four bits only.
#[inline]
pub(crate) fn by_version(at: Cursor<'_>) -> Result<u32, Fault> {
    match at.data.first().map(|first| first >> 4) {
        Some(4) => Ok(IPV4),
        Some(6) => Ok(IPV6),
        Some(_) => Err(at.fault(Layer::Network, FaultKind::Malformed, 1)),
        None => Err(at.truncated(Layer::Network, 1)),
    }
}
