//! Packets as rows, for those who want packets.

use std::net::IpAddr;

use wire::{Fragment, LinkHeader, LinkType, Network, Packet, Record, Transport};

/// One packet, without borrowed bytes.
#[derive(Clone, Debug)]
pub struct PacketRow {
    /// Nanoseconds since 1970 UTC.
    pub time_ns: i64,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes captured.
    pub captured_len: u32,
    /// Link type.
    pub link_type: LinkType,
    /// Link header.
    pub link: LinkHeader,
    /// `ipv4`, `ipv6`, `arp` or the number of another network protocol.
    pub network: NetworkKind,
    /// What the IP header says.
    pub ip: Option<IpRow>,
    /// What the TCP header says.
    pub tcp: Option<TcpRow>,
    /// The outcome and the first fault of decoding.
    pub outcome: wire::Outcome,
    /// The first fault.
    pub fault: Option<wire::Fault>,
    /// Captured transport payload, if it was asked for.
    pub payload: Option<Vec<u8>>,
}

/// The network layer of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum NetworkKind {
    Ipv4,
    Ipv6,
    Arp,
    Other(u32),
    None,
}

/// The IP part of a row.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct IpRow {
    pub src: IpAddr,
    pub dst: IpAddr,
    pub src_port: u16,
    pub dst_port: u16,
    pub protocol: u8,
    pub tos: u8,
    pub ttl: u8,
    pub id: u32,
    pub dont_fragment: bool,
    /// `None` for a whole packet.
    pub fragment_offset: Option<u32>,
    pub len: u32,
    pub payload_len: u32,
}

/// The TCP part of a row.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct TcpRow {
    pub seq: u32,
    pub ack: u32,
    pub flags: u16,
    pub window: u16,
}

/// The row of one packet; `with_payload` copies the captured transport payload.
pub(crate) fn row(record: &Record<'_>, packet: &Packet<'_>, with_payload: bool) -> PacketRow {
    let mut row = PacketRow {
        time_ns: record.time_ns,
        wire_len: record.wire_len,
        captured_len: record.data.len() as u32,
        link_type: record.link_type,
        link: packet.link,
        network: NetworkKind::None,
        ip: None,
        tcp: None,
        outcome: packet.outcome(),
        fault: packet.fault,
        payload: None,
    };
    match &packet.network {
        Network::Ip(ip) => {
            row.network = if ip.src.is_ipv4() {
                NetworkKind::Ipv4
            } else {
                NetworkKind::Ipv6
            };
            let (src_port, dst_port) = ip.transport.ports();
            row.ip = Some(IpRow {
                src: ip.src,
                dst: ip.dst,
                src_port,
                dst_port,
                protocol: ip.protocol,
                tos: ip.tos,
                ttl: ip.ttl,
                id: ip.id,
                dont_fragment: ip.dont_fragment,
                fragment_offset: match ip.fragment {
                    Fragment::Whole => None,
                    Fragment::First => Some(0),
                    Fragment::Later(offset) => Some(offset),
                },
                len: ip.len,
                payload_len: ip.payload_len,
            });
            if let Transport::Tcp(tcp) = ip.transport {
                row.tcp = Some(TcpRow {
                    seq: tcp.seq,
                    ack: tcp.ack,
                    flags: tcp.flags,
                    window: tcp.window,
                });
            }
            row.payload = with_payload.then(|| ip.payload.to_vec());
        }
        Network::Arp { .. } => row.network = NetworkKind::Arp,
        Network::Other(number) => row.network = NetworkKind::Other(*number),
        Network::None => {}
    }
    row
}
