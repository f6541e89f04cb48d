//! Which packets belong together: addresses, ports and protocol, alike for both directions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wire::{Ip, Transport};

use crate::hash::hash;

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Peer {
    /// The address, IPv4 mapped into IPv6.
    address: u128,
    pub(super) port: u16,
}

impl Peer {
    #[inline]
    fn new(address: IpAddr, port: u16) -> Self {
        let address = match address {
            IpAddr::V4(v4) => 0xffff_0000_0000 | u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        };
        Self { address, port }
    }
}

/// A conversation, its two ends in canonical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    low: u128,
    high: u128,
    /// From the lowest bits on: the two ports, the protocol, and a bit for IPv4, since an IPv6 packet may carry the same
    /// mapped addresses.
    rest: u64,
}

const V4: u64 = 1 << 40;

impl Key {
    /// The key of a packet, and whether its source is the low end.
    /// `None` for a transport header that was not read.
    #[inline(always)]
    pub(super) fn of(ip: &Ip<'_>) -> Option<(Self, bool)> {
        let (source_port, destination_port, two_way) = match &ip.transport {
            Transport::Unread => return None,
            Transport::Icmp(icmp) => {
                let kind = u16::from(icmp.kind);
                match icmp_counterpart(kind, ip.protocol) {
                    Some(answer) => (kind, answer, true),
                    None => (kind, u16::from(icmp.code), false),
                }
            }
            transport => {
                let (source, destination) = transport.ports();
                (source, destination, true)
            }
        };
        let source = Peer::new(ip.src, source_port);
        let destination = Peer::new(ip.dst, destination_port);
        let source_is_low = !two_way || source <= destination;
        let (low, high) = if source_is_low {
            (source, destination)
        } else {
            (destination, source)
        };
        let rest = u64::from(low.port)
            | u64::from(high.port) << 16
            | u64::from(ip.protocol) << 32
            | if ip.src.is_ipv4() { V4 } else { 0 };
        let key = Self {
            low: low.address,
            high: high.address,
            rest,
        };
        Some((key, source_is_low))
    }

    #[inline]
    pub(super) fn hash(&self, seed: u64) -> u64 {
        hash(self.low, self.high, self.rest, seed)
    }

    pub(super) fn low(&self) -> Peer {
        Peer {
            address: self.low,
            port: self.rest as u16,
        }
    }

    pub(super) fn high(&self) -> Peer {
        Peer {
            address: self.high,
            port: (self.rest >> 16) as u16,
        }
    }

    pub(super) fn protocol(&self) -> u8 {
        (self.rest >> 32) as u8
    }

    pub(super) fn is_v4(&self) -> bool {
        self.rest & V4 != 0
    }

    pub(super) fn address(&self, peer: Peer) -> IpAddr {
        if self.is_v4() {
            IpAddr::V4(Ipv4Addr::from_bits(peer.address as u32))
        } else {
            IpAddr::V6(Ipv6Addr::from_bits(peer.address))
        }
    }
}

/// Whether an ICMP type is half of a request and its answer.
pub(super) fn icmp_two_way(kind: u16, protocol: u8) -> bool {
    icmp_counterpart(kind, protocol).is_some()
}

/// The type that answers an ICMP type, or that it answers (Zeek's pairs).
fn icmp_counterpart(kind: u16, protocol: u8) -> Option<u16> {
    Some(match (protocol, kind) {
        (1, 8) => 0,
        (1, 0) => 8,
        (1, 13) => 14,
        (1, 14) => 13,
        (1, 15) => 16,
        (1, 16) => 15,
        (1, 10) => 9,
        (1, 9) => 10,
        (1, 17) => 18,
        (1, 18) => 17,
        (58, 128) => 129,
        (58, 129) => 128,
        (58, 133) => 134,
        (58, 134) => 133,
        (58, 135) => 136,
        (58, 136) => 135,
        (58, 130) => 131,
        (58, 131) => 130,
        (58, 139) => 140,
        (58, 140) => 139,
        (58, 144) => 145,
        (58, 145) => 144,
        _ => return None,
    })
}
