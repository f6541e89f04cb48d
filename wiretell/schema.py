"""The tables: every column with its type, unit, meaning and traps.

Tables are the contract between the meter, the analyses and the reports: what yields a table is a source, what reads it
is an analysis. Types are the portable ones (signed integers, Float64, String, Boolean, Binary, Timestamp in
microseconds UTC), so that a table is the same on every engine and in the store. docs/tables.md is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum


class Type(Enum):
    """A portable column type."""

    INT16 = "Int16"
    INT32 = "Int32"
    INT64 = "Int64"
    FLOAT64 = "Float64"
    STRING = "String"
    BOOLEAN = "Boolean"
    BINARY = "Binary"
    TIMESTAMP = "Timestamp(us, UTC)"
    TIMESTAMP_NS = "Timestamp(ns, UTC)"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: The name, in the words of Zeek (connections, events) or `src_/dst_` (one-way records).
        type: The portable type.
        meaning: One sentence: what it is, its unit, when it is null.
        unit: The unit where the type does not say it.
        nullable: Whether a null may stand in it.
        ipfix: The IPFIX information element, where there is one with this meaning.
        zeek: The conn.log column, where there is one with this meaning.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    nullable: bool = False
    ipfix: str = ""
    zeek: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name, what one row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: if the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


_I16, _I32, _I64, _F64 = Type.INT16, Type.INT32, Type.INT64, Type.FLOAT64
_STR, _BOOL, _BIN, _TIME = Type.STRING, Type.BOOLEAN, Type.BINARY, Type.TIMESTAMP

FLOWS = Table(
    name="flows",
    row="the packets of one unidirectional 5-tuple within one window, without a pause longer than the idle timeout",
    columns=(
        Column("window", _TIME, "start of the epoch-aligned window; null when flows are not cut", nullable=True),
        Column("start", _TIME, "time of the first packet", ipfix="flowStartMicroseconds"),
        Column("end", _TIME, "time of the last packet", ipfix="flowEndMicroseconds"),
        Column("src_ip", _STR, "source address in canonical text form", ipfix="sourceIPv4Address|sourceIPv6Address"),
        Column(
            "dst_ip",
            _STR,
            "destination address in canonical text form",
            ipfix="destinationIPv4Address|destinationIPv6Address",
        ),
        Column(
            "src_port",
            _I32,
            "source port; ICMP: the type; 0 for protocols without ports and for later fragments",
            ipfix="sourceTransportPort",
        ),
        Column(
            "dst_port",
            _I32,
            "destination port; ICMP: the code; 0 for protocols without ports and for later fragments",
            ipfix="destinationTransportPort",
        ),
        Column("protocol", _I16, "IP protocol number, after all IPv6 extension headers", ipfix="protocolIdentifier"),
        Column("vlan", _I32, "outermost VLAN id; null when untagged or not asked for", nullable=True, ipfix="vlanId"),
        Column("packets", _I64, "number of packets", ipfix="packetDeltaCount"),
        Column("bytes", _I64, "IP length, headers included", unit="bytes", ipfix="octetDeltaCount"),
        Column("payload_bytes", _I64, "transport payload, by the lengths that the headers say", unit="bytes"),
        Column(
            "bytes_squared",
            _F64,
            "sum of squared IP lengths: the variance of packet sizes and of sampled counts",
            unit="bytes²",
            ipfix="octetDeltaSumOfSquares",
        ),
        Column("fragments", _I64, "packets that are IP fragments, first or later (DF alone does not count)"),
        Column(
            "tcp_flags",
            _I16,
            "union of the TCP flag bits, FIN = 1 ... CWR = 128, AE = 256; 0 if not TCP",
            ipfix="tcpControlBits",
        ),
        Column(
            "end_reason",
            _I16,
            "1 idle, also before a window border, 2 window border, 3 end of the connection (from logs), 4 end of the input, "
            "5 evicted for lack of room",
            ipfix="flowEndReason",
        ),
        Column(
            "exporter",
            _STR,
            "address of the exporter; null for flows that wiretell metered",
            nullable=True,
            ipfix="exporterIPv4Address|exporterIPv6Address",
        ),
        Column(
            "sampling",
            _I64,
            "one in how many packets was counted before they reached wiretell, or how many flows like it the row stands "
            "for where flows were thinned; 1 if all were counted. Packets and bytes are multiplied by it for an estimate",
            ipfix="samplingInterval",
        ),
    ),
)

CLUSTER_COUNTS = Table(
    name="cluster_counts",
    row="all flows of a window with one value in one dimension, those that were thinned included; only of windows in "
    "which flows were thinned",
    columns=(
        Column("window", _TIME, "start of the window; null when flows are not cut", nullable=True),
        Column("dimension", _STR, "`src_ip`, `dst_ip`, `src_port` or `dst_port`"),
        Column(
            "key",
            _STR,
            "address or port; null in the one row of all values that have no row of their own",
            nullable=True,
        ),
        Column("flows", _I64, "number of flows, kept or thinned"),
        Column(
            "flows_error",
            _I64,
            "`flows` is wrong by at most so many, but for once in a thousand times; 0 if it is exact",
        ),
        Column(
            "packets", _I64, "packets of these flows; where `flows` has an error, those since the value is followed"
        ),
        Column("bytes", _I64, "IP length of these packets", unit="bytes"),
        Column("kept_flows", _I64, "flows of these that have a row in `flows`"),
        Column("values", _I64, "number of values in the row: 1, or an estimate where `key` is null"),
        Column(
            "flow_logs", _F64, "sum of n ln n over the values, n flows each: the entropy is ln m - (sum / m), m flows"
        ),
        Column(
            "spread_flows",
            _I64,
            "flows of which the following columns tell: those since the value is large; null where it never was",
            nullable=True,
        ),
        *(
            Column(
                f"distinct_{name}",
                _I64,
                f"different values of `{name}` among them: an estimate beyond 112; null in its own dimension",
                nullable=True,
            )
            for name in ("src_ip", "dst_ip", "src_port", "dst_port")
        ),
        *(
            Column(
                f"entropy_{name}",
                _F64,
                f"entropy of `{name}` among them, in nats; null in its own dimension",
                nullable=True,
            )
            for name in ("src_ip", "dst_ip", "src_port", "dst_port")
        ),
        Column(
            "entropy_error",
            _F64,
            "four standard deviations of the least certain of these entropies; 0 if they are exact",
            nullable=True,
        ),
    ),
)

_BESIDE_ZEEK = (
    Column("vlan", _I32, "outermost VLAN id of the first packet; null when untagged", nullable=True, zeek="vlan"),
    Column("inner_vlan", _I32, "second VLAN id of the first packet", nullable=True, zeek="inner_vlan"),
    Column(
        "orig_l2_addr",
        _STR,
        "hardware address in the first packet on the originator's side, which may be a router's",
        nullable=True,
        zeek="orig_l2_addr",
    ),
    Column("resp_l2_addr", _STR, "the same on the responder's side", nullable=True, zeek="resp_l2_addr"),
    Column(
        "community_id",
        _STR,
        "Community ID flow hash, version 1, seed 0: the same in every tool that follows it",
        nullable=True,
        zeek="community_id",
    ),
    Column(
        "ip_proto_name",
        _STR,
        "IANA's keyword of the IP protocol, in lower case",
        nullable=True,
        zeek="ip_proto_name",
    ),
    Column(
        "closed_by",
        _STR,
        "who sent the first FIN or RST: orig_fin, resp_fin, orig_rst, resp_rst; null if nobody did, or not TCP",
        nullable=True,
    ),
    Column(
        "end_reason",
        _STR,
        "why the row is given: ended (closed, reset, refused, given up), inactive (silent for too long), reused (its "
        "addresses and ports began a new one), evicted (the table was full), finished (the input ended), interim",
        nullable=True,
    ),
    Column(
        "interim",
        _BOOL,
        "true: the connection goes on, and a later row with this uid replaces this one; its counts are since the start",
        nullable=True,
    ),
)

_CONN_STATS = (
    Column(
        "num_pkts",
        _I64,
        "packets; conn_stats compatible, like the six that follow: Zeek's TCP_Endpoint statistics, with what is wrong "
        "in them. Null if not TCP",
        nullable=True,
    ),
    Column(
        "num_rxmit",
        _I64,
        "in-order packets that end at or below the highest sequence number; trap: every pure ACK without new sequence "
        "counts, a copy or a reordered packet never does. rexmit_pkts is right",
        nullable=True,
    ),
    Column(
        "num_rxmit_bytes",
        _I64,
        "payload of these as captured: a short snap length makes it less. rexmit_bytes is right",
        unit="bytes",
        nullable=True,
    ),
    Column(
        "num_in_order",
        _I64,
        "packets whose IP id moves on; trap: late by 256 ids or more is in order, too",
        nullable=True,
    ),
    Column(
        "num_OO",
        _I64,
        "packets whose IP id steps back by 1 to 255; trap: about 0.8% of the packets of a host with random ids. "
        "reordered_pkts is right",
        nullable=True,
    ),
    Column(
        "num_repl",
        _I64,
        "packets with the IP id of the packet before; trap: every packet but the first over IPv6 or with a constant "
        "id. duplicate_pkts is right",
        nullable=True,
    ),
    Column(
        "endian_type",
        _I16,
        "byte order in which the IP id grows: 0 unknown, 1 little, 2 big, 3 confused (random ids)",
        nullable=True,
    ),
)

_CARRIED = (
    Column("bad_checksums", _I64, "packets with a wrong checksum: counted here, else left out", nullable=True),
    Column(
        "offload_checksums",
        _I64,
        "packets whose checksum the sending host left to its network card: not wrong, and used",
        nullable=True,
    ),
    Column(
        "data_pkts",
        _I64,
        "TCP segments with payload, copies and retransmissions included; this and all that follow: null if not TCP",
        nullable=True,
    ),
    Column("pure_acks", _I64, "TCP packets without payload: acknowledgments, SYN, FIN, RST", nullable=True),
    Column(
        "payload_bytes",
        _I64,
        "payload of all segments by the lengths in the headers, each time it was sent; orig_bytes, resp_bytes are from "
        "sequence numbers instead",
        unit="bytes",
        nullable=True,
    ),
    Column("unique_bytes", _I64, "bytes of the stream that were seen at least once", unit="bytes", nullable=True),
    Column(
        "unseen_bytes",
        _I64,
        "bytes of the stream that were acknowledged and never seen: lost by the capture, or carried on another path",
        unit="bytes",
        nullable=True,
    ),
    Column(
        "rexmit_pkts",
        _I64,
        "data segments sent again by sequence space: those whose original was seen, and those that fill a hole too "
        "late to have been overtaken; no pure ACKs, no keep-alives, no copies. With one direction only, told by time",
        nullable=True,
    ),
    Column("rexmit_bytes", _I64, "payload of these that had been sent before", unit="bytes", nullable=True),
    Column("rexmit_seen_pkts", _I64, "retransmissions whose original was seen", nullable=True),
    Column(
        "lost_upstream_pkts",
        _I64,
        "retransmissions whose original was not seen: lost between the sender and the monitor. Not to be trusted where "
        "the capture itself dropped packets",
        nullable=True,
    ),
    Column(
        "lost_downstream_pkts",
        _I64,
        "retransmissions whose original was seen and that are not known to be needless: lost between the monitor and "
        "the receiver. Without DSACK and timestamps, needless ones are in it",
        nullable=True,
    ),
    Column(
        "spurious_pkts",
        _I64,
        "retransmissions that were needless: the receiver had the data, by DSACK, by timestamps, or because its "
        "acknowledgment had passed. Null when the other side was not seen",
        nullable=True,
    ),
    Column(
        "fast_rexmit_pkts",
        _I64,
        "retransmissions after duplicate or selective acknowledgments. Null when the other side was not seen",
        nullable=True,
    ),
    Column(
        "timeout_rexmit_pkts",
        _I64,
        "the other retransmissions: the sender's timer ran out. Null when the other side was not seen",
        nullable=True,
    ),
    Column("syn_rexmit_pkts", _I64, "SYN and SYN-ACK segments sent again", nullable=True),
    Column(
        "reordered_pkts",
        _I64,
        "data segments that were overtaken on the way to the monitor: by IP ids or timestamps where these tell, else "
        "by time against the round trip",
        nullable=True,
    ),
    Column(
        "duplicate_pkts",
        _I64,
        "copies of packets that the network or the capture made, with payload or without, resets left out: by IP id where "
        "ids tell packets apart, else by all fields and by time. Without IP ids, copies of acknowledgments are told where a "
        "third of the segments with payload came twice. A copy is in no other count of this kind",
        nullable=True,
    ),
    Column("keep_alives", _I64, "probes of an idle connection: one byte or none before the next", nullable=True),
    Column("window_probes", _I64, "probes of a closed window", nullable=True),
    Column("dup_acks", _I64, "acknowledgments that repeat the one before while data is under way", nullable=True),
    Column("zero_windows", _I64, "how often it closed its receive window", nullable=True),
    Column("zero_window_s", _F64, "how long its receive window was closed", unit="seconds", nullable=True),
    Column(
        "window_fulls",
        _I64,
        "how often it had filled the window of the other side. Null when the window scale is not known (no SYN)",
        nullable=True,
    ),
    Column(
        "window_full_s", _F64, "how long it was held by a full window. Null likewise", unit="seconds", nullable=True
    ),
    Column("rtt_count", _I64, "round trips measured between the monitor and this side", nullable=True),
    Column(
        "rtt_min_s",
        _F64,
        "shortest round trip between the monitor and this side: from a segment sent to it to its acknowledgment, by "
        "Karn's rule; delayed acknowledgments are in it. Both sides together are the path",
        unit="seconds",
        nullable=True,
    ),
    Column("rtt_median_s", _F64, "their median, of at most 128, evenly taken", unit="seconds", nullable=True),
    Column("rtt_p95_s", _F64, "their 95th percentile, likewise", unit="seconds", nullable=True),
    Column(
        "handshake_rtt_s",
        _F64,
        "the same in the handshake, without delayed acknowledgments: SYN to SYN-ACK for the responder, SYN-ACK to ACK "
        "for the originator. Null when a part was not seen or sent twice, or from one second on",
        unit="seconds",
        nullable=True,
    ),
    Column("first_data_s", _F64, "end of the handshake to its first payload", unit="seconds", nullable=True),
    Column(
        "throughput_bps",
        _F64,
        "payload from its first to its last data segment, retransmissions included; null with fewer than two, and where "
        "they are less than a round trip or 1 ms apart",
        unit="bit/s",
        nullable=True,
    ),
    Column("goodput_bps", _F64, "the same, each byte once", unit="bit/s", nullable=True),
    Column(
        "mss", _I64, "maximum segment size that it announced; null without SYN or option", unit="bytes", nullable=True
    ),
    Column("window_scale", _I64, "window scale that it announced, a shift; null without SYN or option", nullable=True),
    Column("sack_permitted", _BOOL, "whether it permitted selective acknowledgments; null without SYN", nullable=True),
    Column("timestamps", _BOOL, "whether it offered timestamps; null without SYN", nullable=True),
    Column("init_window", _I64, "window of its SYN; null without SYN", unit="bytes", nullable=True),
    Column(
        "max_window",
        _I64,
        "largest window that it announced; null when the window scale is not known",
        unit="bytes",
        nullable=True,
    ),
)


def _both_sides(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of one side, for the originator (what it sent), then for the responder."""
    return tuple(replace(column, name=f"{side}_{column.name}") for side in ("orig", "resp") for column in columns)


