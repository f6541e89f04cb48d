//! What a tracker says of a connection: one plain struct, whose fields become columns.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::LazyLock;

use super::community_id::community_id;
use super::history::History;
use super::uid::Uid;

/// One connection, or what is known of it so far (`interim`). Counters are totals since its start.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionRecord {
    /// Time of the first packet, nanoseconds since 1970 UTC.
    pub ts_ns: i64,
    /// Address of the originator.
    pub orig_h: IpAddr,
    /// Its port; for ICMP the type.
    pub orig_p: u16,
    /// Address of the responder.
    pub resp_h: IpAddr,
    /// Its port; for ICMP the type of the answer, or the code where there is no answer.
    pub resp_p: u16,
    /// The transport.
    pub proto: Proto,
    /// IP protocol number.
    pub ip_proto: u8,
    /// What the first payload says and what it turns to, in Zeek's names.
    pub service: Option<&'static str>,
    /// Time from the first to the last packet that counts; `None` when it is not positive.
    pub duration_ns: Option<i64>,
    /// Zeek's state of the connection.
    pub conn_state: ConnState,
    /// Bytes of the two streams that were acknowledged but not captured (content gaps).
    pub missed_bytes: u64,
    /// Zeek's letters for what happened, in order.
    pub history: History,
    /// The tunnels that carried it, as connections of their own; of nested ones the innermost.
    pub tunnel_parents: Vec<Uid>,
    /// Outermost VLAN of the first packet.
    pub vlan: Option<u16>,
    /// Second VLAN of the first packet.
    pub inner_vlan: Option<u16>,
    /// Who ended the connection, and how.
    pub closed_by: ClosedBy,
    /// True when the connection goes on: a later record with the same uid replaces this one.
    pub interim: bool,
    /// Why the record is given.
    pub reason: Reason,
    /// The side that opened the connection.
    pub orig: Endpoint,
    /// The other side.
    pub resp: Endpoint,
}

impl ConnectionRecord {
    /// Unique id in Zeek's form; the same packets give the same id.
    pub fn uid(&self) -> Uid {
        let (orig, resp) = ((self.orig_h, self.orig_p), (self.resp_h, self.resp_p));
        Uid::new(orig, resp, self.ip_proto, self.ts_ns)
    }

    /// Whether there is more to say of how TCP carried it than that it began.
    pub fn is_measured(&self) -> bool {
        let sides = [&self.orig.tcp, &self.resp.tcp];
        sides.into_iter().flatten().any(|tcp| tcp.tells())
    }

    /// Community ID flow hash, version 1, seed 0: computed when asked for, since it costs more than all the rest.
    pub fn community_id(&self) -> String {
        community_id(
            (self.orig_h, self.orig_p),
            (self.resp_h, self.resp_p),
            self.ip_proto,
        )
    }
}

impl TcpQuality {
    /// Whether there was data, or anything went wrong, or a round trip was seen: it is not that of a lone SYN.
    fn tells(&self) -> bool {
        let counts = [
            self.data_pkts,
            self.rexmit_pkts,
            self.lost_upstream_pkts,
            self.lost_downstream_pkts,
            self.spurious_pkts.unwrap_or_default(),
            self.timeout_rexmit_pkts.unwrap_or_default(),
            self.syn_rexmit_pkts,
            self.reordered_pkts,
            self.duplicate_pkts,
            self.zero_windows,
            self.unseen_bytes,
            self.rtt_count,
        ];
        counts.iter().any(|&count| count > 0)
            || self.zero_window_ns > 0
            || self.handshake_rtt_ns.is_some()
    }
}

/// The transport protocol in Zeek's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Proto {
    Tcp,
    Udp,
    Icmp,
    Unknown,
}

impl Proto {
    /// Zeek's name.
    pub fn name(self) -> &'static str {
        match self {
            Proto::Tcp => "tcp",
            Proto::Udp => "udp",
            Proto::Icmp => "icmp",
            Proto::Unknown => "unknown_transport",
        }
    }
}

/// Zeek's `conn_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, clippy::upper_case_acronyms)]
pub enum ConnState {
    S0,
    S1,
    S2,
    S3,
    SF,
    SH,
    SHR,
    REJ,
    RSTO,
    RSTR,
    RSTOS0,
    RSTRH,
    OTH,
}

