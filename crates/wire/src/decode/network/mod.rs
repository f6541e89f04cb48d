//! Network headers.

pub(crate) mod arp;
pub(crate) mod ipv4;
pub(crate) mod ipv6;

use super::cursor::Cursor;
use super::transport::Body;
use crate::{Fault, FaultKind, Ip, Layer, Network};

/// EtherTypes of the network protocols that are read.
pub(crate) const IPV4: u32 = 0x0800;
pub(crate) const ARP: u32 = 0x0806;
pub(crate) const RARP: u32 = 0x8035;
pub(crate) const IPV6: u32 = 0x86dd;

/// Reads the network layer `protocol` (numbered as in [`Network::Other`]) and what it carries.
#[inline]
pub(crate) fn read<'a>(protocol: u32, at: Cursor<'a>) -> (Network<'a>, Option<Fault>) {
    match protocol {
        IPV4 => ipv4::read(at),
        IPV6 => ipv6::read(at),
        ARP | RARP => arp::read(protocol, at),
        _ => (
            Network::Other(protocol),
            Some(at.fault(Layer::Network, FaultKind::NotIp, 0)),
        ),
    }
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

/// Puts the transport part into an IP header.
#[inline]
fn with_body<'a>(ip: Ip<'a>, body: Body<'a>) -> (Network<'a>, Option<Fault>) {
    let ip = Ip {
        transport: body.transport,
        payload_len: body.payload_len,
        payload: body.payload,
        ..ip
    };
    (Network::Ip(ip), body.fault)
}
