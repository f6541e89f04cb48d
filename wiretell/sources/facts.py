"""What a run over captures says of them: files, packets, bytes, sizes, time, and what was not used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One capture file.

    Attributes:
        name: Path as given, or `-` for standard input.
        format: `pcap`, `nanosecond pcap`, `pcapng`, ...
        compression: `gzip`, `zstd`, ... or None.
        link_types: Packets by link type name.
        records: Packets in the file.
        captured_bytes: Bytes kept of the packets.
        wire_bytes: Bytes the packets had on the wire.
        file_bytes: Size of the file as stored; None for a pipe.
        snaplen: The largest snapshot length that the file declares; None if it declares none.
        start_ns: Time of the earliest packet, nanoseconds since 1970 UTC; None without packets.
        end_ns: Time of the latest packet.
        backward_steps: Packets whose time is before that of the packet before them.
        dropped: Packets that the capturing side says it dropped; None if it does not say.
        descriptions: Hardware, system, application, comments, interface names, as `(what, text)`.
        warnings: One line each: what is wrong with the file.
    """

    name: str
    format: str
    compression: str | None
    link_types: dict[str, int]
    records: int
    captured_bytes: int
    wire_bytes: int
    file_bytes: int | None
    snaplen: int | None
    start_ns: int | None
    end_ns: int | None
    backward_steps: int
    dropped: int | None
    descriptions: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Traffic over time, in bins of equal width; bins without packets are left out.

    Attributes:
        bin_ns: Width of a bin, nanoseconds.
        bins: `(start of the bin in nanoseconds since 1970 UTC, packets, bytes of IP length)`, in order of time.
    """

    bin_ns: int
    bins: list[tuple[int, int, int]]


HostsLeftOut = tuple[int, int, int]
"""Hosts, their events, their bytes."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What raising the events of captures counted.

    Attributes:
        events: Events raised.
        violations: Connections in which a protocol was broken: an event each, and the end of their reading.
        given_up: Streams whose reading ended because more would have had to be held than there is room for.
        hosts_left_out: Of originators and of responders `(hosts, events, bytes)` without a row, where the first were asked
            for.
    """

    events: int
    violations: int
    given_up: int
    hosts_left_out: tuple[HostsLeftOut, HostsLeftOut] = ((0, 0, 0), (0, 0, 0))


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What following the connections of captures counted.

    Attributes:
        packets: IP packets that belong to a connection.
        connections: Connections begun.
        reused: Of these, in the place of an older one with the same addresses and ports.
        evicted: Connections written early because the table was full.
        bad_checksums: Packets with a wrong checksum: counted and left out.
        offload_checksums: Packets whose checksum the sending host left to its network card: not wrong, and used.
        unreadable: IP packets whose transport header could not be read, left out.
        lost_fragments: Fragments of datagrams that were never complete, left out.
        left_out: Connections without a row, where the first of an order were asked for.
    """

    packets: int
    connections: int
    reused: int
    evicted: int
    bad_checksums: int
    offload_checksums: int
    unreadable: int
    lost_fragments: int
    left_out: int


@dataclass(frozen=True, slots=True)
class FlowRoom:
    """The room that the table of flows took at most, summed over the threads.

    Attributes:
        flows: Flows in it.
        table_bytes: Bytes of the flows and their index.
        filter_bytes: Bytes of what thinning needs beside it, its sketches and what it takes for a moment.
    """

    flows: int
    table_bytes: int
    filter_bytes: int