CONNECTIONS = Table(
    name="connections",
    row="one bidirectional connection, in the words and with the meaning of Zeek's conn.log",
    columns=(
        Column("ts", _TIME, "time of the first packet", zeek="ts"),
        Column("uid", _STR, "unique id", zeek="uid"),
        Column("orig_h", _STR, "originator's address in canonical text form", zeek="id.orig_h"),
        Column("orig_p", _I32, "originator's port; ICMP: the type", zeek="id.orig_p"),
        Column("resp_h", _STR, "responder's address in canonical text form", zeek="id.resp_h"),
        Column("resp_p", _I32, "responder's port; ICMP: the code or the type of the reply", zeek="id.resp_p"),
        Column("proto", _STR, "tcp, udp, icmp or unknown_transport", zeek="proto"),
        Column(
            "service",
            _STR,
            "application protocol by content; what it turns to (TLS after STARTTLS, a WebSocket) comes after a comma",
            nullable=True,
            zeek="service",
        ),
        Column(
            "duration",
            _F64,
            "first to last packet, without non-productive trailing ones",
            unit="seconds",
            nullable=True,
            zeek="duration",
        ),
        Column(
            "orig_bytes",
            _I64,
            "payload by the originator; TCP: from sequence numbers",
            unit="bytes",
            nullable=True,
            zeek="orig_bytes",
        ),
        Column(
            "resp_bytes",
            _I64,
            "payload by the responder; TCP: from sequence numbers",
            unit="bytes",
            nullable=True,
            zeek="resp_bytes",
        ),
        Column(
            "conn_state", _STR, "S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH", nullable=True, zeek="conn_state"
        ),
        Column(
            "local_orig",
            _BOOL,
            "whether the originator is local; null without local networks",
            nullable=True,
            zeek="local_orig",
        ),
        Column(
            "local_resp",
            _BOOL,
            "whether the responder is local; null without local networks",
            nullable=True,
            zeek="local_resp",
        ),
        Column(
            "missed_bytes", _I64, "payload in gaps: sent, never seen", unit="bytes", nullable=True, zeek="missed_bytes"
        ),
        Column(
            "history", _STR, "what happened, a letter each; upper case by the originator", nullable=True, zeek="history"
        ),
        Column("orig_pkts", _I64, "packets by the originator", nullable=True, zeek="orig_pkts"),
        Column(
            "orig_ip_bytes",
            _I64,
            "IP length by the originator, headers included",
            unit="bytes",
            nullable=True,
            zeek="orig_ip_bytes",
        ),
        Column("resp_pkts", _I64, "packets by the responder", nullable=True, zeek="resp_pkts"),
        Column(
            "resp_ip_bytes",
            _I64,
            "IP length by the responder, headers included",
            unit="bytes",
            nullable=True,
            zeek="resp_ip_bytes",
        ),
        Column(
            "tunnel_parents",
            _STR,
            "uids of the connections that carried it as tunnels, joined by commas; with `--decap`",
            nullable=True,
            zeek="tunnel_parents",
        ),
        Column("ip_proto", _I16, "IP protocol number", nullable=True, zeek="ip_proto"),
        *_BESIDE_ZEEK,
        *_both_sides(_CONN_STATS),
        *_both_sides(_CARRIED),
    ),
)