impl ConnState {
    /// Zeek's name.
    pub fn name(self) -> &'static str {
        match self {
            ConnState::S0 => "S0",
            ConnState::S1 => "S1",
            ConnState::S2 => "S2",
            ConnState::S3 => "S3",
            ConnState::SF => "SF",
            ConnState::SH => "SH",
            ConnState::SHR => "SHR",
            ConnState::REJ => "REJ",
            ConnState::RSTO => "RSTO",
            ConnState::RSTR => "RSTR",
            ConnState::RSTOS0 => "RSTOS0",
            ConnState::RSTRH => "RSTRH",
            ConnState::OTH => "OTH",
        }
    }
}

/// Who sent the first FIN or RST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ClosedBy {
    #[default]
    Nobody,
    OrigFin,
    RespFin,
    OrigRst,
    RespRst,
}

impl ClosedBy {
    /// The name in tables; `None` when nobody closed.
    pub fn name(self) -> Option<&'static str> {
        match self {
            ClosedBy::Nobody => None,
            ClosedBy::OrigFin => Some("orig_fin"),
            ClosedBy::RespFin => Some("resp_fin"),
            ClosedBy::OrigRst => Some("orig_rst"),
            ClosedBy::RespRst => Some("resp_rst"),
        }
    }

    pub(super) fn flipped(self) -> Self {
        match self {
            ClosedBy::Nobody => ClosedBy::Nobody,
            ClosedBy::OrigFin => ClosedBy::RespFin,
            ClosedBy::RespFin => ClosedBy::OrigFin,
            ClosedBy::OrigRst => ClosedBy::RespRst,
            ClosedBy::RespRst => ClosedBy::OrigRst,
        }
    }
}

/// Why a record is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The connection is over: closed, reset, refused or given up.
    Ended,
    /// Nothing was seen of it for too long.
    Inactive,
    /// A new connection uses its addresses and ports.
    Reused,
    /// The table was full.
    Evicted,
    /// The input ended.
    Finished,
    /// The window ended; the connection goes on.
    Interim,
}

impl Reason {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Ended => "ended",
            Reason::Inactive => "inactive",
            Reason::Reused => "reused",
            Reason::Evicted => "evicted",
            Reason::Finished => "finished",
            Reason::Interim => "interim",
        }
    }
}

/// One side of a connection: what it sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Payload bytes it sent; for TCP from sequence numbers. `None` when the duration is.
    pub bytes: Option<u64>,
    /// Packets it sent.
    pub pkts: u64,
    /// IP bytes it sent, headers included.
    pub ip_bytes: u64,
    /// Hardware address of its first packet.
    pub l2_addr: Option<[u8; 6]>,
    /// Packets with a wrong checksum.
    pub bad_checksums: u64,
    /// Packets whose checksum the sending host had left to its network card: not wrong, and used.
    pub offload_checksums: u64,
    /// Zeek's `conn_stats`; TCP only.
    pub conn_stats: Option<ConnStats>,
    /// How well TCP carried its data; TCP with a header that could be read only.
    pub tcp: Option<Carried>,
}

/// How well TCP carried the data of one side. Of scans and floods most sides sent nothing: those take no memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Carried {
    /// It sent nothing.
    Nothing,
    /// What it sent.
    Sent(Box<TcpQuality>),
}

impl Deref for Carried {
    type Target = TcpQuality;

    fn deref(&self) -> &TcpQuality {
        static NOTHING: LazyLock<TcpQuality> = LazyLock::new(TcpQuality::default);
        match self {
            Carried::Nothing => &NOTHING,
            Carried::Sent(quality) => quality,
        }
    }
}

/// Zeek's `endpoint_stats`, by Zeek's algorithm with its known defects (pure ACKs count as retransmissions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnStats {
    /// Packets seen.
    pub num_pkts: u64,
    /// In-order packets that end at or below the highest sequence number.
    pub num_rxmit: u64,
    /// Their payload bytes.
    pub num_rxmit_bytes: u64,
    /// Packets whose IP id advances.
    pub num_in_order: u64,
    /// Packets whose IP id goes back by less than 256.
    pub num_oo: u64,
    /// Packets with the IP id of the packet before.
    pub num_repl: u64,
    /// How the IP id advances: 0 unknown, 1 little-endian, 2 big-endian, 3 confused.
    pub endian_type: u8,
}

