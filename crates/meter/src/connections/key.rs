//! Which packets belong together: addresses, ports and protocol, alike for both directions.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};

use wire::{Ip, Transport};

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Peer {
    /// The address, IPv4 mapped into IPv6.
    address: [u8; 16],
    pub(super) port: u16,
}

impl Peer {
    fn new(address: IpAddr, port: u16) -> Self {
        let address = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        Self { address, port }
    }

    pub(super) fn octets(&self) -> &[u8; 16] {
        &self.address
    }
}

/// A conversation, its two ends in canonical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) low: Peer,
    pub(super) high: Peer,
    pub(super) protocol: u8,
    /// IPv4: an IPv6 packet may carry the same mapped addresses.
    pub(super) v4: bool,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let word = |bytes: &[u8; 16]| u128::from_le_bytes(*bytes);
        let tail = u64::from(self.low.port) | u64::from(self.high.port) << 16;
        state.write_u128(word(&self.low.address));
        state.write_u128(word(&self.high.address));
        state.write_u64(tail | u64::from(self.protocol) << 32 | u64::from(self.v4) << 40);
    }
}

impl Key {
    /// The key of a packet, and whether its source is the low end.
    /// `None` for a transport header that was not read.
    pub(super) fn of(ip: &Ip<'_>) -> Option<(Self, bool)> {
        let (source_port, destination_port, two_way) = match ip.transport {
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
        let key = Self {
            low,
            high,
            protocol: ip.protocol,
            v4: ip.src.is_ipv4(),
        };
        Some((key, source_is_low))
    }

    pub(super) fn address(&self, peer: &Peer) -> IpAddr {
        let v6 = Ipv6Addr::from(peer.address);
        if self.v4 {
            v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
        } else {
            IpAddr::V6(v6)
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
