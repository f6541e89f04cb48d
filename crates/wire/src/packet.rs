//! What decoding yields: one record of a capture as a packet, with every header that could be read.

use std::net::IpAddr;

use crate::LinkType;

/// One record of a capture: the bytes that were kept of one packet, and what the file says of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Time of capture, nanoseconds since 1970-01-01 UTC; saturates at the ends of `i64`.
    pub time_ns: i64,
    /// Length of the packet on the wire, bytes, from its link header on.
    pub wire_len: u32,
    /// How the first bytes of `data` are to be read.
    pub link_type: LinkType,
    /// The captured bytes, at most `wire_len` of them unless the file is wrong.
    pub data: &'a [u8],
}

/// One decoded packet. Decoding is lax: everything up to the first fault is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the link layer says.
    pub link: LinkHeader,
    /// The network layer: the outermost one, or the innermost one with [`crate::DecodeOptions::decap`].
    pub network: Network<'a>,
    /// The tunnels that were taken off to get there; empty without `decap`.
    pub tunnels: Tunnels,
    /// The first thing that kept decoding from going on; `None` when all headers were read.
    pub fault: Option<Fault>,
}

/// What the link layer says that a meter keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkHeader {
    /// Source and destination hardware address, where the link has 6-byte ones.
    pub source: Option<[u8; 6]>,
    /// Destination hardware address.
    pub destination: Option<[u8; 6]>,
    /// Outermost VLAN id (802.1Q, 802.1ad).
    pub vlan: Option<u16>,
    /// Second VLAN id (QinQ).
    pub inner_vlan: Option<u16>,
    /// Number of MPLS labels taken off.
    pub mpls_labels: u8,
    /// PPPoE session id.
    pub pppoe_session: Option<u16>,
}

/// The network layer of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network<'a> {
    /// IPv4 or IPv6, at least its fixed header.
    Ip(Ip<'a>),
    /// ARP or RARP (Ethernet and IPv4 shape): operation and addresses.
    Arp {
        /// 1 request, 2 reply, 3 and 4 reverse.
        operation: u16,
        /// Sender protocol address.
        sender: IpAddr,
        /// Target protocol address.
        target: IpAddr,
        /// Hardware addresses of sender and target, where they have 6 bytes.
        hardware: [Option<[u8; 6]>; 2],
    },
    /// Another network protocol, by its EtherType (or 802.2 LLC: `0x0100_0000 | dsap << 8 | ssap`, or PPP:
    /// `0x0200_0000 | protocol`); [`crate::decode::network_name`] names it.
    Other(u32),
    /// None: the link layer could not be read, or it carries none (management frames).
    None,
}

/// An IP header with its transport header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip<'a> {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Number of the transport protocol, after all IPv6 extension headers (AH is passed through).
    pub protocol: u8,
    /// Type of service (IPv4) or traffic class (IPv6).
    pub tos: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IPv4 identification; IPv6: that of the fragment header, else 0.
    pub id: u32,
    /// IPv6 flow label; 0 for IPv4.
    pub flow_label: u32,
    /// The IPv4 DF bit; false for IPv6.
    pub dont_fragment: bool,
    /// Whether and which fragment this is.
    pub fragment: Fragment,
    /// IP length in bytes, headers included (IPFIX octetDeltaCount); see `length_source`.
    pub len: u32,
    /// Where `len` comes from.
    pub length_source: LengthSource,
    /// Bytes of IP header with options or extension headers.
    pub header_len: u32,
    /// The captured bytes of the IP header with options or extension headers.
    pub header: &'a [u8],
    /// The captured bytes from the transport header on, cut at the IP length.
    pub segment: &'a [u8],
    /// The transport header.
    pub transport: Transport<'a>,
    /// Transport payload in bytes as the headers say, captured or not; for protocols without a known
    /// header, and for later fragments, the whole IP payload.
    pub payload_len: u32,
    /// The captured part of the transport payload.
    pub payload: &'a [u8],
}

/// Which fragment of an IP packet this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fragment {
    /// A whole packet.
    #[default]
    Whole,
    /// The first fragment: the transport header is in it.
    First,
    /// A later one, with its offset in bytes: no transport header.
    Later(u32),
}

/// Where the IP length of a packet comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthSource {
    /// The length field of the IP header.
    #[default]
    Header,
    /// The hop-by-hop jumbo option (RFC 2675).
    Jumbo,
    /// The wire length, since the header says 0: segmentation offload at the capturing host.
    Wire,
}

/// A transport header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<'a> {
    /// TCP.
    Tcp(Tcp<'a>),
    /// UDP or UDP-Lite.
    Udp(Udp),
    /// SCTP or DCCP: ports only.
    Ports(Ports),
    /// ICMP or ICMPv6.
    Icmp(Icmp),
    /// A protocol whose header is not read (GRE, ESP, IGMP, OSPF, ...).
    Other,
    /// A later fragment, or a transport header of which too little was captured.
    Unread,
}