CONN_LOG: tuple[str, ...] = tuple(
    column.name for column in CONNECTIONS.columns[: CONNECTIONS.names.index("ip_proto") + 1]
)
"""The columns of Zeek's conn.log, in its order."""

ENDPOINTS = Table(
    name="endpoints",
    row="the TCP connections of one connection, host, server, prefix, port or service, or all of them, and how well they went",
    columns=(
        Column(
            "by", _STR, "connection, host, server (responder), prefix, port (of the responder) or service (by content)"
        ),
        Column("key", _STR, "which one; a connection: its uid; null: all connections", nullable=True),
        Column("orig", _STR, "originator's address and port; null but for a connection", nullable=True),
        Column("resp", _STR, "responder's address and port; null but for a connection", nullable=True),
        Column("rank", _I32, "place in the order that was asked for, from 1; null for all", nullable=True),
        Column("connections", _I64, "TCP connections; by host and prefix each counts at both of its ends"),
        Column("attempts", _I64, "of these, those whose first packet was seen: states other than OTH, SHR, RSTRH"),
        Column("unanswered", _I64, "attempts without an answer: S0, SH, RSTOS0"),
        Column("refused", _I64, "attempts that were refused: REJ"),
        Column("reset", _I64, "connections that a reset ended: RSTO, RSTR"),
        Column("failed_share", _F64, "unanswered and refused, of the attempts; null without any", nullable=True),
        Column("bytes", _I64, "IP length of both directions; the payload where a log does not say", unit="bytes"),
        Column("bytes_share", _F64, "of the bytes of all TCP connections", nullable=True),
        Column(
            "data_pkts",
            _I64,
            "segments with payload, both directions; this and the counts that follow: null for logs without them",
            nullable=True,
        ),
        Column("rexmit_pkts", _I64, "of these, retransmissions", nullable=True),
        Column("rexmit_share", _F64, "of the segments with payload; null without any", nullable=True),
        Column("rexmit_of_all", _F64, "of all retransmissions", nullable=True),
        Column(
            "lost_near_pkts",
            _I64,
            "segments lost between the monitor and the end that the row is of: the host or prefix; else the responder",
            nullable=True,
        ),
        Column("lost_far_pkts", _I64, "segments lost between the monitor and the other end", nullable=True),
        Column("lost_upstream_pkts", _I64, "segments lost before the monitor", nullable=True),
        Column("lost_downstream_pkts", _I64, "segments lost after the monitor", nullable=True),
        Column("spurious_pkts", _I64, "retransmissions that are known to be needless", nullable=True),
        Column("timeout_rexmit_pkts", _I64, "retransmissions after a timeout", nullable=True),
        Column("syn_rexmit_pkts", _I64, "SYN and SYN-ACK segments sent again", nullable=True),
        Column("reordered_pkts", _I64, "segments that were overtaken", nullable=True),
        Column("reordered_share", _F64, "of the segments with payload", nullable=True),
        Column("duplicate_pkts", _I64, "copies made by the network or the capture", nullable=True),
        Column("duplicate_share", _F64, "of all packets", nullable=True),
        Column("zero_windows", _I64, "how often a receiver closed its window", nullable=True),
        Column("zero_window_s", _F64, "how long in all", unit="seconds", nullable=True),
        Column("unseen_bytes", _I64, "bytes acknowledged and never captured", unit="bytes", nullable=True),
        Column("rtt_mean_s", _F64, "mean of the path's round trips, one per connection", unit="seconds", nullable=True),
        Column(
            "rtt_median_s",
            _F64,
            "median of the path's round trips, one per connection: of the handshake, else its median",
            unit="seconds",
            nullable=True,
        ),
        Column(
            "rtt_p95_s",
            _F64,
            "95th percentile of them; of a connection: of its samples, both sides together",
            unit="seconds",
            nullable=True,
        ),
        Column(
            "near_rtt_median_s",
            _F64,
            "median of the round trips between the monitor and the end that the row is of",
            unit="seconds",
            nullable=True,
        ),
        Column(
            "goodput_median_bps",
            _F64,
            "median over the connections of the faster direction's payload rate, each byte once",
            unit="bit/s",
            nullable=True,
        ),
        Column("goodput_p5_bps", _F64, "its 5th percentile: the slow ones", unit="bit/s", nullable=True),
    ),
)

