//! The values of the four dimensions of a flow.

use std::net::IpAddr;

use crate::flows::FlowKey;

/// The dimensions in which flows form clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Source address.
    SrcIp,
    /// Destination address.
    DstIp,
    /// Source port.
    SrcPort,
    /// Destination port.
    DstPort,
}

impl Dimension {
    /// All four.
    pub const ALL: [Dimension; 4] = [
        Dimension::SrcIp,
        Dimension::DstIp,
        Dimension::SrcPort,
        Dimension::DstPort,
    ];

    /// The name of the column of flows.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::SrcIp => "src_ip",
            Dimension::DstIp => "dst_ip",
            Dimension::SrcPort => "src_port",
            Dimension::DstPort => "dst_port",
        }
    }

    /// Whether its values are ports.
    pub fn is_port(self) -> bool {
        matches!(self, Dimension::SrcPort | Dimension::DstPort)
    }
}

/// A value of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// An address.
    Ip(IpAddr),
    /// A port; 0 for protocols without ports.
    Port(u16),
}

/// Whether the protocol has ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
#[inline]
fn has_ports(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132 | 136)
}

impl Value {
    /// A well-mixed hash.
    #[inline]
    pub fn hash(self, seed: u64) -> u64 {
        match self {
            Value::Ip(IpAddr::V4(address)) => mix(u64::from(address.to_bits()) ^ seed),
            Value::Ip(IpAddr::V6(address)) => {
                let bits = address.to_bits();
                mix(mix((bits >> 64) as u64 ^ seed) ^ bits as u64)
            }
            Value::Port(port) => mix(u64::from(port) ^ seed.rotate_left(32)),
        }
    }
}

/// A value of a flow with its hash.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The value.
    pub value: Value,
    /// Its hash.
    pub hash: u64,
}

/// The values of a flow in all dimensions, in the order of [`Dimension::ALL`].
#[inline]
pub fn values(key: &FlowKey) -> [Own; 4] {
    let own = |value: Value| Own {
        value,
        hash: value.hash(0),
    };
    let (src, dst) = if has_ports(key.protocol()) {
        (key.src_port(), key.dst_port())
    } else {
        (0, 0)
    };
    [
        own(Value::Ip(key.src())),
        own(Value::Ip(key.dst())),
        own(Value::Port(src)),
        own(Value::Port(dst)),
    ]
}

/// The finalizer of SplitMix64, once more folded.
#[inline]
pub fn mix(value: u64) -> u64 {
    let mut bits = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
