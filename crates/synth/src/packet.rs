//! A packet on its way, before it becomes bytes.

use std::net::IpAddr;

use crate::filler::Kind;

/// No host, no connection: the number of what has no entry in a table.
pub const NONE: u32 = u32::MAX;

/// TCP flags.
pub mod flag {
    pub const FIN: u8 = 1;
    pub const SYN: u8 = 2;
    pub const RST: u8 = 4;
    pub const PSH: u8 = 8;
    pub const ACK: u8 = 16;
}

/// One end of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Entry in the table of hosts, or [`NONE`] for an address that nobody has.
    pub host: u32,
    pub addr: IpAddr,
    pub port: u16,
    pub mac: [u8; 6],
}

/// A packet with its headers as values.
#[derive(Clone, Debug)]
pub struct Packet {
    pub src: Place,
    pub dst: Place,
    pub vlan: Option<u16>,
    /// Type of service or traffic class.
    pub tos: u8,
    /// TTL or hop limit at the monitor.
    pub ttl: u8,
    /// IPv4 identification, or that of the IPv6 fragment header.
    pub id: u16,
    /// The IPv4 don't-fragment bit.
    pub df: bool,
    /// Next fragment to be written, when the packet is larger than the link takes.
    pub fragment: u16,
    /// The attack that it is part of, or [`NONE`].
    pub attack: u32,
    pub body: Body,
}

/// What a packet carries.
#[derive(Clone, Debug)]
pub enum Body {
    Tcp(Segment),
    Udp {
        head: Vec<u8>,
        fill: u32,
        kind: Kind,
    },
    /// ICMP or ICMPv6 message with a zero checksum; `fill` bytes follow.
    Icmp {
        head: Vec<u8>,
        fill: u32,
    },
    /// 1 request, 2 reply.
    Arp {
        operation: u16,
    },
}

/// What the network does to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    LostBefore,
    LostAfter,
}

/// What a segment is to one who knows all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    First,
    /// Sent again; no earlier copy passed the monitor.
    Fills,
    /// Sent again; an earlier copy passed the monitor and was lost behind it.
    Repeats,
    /// Sent again though it had arrived.
    Spurious,
    /// Second copy made by the network.
    Duplicate,
}

/// A TCP segment; offsets count from the initial sequence number.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Connection that it belongs to, or [`NONE`].
    pub conn: u32,
    /// 0 from the originator, 1 from the responder.
    pub side: u8,
    pub flags: u8,
    pub class: Class,
    pub fate: Fate,
    /// Initial sequence number of the sender and of its peer.
    pub isn: u32,
    pub peer_isn: u32,
    pub start: u64,
    pub ack: u64,
    /// Payload: `len` bytes of message `message` from `offset` on.
    pub len: u32,
    pub message: u32,
    pub offset: u64,
    pub window: u16,
    /// Order in which the sender sent it, for data.
    pub order: u32,
    pub keep_alive: bool,
    /// The sender has received data beyond a hole.
    pub holes: bool,
    pub options: Options,
}

/// TCP options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub mss: Option<u16>,
    pub window_scale: Option<u8>,
    pub sack_permitted: bool,
    pub timestamps: Option<(u32, u32)>,
    /// SACK blocks as sequence numbers; the first `sacks` count.
    pub sack: [(u32, u32); 3],
    pub sacks: u8,
}