SUMMARY = Table(
    name="summary",
    row="the total of a block of traffic, or one row of a breakdown of it, ranked",
    columns=(
        Column("window", _TIME, "start of the interval; null for all time", nullable=True),
        Column(
            "scope",
            _STR,
            "total, incoming, outgoing, internal (both ends local), transit (no end local), network, unknown_transport",
        ),
        Column("network", _STR, "the local network, for scope network", nullable=True),
        Column(
            "breakdown",
            _STR,
            "total, port (service side), port_any (either end), source, destination, service, protocol, state, pair",
        ),
        Column("rank", _I32, "place by the unit, from 1; null for totals", nullable=True),
        Column(
            "key",
            _STR,
            "what the row is of; port: `none` without ports, `other` for those not kept; null for totals",
            nullable=True,
        ),
        Column("peer", _STR, "the other end of a pair", nullable=True),
        Column("share", _F64, "of the block's total, in the unit of the summary; not of the rows shown"),
        Column("share_error", _F64, "standard error of the share; null without sampling", nullable=True),
        Column("packets", _I64, "number of packets; scaled up if sampled", nullable=True),
        Column("bytes", _I64, "IP length; connections without it: payload", unit="bytes", nullable=True),
        Column("payload_bytes", _I64, "transport payload", unit="bytes", nullable=True),
        Column("fragments", _I64, "packets that are IP fragments; null for connections", nullable=True),
        Column("flows", _I64, "number of flow records, not scaled; null for connections", nullable=True),
        Column("connections", _I64, "number of connections, in the interval they begin; null for flows", nullable=True),
        Column("packets_error", _F64, "standard error of packets; null without sampling", nullable=True),
        Column("bytes_error", _F64, "standard error of bytes; null without sampling", unit="bytes", nullable=True),
        Column("sources", _I64, "distinct source addresses; only in totals", nullable=True),
        Column("destinations", _I64, "distinct destination addresses; only in totals", nullable=True),
        Column("hosts", _I64, "distinct addresses of either end; only in totals", nullable=True),
        Column("ports", _I64, "distinct service-side ports; only in totals", nullable=True),
        Column("pairs", _I64, "distinct pairs of addresses, both directions as one; only in totals", nullable=True),
        Column("start", _TIME, "time of the first packet; only in totals", nullable=True),
        Column("end", _TIME, "time of the last packet; only in totals", nullable=True),
    ),
)