/// How well TCP carried the data of one side, as the monitor saw it. `None` is "cannot be told".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcpQuality {
    /// Segments with payload.
    pub data_pkts: u64,
    /// Segments without payload, SYN, FIN and RST.
    pub pure_acks: u64,
    /// Payload bytes sent, retransmissions and copies included.
    pub payload_bytes: u64,
    /// Payload bytes of the stream that were seen at least once.
    pub unique_bytes: u64,
    /// Retransmitted data segments: of data seen before, and of data that had been lost before the monitor.
    pub rexmit_pkts: u64,
    /// Their payload bytes.
    pub rexmit_bytes: u64,
    /// Retransmitted segments whose original was seen: lost after the monitor, or needless (`spurious_pkts`).
    pub rexmit_seen_pkts: u64,
    /// Retransmitted segments whose original was not seen: lost between sender and monitor.
    pub lost_upstream_pkts: u64,
    /// `rexmit_seen_pkts` that are not known to be needless: lost between monitor and receiver.
    pub lost_downstream_pkts: u64,
    /// Retransmissions that were needless: the receiver had the data (DSACK, timestamps, or its ACK had passed).
    /// `None` when the other side was not seen.
    pub spurious_pkts: Option<u64>,
    /// Retransmissions after duplicate or selective acknowledgments. `None` when the other side was not seen.
    pub fast_rexmit_pkts: Option<u64>,
    /// Retransmissions after a timeout. `None` when the other side was not seen.
    pub timeout_rexmit_pkts: Option<u64>,
    /// SYN and SYN-ACK segments sent again.
    pub syn_rexmit_pkts: u64,
    /// Segments that were overtaken on the way to the monitor.
    pub reordered_pkts: u64,
    /// Extra copies of packets, made by the network.
    pub duplicate_pkts: u64,
    /// Keep-alive probes.
    pub keep_alives: u64,
    /// Probes of a closed window.
    pub window_probes: u64,
    /// Acknowledgments that repeat the one before while data is outstanding.
    pub dup_acks: u64,
    /// How often it closed its receive window.
    pub zero_windows: u64,
    /// How long its receive window was closed, nanoseconds.
    pub zero_window_ns: i64,
    /// How often it filled the other side's window. `None` when the window scale is not known.
    pub window_fulls: Option<u64>,
    /// How long it was held by a full window, nanoseconds. `None` likewise.
    pub window_full_ns: Option<i64>,
    /// Bytes of its stream that were acknowledged and never seen.
    pub unseen_bytes: u64,
    /// Round trips between the monitor and this side: from a segment sent to it until its acknowledgment.
    pub rtt_count: u64,
    /// The shortest, nanoseconds.
    pub rtt_min_ns: Option<i64>,
    /// The median, nanoseconds; from at most 128 samples, evenly taken.
    pub rtt_median_ns: Option<i64>,
    /// The 95th percentile, likewise.
    pub rtt_p95_ns: Option<i64>,
    /// Round trip between the monitor and this side in the handshake: SYN to SYN-ACK for the responder, SYN-ACK to
    /// ACK for the originator. `None` when a part was not seen or sent twice, or from one second on (a lost copy).
    pub handshake_rtt_ns: Option<i64>,
    /// Payload bits per second from its first to its last data segment, retransmissions included.
    pub throughput_bps: Option<f64>,
    /// Payload bits per second likewise, each byte once.
    pub goodput_bps: Option<f64>,
    /// Maximum segment size it announced.
    pub mss: Option<u16>,
    /// Window scale it announced; `None` without SYN or without the option.
    pub window_scale: Option<u8>,
    /// Whether it permitted selective acknowledgments; `None` without SYN.
    pub sack_permitted: Option<bool>,
    /// Whether it offered timestamps; `None` without SYN.
    pub timestamps: Option<bool>,
    /// Window of its SYN, bytes; `None` without SYN.
    pub init_window: Option<u32>,
    /// Largest window it announced, bytes; `None` when the window scale is not known.
    pub max_window: Option<u32>,
    /// Time from the end of the handshake to its first payload, nanoseconds.
    pub first_data_ns: Option<i64>,
}
