//! One flow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wire::{Fragment, Ip, Transport};

/// What makes packets one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowKey {
    src: u128,
    dst: u128,
    /// Source and destination port, protocol, IP version, VLAN id (`NO_VLAN` for none).
    rest: u64,
}

const NO_VLAN: u16 = u16::MAX;

impl FlowKey {
    /// The key of an IP packet; VLAN ids are `None` unless they are asked for.
    #[inline]
    pub fn new(ip: &Ip<'_>, vlan: Option<u16>) -> FlowKey {
        let (src_port, dst_port) = ip.transport.ports();
        let (src, dst, version) = match (ip.src, ip.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                (u128::from(src.to_bits()), u128::from(dst.to_bits()), 0_u64)
            }
            (src, dst) => (six(src), six(dst), 1),
        };
        let rest = u64::from(src_port) << 48
            | u64::from(dst_port) << 32
            | u64::from(vlan.unwrap_or(NO_VLAN)) << 16
            | version << 8
            | u64::from(ip.protocol);
        FlowKey { src, dst, rest }
    }

    /// A well-mixed hash; `seed` keeps it from being predictable.
    #[inline]
    pub fn hash(&self, seed: u64) -> u64 {
        crate::hash::hash(self.src, self.dst, self.rest, seed)
    }

    fn address(&self, bits: u128) -> IpAddr {
        if self.rest & 0x100 == 0 {
            IpAddr::V4(Ipv4Addr::from_bits(bits as u32))
        } else {
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }

    /// Source address.
    pub fn src(&self) -> IpAddr {
        self.address(self.src)
    }

    /// Destination address.
    pub fn dst(&self) -> IpAddr {
        self.address(self.dst)
    }

    /// Source port, or ICMP type, or 0.
    pub fn src_port(&self) -> u16 {
        (self.rest >> 48) as u16
    }

    /// Destination port, or ICMP code, or 0.
    pub fn dst_port(&self) -> u16 {
        (self.rest >> 32) as u16
    }

    /// VLAN id, if it is part of the key and the packets are tagged.
    pub fn vlan(&self) -> Option<u16> {
        let vlan = (self.rest >> 16) as u16;
        (vlan != NO_VLAN).then_some(vlan)
    }

    /// IP protocol number.
    pub fn protocol(&self) -> u8 {
        self.rest as u8
    }
}

#[inline]
fn six(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Why a flow was written (IPFIX flowEndReason).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A pause longer than the idle timeout.
    Idle = 1,
    /// The window ended.
    Window = 2,
    /// The input ended.
    Input = 4,
    /// There was no room.
    Evicted = 5,
}

/// One flow as it stands in the table and goes out of it. Aligned to cache lines: a flow is two of them.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct FlowRecord {
    /// What makes it one flow.
    pub key: FlowKey,
    /// Start of its window, nanoseconds since 1970 UTC; `None` when flows are not cut.
    pub window_ns: Option<i64>,
    /// Time of its earliest packet.
    pub start_ns: i64,
    /// Time of its latest packet.
    pub end_ns: i64,
    /// Packets.
    pub packets: u64,
    /// Bytes of IP length.
    pub bytes: u64,
    /// Bytes of transport payload.
    pub payload_bytes: u64,
    /// Sum of squared IP lengths.
    pub bytes_squared: f64,
    /// Packets that are fragments.
    pub fragments: u32,
    /// How many flows it stands for: 1 unless flows like it were thinned.
    pub weight: u32,
    /// Union of the TCP flags.
    pub tcp_flags: u16,
    /// Why it ended.
    pub end_reason: EndReason,
}

impl FlowRecord {
    /// A flow without packets yet.
    #[inline]
    pub fn new(key: FlowKey, window_ns: Option<i64>, time_ns: i64) -> FlowRecord {
        FlowRecord {
            key,
            window_ns,
            start_ns: time_ns,
            end_ns: time_ns,
            packets: 0,
            bytes: 0,
            payload_bytes: 0,
            bytes_squared: 0.0,
            fragments: 0,
            weight: 1,
            tcp_flags: 0,
            end_reason: EndReason::Input,
        }
    }

    /// Counts a packet.
    #[inline]
    pub fn add(&mut self, packet: &FlowPacket) {
        self.start_ns = self.start_ns.min(packet.time_ns);
        self.end_ns = self.end_ns.max(packet.time_ns);
        self.packets += 1;
        self.bytes += u64::from(packet.len);
        self.payload_bytes += u64::from(packet.payload_len);
        self.bytes_squared += f64::from(packet.len) * f64::from(packet.len);
        self.fragments = self.fragments.saturating_add(u32::from(packet.is_fragment));
        self.tcp_flags |= packet.tcp_flags;
    }
}

/// What a flow keeps of a packet.
#[derive(Clone, Copy, Debug)]
pub struct FlowPacket {
    /// Time of capture.
    pub time_ns: i64,
    /// IP length.
    pub len: u32,
    /// Transport payload.
    pub payload_len: u32,
    /// TCP flags; 0 if not TCP.
    pub tcp_flags: u16,
    /// Whether it is a fragment, first or later.
    pub is_fragment: bool,
}

impl FlowPacket {
    /// What a flow keeps of this packet.
    #[inline]
    pub fn new(time_ns: i64, ip: &Ip<'_>) -> FlowPacket {
        FlowPacket {
            time_ns,
            len: ip.len,
            payload_len: ip.payload_len,
            tcp_flags: if let Transport::Tcp(tcp) = ip.transport {
                tcp.flags
            } else {
                0
            },
            is_fragment: ip.fragment != Fragment::Whole,
        }
    }
}