PACKETS = Table(
    name="packets",
    row="one record of a capture, in the order of the capture",
    columns=(
        Column("time", Type.TIMESTAMP_NS, "time of capture"),
        Column("wire_len", _I64, "length on the wire, from the link header on", unit="bytes"),
        Column("captured_len", _I64, "bytes that were captured", unit="bytes"),
        Column("link_type", _STR, "link type, by the name of its LINKTYPE"),
        Column("src_mac", _STR, "source hardware address", nullable=True),
        Column("dst_mac", _STR, "destination hardware address", nullable=True),
        Column("vlan", _I32, "outermost VLAN id", nullable=True),
        Column("inner_vlan", _I32, "second VLAN id", nullable=True),
        Column("network", _STR, "ipv4, ipv6, arp or the name of another network protocol", nullable=True),
        Column("src_ip", _STR, "source address in canonical text form; null without IP", nullable=True),
        Column("dst_ip", _STR, "destination address in canonical text form; null without IP", nullable=True),
        Column("protocol", _I16, "IP protocol number, after all IPv6 extension headers", nullable=True),
        Column("src_port", _I32, "source port; ICMP: the type; 0 for protocols without ports", nullable=True),
        Column("dst_port", _I32, "destination port; ICMP: the code; 0 for protocols without ports", nullable=True),
        Column("ip_len", _I64, "IP length, headers included", unit="bytes", nullable=True),
        Column(
            "payload_len", _I64, "transport payload by the lengths that the headers say", unit="bytes", nullable=True
        ),
        Column("ttl", _I16, "time to live or hop limit", nullable=True),
        Column("tos", _I16, "type of service or traffic class", nullable=True),
        Column("ip_id", _I64, "IPv4 identification, or that of the IPv6 fragment header, else 0", nullable=True),
        Column("dont_fragment", _BOOL, "the IPv4 DF bit", nullable=True),
        Column(
            "fragment_offset",
            _I64,
            "offset of a fragment, 0 for the first; null for a whole packet",
            unit="bytes",
            nullable=True,
        ),
        Column("tcp_seq", _I64, "TCP sequence number", nullable=True),
        Column("tcp_ack", _I64, "TCP acknowledgment number", nullable=True),
        Column("tcp_flags", _I16, "TCP flag bits, FIN = 1 ... CWR = 128, AE = 256", nullable=True),
        Column("tcp_window", _I32, "TCP window, not scaled", nullable=True),
        Column("outcome", _STR, "decoded, truncated or ignored"),
        Column("fault", _STR, "layer and kind of the first fault, such as 'network truncated'", nullable=True),
        Column("payload", _BIN, "captured transport payload; null without IP", nullable=True),
    ),
)