/// A TCP header (RFC 9293).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcp<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number.
    pub ack: u32,
    /// The nine flag bits, FIN = 1 ... CWR = 128, AE = 256.
    pub flags: u16,
    /// Window, not scaled.
    pub window: u16,
    /// Checksum as sent.
    pub checksum: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// The captured options, not parsed: [`crate::decode::tcp_options`] iterates over them.
    pub options: &'a [u8],
}

/// A UDP header (RFC 768) or UDP-Lite header (RFC 3828).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Length field as sent (UDP-Lite: checksum coverage).
    pub len: u16,
    /// Checksum as sent.
    pub checksum: u16,
}

/// The two ports of a protocol of which nothing else is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
}

/// An ICMP or ICMPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// Checksum as sent.
    pub checksum: u16,
    /// The four bytes after the checksum (echo: identifier and sequence number); 0 where not captured.
    pub rest: u32,
}

/// A kind of tunnel that `decap` takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tunnel {
    IpInIp,
    SixInFour,
    FourInSix,
    Gre,
    Vxlan,
    Geneve,
    GtpU,
    Teredo,
}

/// The tunnels that were taken off, outermost first; at most [`Tunnels::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tunnels {
    kinds: [Option<Tunnel>; Self::MAX],
}

impl Tunnels {
    /// Nesting deeper than this is left as it is.
    pub const MAX: usize = 4;

    /// Adds one; false when there is no room.
    pub fn push(&mut self, kind: Tunnel) -> bool {
        for place in &mut self.kinds {
            if place.is_none() {
                *place = Some(kind);
                return true;
            }
        }
        false
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        matches!(self.kinds, [None, ..])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Outermost first.
    pub fn iter(&self) -> impl Iterator<Item = Tunnel> + '_ {
        self.kinds.iter().flatten().copied()
    }
}

/// Why decoding ended before the last header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fault {
    /// In which layer.
    pub layer: Layer,
    /// What is wrong.
    pub kind: FaultKind,
    /// Offset of the faulty header in the record, bytes.
    pub offset: u32,
    /// Bytes that the header needs.
    pub needed: u32,
    /// Bytes that were there.
    pub available: u32,
    /// What set the limit.
    pub limit: Limit,
}

/// The layer of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Layer {
    Link,
    Network,
    Transport,
}

/// The kind of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// The header runs past what there is.
    Truncated,
    /// The header contradicts itself or its RFC.
    Malformed,
    /// The link type is known by name only.
    UnsupportedLink,
    /// The network protocol is not IP nor ARP.
    NotIp,
    /// A frame without a network layer: management, control, spanning tree.
    NoNetwork,
}

/// What set the limit that a header ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// The end of the captured bytes.
    Captured,
    /// A length field of an outer header.
    Declared,
}

/// The one class that a record is counted in: read = decoded + truncated + ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All headers up to the transport layer were read (a malformed transport header is a fault of a
    /// decoded packet: its network layer counts).
    Decoded,
    /// A header runs past the end; what was readable counts.
    Truncated,
    /// Nothing to meter: no IP nor ARP, an unknown link, or a malformed link or network header.
    Ignored,
}

impl Packet<'_> {
    /// One of which nothing is known.
    pub const EMPTY: Self = Packet {
        link: LinkHeader {
            source: None,
            destination: None,
            vlan: None,
            inner_vlan: None,
            mpls_labels: 0,
            pppoe_session: None,
        },
        network: Network::None,
        tunnels: Tunnels {
            kinds: [None; Tunnels::MAX],
        },
        fault: None,
    };

    /// The class that this packet is counted in.
    pub fn outcome(&self) -> Outcome {
        match self.fault {
            None => Outcome::Decoded,
            Some(fault) => match (fault.kind, fault.layer) {
                (FaultKind::Truncated, _) => Outcome::Truncated,
                (FaultKind::Malformed, Layer::Transport) => Outcome::Decoded,
                _ => Outcome::Ignored,
            },
        }
    }
}

impl Transport<'_> {
    /// Source and destination port, or ICMP type and code (Zeek's convention); (0, 0) where there is neither.
    pub fn ports(&self) -> (u16, u16) {
        match self {
            Transport::Tcp(tcp) => (tcp.src_port, tcp.dst_port),
            Transport::Udp(udp) => (udp.src_port, udp.dst_port),
            Transport::Ports(ports) => (ports.src_port, ports.dst_port),
            Transport::Icmp(icmp) => (u16::from(icmp.kind), u16::from(icmp.code)),
            Transport::Other | Transport::Unread => (0, 0),
        }
    }
}