@dataclass(frozen=True, slots=True)
class ThinnedWindow:
    """What was thinned in one window: all flows, packets and bytes of it are those kept and those thinned.

    Attributes:
        window_ns: Start of the window, nanoseconds since 1970 UTC; None if flows were not cut.
        kept_flows: Flows that have a row.
        kept_packets: Their packets.
        kept_bytes: Their bytes.
        thinned_flows: Flows without a row. One that pauses for longer than the idle timeout counts once.
        flows_error: `thinned_flows` is wrong by at most so many, but for once in ten thousand times.
        thinned_packets: Their packets.
        thinned_bytes: Their bytes.
        rounds: How often the table was full and was thinned.
        most_weight: The largest number of flows that one row stands for.
        missed_permille: So many of thousand new flows were taken for one already thinned, at the end; counts of flows
            are corrected for them.
    """

    window_ns: int | None
    kept_flows: int
    kept_packets: int
    kept_bytes: int
    thinned_flows: int
    flows_error: int
    thinned_packets: int
    thinned_bytes: int
    rounds: int
    most_weight: int
    missed_permille: int


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """All captures of one run: `read = decoded + truncated + ignored`; `filtered` and `sampled_out` are of the decoded.

    Attributes:
        files: One entry per file, in the order they were given.
        read: Records read.
        decoded: Records of which every header was read.
        truncated: Records with a header that runs past the end; what was readable is counted.
        ignored: Records with nothing to meter (neither IP nor ARP, unknown link type, broken header).
        faults: Records by `(layer, kind)` of their first fault, such as `("network", "truncated")`.
        wire_bytes: Length on the wire of all records.
        captured_bytes: Captured length of all records.
        start_ns: Time of the earliest record; None without records.
        end_ns: Time of the latest record.
        ip_packets: Metered IP packets, before sampling out and filters.
        ip_bytes: Their IP length.
        networks: Records by network protocol: `ipv4`, `ipv6`, `arp`, and names of what was ignored.
        fragments_first: First fragments.
        fragments_later: Later fragments.
        dont_fragment: IPv4 packets with the DF bit.
        length_from_wire: IP packets whose length field is 0 (offload): their length is that on the wire.
        cut: Packets of which less was captured than was on the wire.
        tunnels: Packets by kind of tunnel taken off (`--decap`).
        filtered: Metered packets that a filter left out.
        sampled_out: Metered packets that sampling left out.
        evicted: Flows written early for lack of room; nothing of them is lost.
        packet_sizes: IP packets by IP length in bytes, of those that filters and sampling let through.
        timeline: IP packets and bytes over time, of the same.
        interrupted: Whether the run ended before the input did.
        connections: What following connections counted; None if they were not asked for.
        events: What raising events counted; None if they were not asked for.
        flow_room: The room that the table of flows took; None without flows.
        thinned: The windows whose flows were thinned, in order of time.
    """

    files: list[FileFacts]
    read: int
    decoded: int
    truncated: int
    ignored: int
    faults: dict[tuple[str, str], int]
    wire_bytes: int
    captured_bytes: int
    start_ns: int | None
    end_ns: int | None
    ip_packets: int
    ip_bytes: int
    networks: dict[str, int]
    fragments_first: int
    fragments_later: int
    dont_fragment: int
    length_from_wire: int
    cut: int
    tunnels: dict[str, int]
    filtered: int
    sampled_out: int
    evicted: int
    packet_sizes: dict[int, int]
    timeline: Timeline
    interrupted: bool = False
    connections: ConnectionFacts | None = None
    events: EventFacts | None = None
    flow_room: FlowRoom | None = None
    thinned: tuple[ThinnedWindow, ...] = ()


def from_native(values: dict[str, Any], *, interrupted: bool) -> CaptureFacts:
    """The dictionary of the native run as typed facts."""
    files = [FileFacts(**file) for file in values.pop("files")]
    timeline = Timeline(**values.pop("timeline"))
    tracked = values.pop("connections")
    connections = None if tracked is None else ConnectionFacts(**tracked)
    raised = values.pop("events")
    room = FlowRoom(**values.pop("flow_room"))
    thinned = tuple(ThinnedWindow(**window) for window in values.pop("thinned"))
    events = None
    if raised is not None:
        origs, resps = map(tuple, raised.pop("hosts_left_out"))
        events = EventFacts(**raised, hosts_left_out=(origs, resps))
    return CaptureFacts(
        files=files,
        timeline=timeline,
        interrupted=interrupted,
        connections=connections,
        events=events,
        flow_room=room,
        thinned=thinned,
        **values,
    )