_WINDOW = Column("window", _TIME, "start of the window")
_DIMENSION = Column("dimension", _STR, "src_ip, dst_ip, src_port or dst_port")
_KEY = Column("key", _STR, "the value that all flows of the cluster share in the dimension: an address or a port")
_CLASS = Column("behavior_class", _I16, "9 L(X) + 3 L(Y) + L(Z), 0 to 26; X, Y, Z are the free dimensions in order")
_FLOW_COUNT = Column("flows", _I64, "number of flows")

THRESHOLDS = Table(
    name="thresholds",
    row="one round of the search for significant clusters in one dimension of one window, if it moved any",
    columns=(
        _WINDOW,
        _DIMENSION,
        Column("round", _I32, "rounds done; 0 before the first"),
        Column("threshold", _F64, "share of all flows from which values were moved; null in round 0", nullable=True),
        Column("significant", _I64, "values that were moved so far"),
        Column("rest", _I64, "values that are left"),
        Column(
            "uncertainty",
            _F64,
            "relative uncertainty of the rest, H / log |R|; null when nothing is left",
            nullable=True,
        ),
        Column("least_flows", _I64, "flows of the smallest value moved; null when none was", nullable=True),
        Column("total_flows", _I64, "flows of the window"),
        Column(
            "last", _BOOL, "whether the search ended here; with significant = 0: nothing stands out in this dimension"
        ),
    ),
)

_FREE = tuple(
    column
    for name in ("src_ip", "dst_ip", "src_port", "dst_port")
    for column in (
        Column(
            f"ru_{name}",
            _F64,
            f"relative uncertainty of {name}, 0 to 1; null if it is the cluster's own",
            nullable=True,
        ),
        Column(f"distinct_{name}", _I64, f"different values of {name}; null if it is the cluster's own", nullable=True),
    )
)

