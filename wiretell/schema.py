"""The tables: every column with its type, unit, meaning and traps.

Tables are the contract between the meter, the analyses and the reports: what yields a table is a source, what reads it
is an analysis. Types are the portable ones (signed integers, Float64, String, Boolean, Binary, Timestamp in
microseconds UTC), so that a table is the same on every engine and in the store. docs/tables.md is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    columns: tuple[Column, ...]

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
            "1 idle, 2 window border, 3 end of the connection (from logs), 4 end of the input, 5 evicted for lack of room",
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
            "one in how many packets was counted before they reached wiretell; 1 if all",
            ipfix="samplingInterval",
        ),
    ),
)

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
            "application protocol by content; several are joined by commas",
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
            "uids of the tunnels around it, joined by commas",
            nullable=True,
            zeek="tunnel_parents",
        ),
        Column("ip_proto", _I16, "IP protocol number", nullable=True, zeek="ip_proto"),
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
    row="one round of the search for significant clusters in one dimension of one window; rounds that move nothing are left out",
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
        Column("protocol", _STR, "tcp, udp, icmp or other: of most of its flows"),
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
            "scan, flood, novel_exploit, rare_class, behavior_change, new_server, vanished_server or nothing_stands_out",
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

TABLES: tuple[Table, ...] = (
    PACKETS,
    FLOWS,
    CONNECTIONS,
    SUMMARY,
    THRESHOLDS,
    CLUSTERS,
    STATES,
    PROFILES,
    FINDINGS,
    CLASS_TRENDS,
    TRANSITIONS,
)