CLUSTERS = Table(
    name="clusters",
    row="all flows of a window that share one value in one dimension, if there are many enough to matter",
    columns=(
        _WINDOW,
        _DIMENSION,
        _KEY,
        _FLOW_COUNT,
        Column("share", _F64, "share of all flows of the window, 0 to 1"),
        Column("significant", _BOOL, "whether the entropy criterion chose it; false: only its share is large"),
        _CLASS,
        *_FREE,
        Column(
            "opposite_flows", _I64, "flows of the opposite direction: with the same value in the mirrored dimension"
        ),
        Column("packets", _I64, "number of packets"),
        Column("bytes", _I64, "IP length, headers included", unit="bytes"),
        Column("payload_bytes", _I64, "transport payload", unit="bytes"),
        Column("packets_mean", _F64, "packets per flow"),
        Column("packets_variance", _F64, "variance of the packets per flow"),
        Column("bytes_mean", _F64, "bytes per flow", unit="bytes"),
        Column("bytes_variance", _F64, "variance of the bytes per flow", unit="bytes²"),
        Column("tcp_flows", _I64, "flows of TCP"),
        Column("udp_flows", _I64, "flows of UDP"),
        Column("icmp_flows", _I64, "flows of ICMP and ICMPv6"),
        Column(
            "probe_flows",
            _I64,
            "flows of 1 to 3 packets that open no conversation: TCP without ACK, requests of ICMP, others",
        ),
        Column(
            "answer_flows",
            _I64,
            "flows of 1 to 3 packets without data that accept, refuse or report: SYN-ACK, RST, ICMP",
        ),
        Column("amplified_flows", _I64, "flows of answers by UDP services that floods are reflected by"),
        Column("amplified_bytes", _I64, "bytes of those flows", unit="bytes"),
        Column("start", _TIME, "time of the first packet"),
        Column("end", _TIME, "time of the last packet"),
    ),
)

STATES = Table(
    name="states",
    row="one dominant state of a cluster: the values that a large share of its flows have in common",
    columns=(
        _WINDOW,
        _DIMENSION,
        _KEY,
        Column("depth", _I16, "how many free dimensions are fixed, 0 to 3"),
        Column("state", _STR, "the state as it is written: X, Y, Z in order, * for any value"),
        Column("src_ip", _STR, "source address; null for any", nullable=True),
        Column("dst_ip", _STR, "destination address; null for any", nullable=True),
        Column("src_port", _I32, "source port; null for any", nullable=True),
        Column("dst_port", _I32, "destination port; null for any", nullable=True),
        _FLOW_COUNT,
        Column("share", _F64, "share of the cluster's flows, 0 to 1"),
    ),
)

PROFILES = Table(
    name="profiles",
    row="what a cluster does, in one word and in one sentence, with the evidence",
    columns=(
        _WINDOW,
        _DIMENSION,
        _KEY,
        Column("profile", _STR, "server, heavy_hitter, scan, scan_target, flood_source, flood_target or other"),
        Column("sentence", _STR, "what it does, in plain words"),
        Column("port", _I32, "the port it is about; null when there are many", nullable=True),
        Column(
            "protocol", _STR, "tcp, udp, icmp or other: of most flows of its state; of a port: of most of its flows"
        ),
        Column("peers", _I64, "different addresses at the other end; of a port: at the end that uses it"),
        _FLOW_COUNT,
        Column("share", _F64, "share of all flows of the window, 0 to 1"),
        _CLASS,
        Column("state", _STR, "the dominant state that explains most"),
        Column("state_share", _F64, "share of the cluster's flows in that state, 0 to 1"),
        Column("evidence", _STR, "the figures behind the verdict, as a JSON object"),
    ),
)

FINDINGS = Table(
    name="findings",
    row="something that deserves a look",
    columns=(
        _WINDOW,
        Column(
            "kind",
            _STR,
            "scan, flood, novel_exploit, rare_class, behavior_change, new_server, vanished_server, nothing_stands_out",
        ),
        Column("severity", _I16, "1 to know, 2 to look at, 3 to act on"),
        Column("since", _TIME, "start of the first window of which it holds without a break"),
        _DIMENSION,
        _KEY,
        Column("sentence", _STR, "what it is, in plain words"),
        Column("evidence", _STR, "the figures behind it, as a JSON object"),
    ),
)

CLASS_TRENDS = Table(
    name="class_trends",
    row="one behavior class of one dimension over the windows that were looked at",
    columns=(
        _DIMENSION,
        _CLASS,
        Column("windows", _I64, "windows in which it occurs"),
        Column("clusters", _I64, "clusters of it in all windows"),
        Column("keys", _I64, "different keys of them"),
        Column("popularity", _F64, "share of the windows in which it occurs, 0 to 1"),
        Column("average_size", _F64, "clusters per window in which it occurs"),
        Column("volatility", _F64, "keys / clusters: near 0 the members stay, at 1 they are always others"),
    ),
)

TRANSITIONS = Table(
    name="transitions",
    row="one cluster that is in a window and in the one before, with what moved",
    columns=(
        _WINDOW,
        _DIMENSION,
        _KEY,
        Column("before_class", _I16, "behavior class in the window before"),
        _CLASS,
        Column("akin", _BOOL, "whether at most one label moved, by at most one step"),
        Column("distance", _F64, "Euclidean distance of the two uncertainty vectors, 0 to 1.73"),
    ),
)

WINDOWS = Table(
    name="windows",
    row="one window that the store holds",
    columns=(
        _WINDOW,
        Column(
            "complete",
            _BOOL,
            "whether all tables hold the window whole; false: its writer was stopped, compute it again",
        ),
        Column("written", _TIME, "time of writing"),
    ),
)

EVENTS = Table(
    name="events",
    row="one event: something that traffic means, in Zeek's vocabulary",
    columns=(
        Column("ts", _TIME, "time of the packet, or of the timer, that raised it"),
        Column("name", _STR, "Zeek's name of the event"),
        Column("protocol", _STR, "what it belongs to: the application protocol, else tcp, udp, icmp, arp, other"),
        Column("uid", _STR, "unique id of its connection, as in connections; null for ARP", nullable=True),
        Column("orig_h", _STR, "address of the originator", nullable=True),
        Column("orig_p", _I32, "its port", nullable=True),
        Column("resp_h", _STR, "address of the responder", nullable=True),
        Column("resp_p", _I32, "its port", nullable=True),
        Column("is_orig", _BOOL, "whether the originator caused it; null where that has no meaning", nullable=True),
        Column(
            "size",
            _I64,
            "1 + 4 and the length of the name + 8 for the time + 4 for how many arguments, and for each argument 9 and its "
            "value: boolean 1; count, time, interval, IPv4 address 8; IPv6 address 20; text 4 and its length; list or record "
            "4 and its elements or fields, each with 9 of its own; a field that is missing 0; the connection its uid (22), two "
            "addresses and two ports (8 each), each with 9. What is counted without being shown (a certificate, the list of "
            "all headers) counts 4 and its length. It depends on the event alone, unlike in the patch of 2011, where an "
            "argument that had been sent before, and not changed since, took 9, and a connection was sent as a whole",
            unit="bytes",
        ),
        Column(
            "args",
            _STR,
            "the arguments as a JSON object, without the connection: records as objects, texts cut at 1024 bytes, bytes that "
            "are no UTF-8 as \\xff; null or left out if not asked for",
            nullable=True,
        ),
    ),
)

EVENT_COUNTS = Table(
    name="event_counts",
    row="the events of one second, name and protocol; a second can have several rows: they add up",
    columns=(
        Column("second", _TIME, "start of the second"),
        Column("name", _STR, "Zeek's name of the event"),
        Column("protocol", _STR, "as in events"),
        Column("events", _I64, "how many"),
        Column("bytes", _I64, "their sizes together", unit="bytes"),
    ),
)

EVENT_HOSTS = Table(
    name="event_hosts",
    row="the events of one host in one role, in all or in one second; several rows of the same add up",
    columns=(
        Column(
            "second",
            _TIME,
            "start of the second; null for all. Of a second each thread names its 10 heaviest hosts of each role, of "
            "the 4,096 seconds with the most events",
            nullable=True,
        ),
        Column(
            "host",
            _STR,
            "its address; null for hosts that were let go together: each thread counts the 65,536 heaviest of each role",
            nullable=True,
        ),
        Column("is_orig", _BOOL, "whether as originator of connections, else as responder"),
        Column("events", _I64, "how many; those without a connection (ARP) are left out"),
        Column("bytes", _I64, "their sizes together", unit="bytes"),
    ),
)

EVENT_CONNECTIONS = Table(
    name="event_connections",
    row="the events of one connection, of all or of one second; only the heaviest are named",
    columns=(
        Column(
            "second",
            _TIME,
            "start of the second; null for all. Of a second each thread names its 10 heaviest connections, of the 4,096 "
            "seconds with the most events; of all the 1,000 with the most events and the 1,000 with the most bytes",
            nullable=True,
        ),
        Column("uid", _STR, "unique id of the connection, as in connections"),
        Column("orig_h", _STR, "address of the originator"),
        Column("orig_p", _I32, "its port"),
        Column("resp_h", _STR, "address of the responder"),
        Column("resp_p", _I32, "its port"),
        Column("protocol", _STR, "its application protocol (of several the last by name), else tcp, udp, icmp, other"),
        Column("events", _I64, "how many"),
        Column("bytes", _I64, "their sizes together", unit="bytes"),
    ),
)

TABLES: tuple[Table, ...] = (
    PACKETS,
    FLOWS,
    CLUSTER_COUNTS,
    CONNECTIONS,
    EVENTS,
    EVENT_COUNTS,
    EVENT_HOSTS,
    EVENT_CONNECTIONS,
    ENDPOINTS,
    SUMMARY,
    THRESHOLDS,
    CLUSTERS,
    STATES,
    PROFILES,
    FINDINGS,
    CLASS_TRENDS,
    TRANSITIONS,
    WINDOWS,
)
