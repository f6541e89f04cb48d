"""Captures as tables: runs the meter over files, folders or a pipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.engines.polars import empty, polars_schema
from wiretell.errors import InputError, UsageError
from wiretell.schema import (
    CLUSTER_COUNTS,
    CONNECTIONS,
    EVENT_CONNECTIONS,
    EVENT_COUNTS,
    EVENT_HOSTS,
    EVENTS,
    FLOWS,
    PACKETS,
    Table,
)
from wiretell.settings import IDLE_TIMEOUT_SECONDS, KEEP_LOW, MAX_ACTIVE_CONNECTIONS, MAX_ACTIVE_FLOWS
from wiretell.sources.pushdown import FLOW_COLUMNS, PACKET_COLUMNS, Condition, conditions

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    import polars as pl

    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.opening import Source

Input = str | Path
Progress = Callable[[int, int | None, int], None]
"""Called with bytes read, bytes in all (None for a pipe) and records read."""

_STEP_MILLISECONDS = 100
BARE_CONNECTIONS = "bare_connections"
"""The name of the batches of connections of which nothing was measured, where they are told apart."""
_LOOKED_FOR = "captures are told by content, Zeek logs by names such as conn*.log*; both in folders below, too"
_EVENT_TABLES = tuple(table.name for table in (EVENTS, EVENT_COUNTS, EVENT_HOSTS, EVENT_CONNECTIONS))


@dataclass(frozen=True, slots=True)
class MeterOptions:
    """How captures are metered.

    Attributes:
        interval_seconds: Width of the epoch-aligned windows that flows are cut at; None does not cut.
        idle_timeout_seconds: A flow ends after a pause longer than this.
        max_flows: Flows kept at once; beyond it the oldest are written early, which is counted and loses nothing.
        keep_flows: Flows kept of a window at most; beyond it those of clusters that dominate are thinned, which is
            counted (docs/behavior-filter.md). None keeps all. It takes the place of `max_flows`. One thread meters then,
            so that the counts are those of all flows and the same flows are kept on every machine.
        keep_low: The share of `keep_flows` to which flows are thinned, and below which none is.
        keep_uniformly: Whether all flows are thinned alike, whatever their clusters.
        interim_seconds: A connection that goes on gives an interim row at each multiple of this since 1970; None for
            none.
        max_connections: Connections followed at once; beyond it the oldest are written early, which is counted.
        ignore_checksums: Whether connections count packets with a wrong checksum as if it were right.
        local_nets: Networks that are local, as prefixes, for `local_orig` and `local_resp` of connections.
        vlan: Whether the VLAN id is part of a flow.
        decap: Whether to look inside tunnels (IP-in-IP, GRE, VXLAN, GENEVE, GTP-U, Teredo).
        threads: Threads that decode and meter; None chooses by the processors there are.
        share: `(i, n)`: only share i of n, from 0, by the symmetric hash of the address pair.
        protocols: Only these IP protocol numbers.
        start: Only packets at this time or later; it must carry a time zone.
        end: Only packets at this time or earlier.
        skip_zero_seq: Leave out TCP packets whose sequence number is 0.
        sample: Keep each packet with this probability.
        seed: Of the sampling: the same seed keeps the same packets.
    """

    interval_seconds: float | None = None
    idle_timeout_seconds: float = IDLE_TIMEOUT_SECONDS
    max_flows: int = MAX_ACTIVE_FLOWS
    keep_flows: int | None = None
    keep_low: float = KEEP_LOW
    keep_uniformly: bool = False
    interim_seconds: float | None = None
    max_connections: int = MAX_ACTIVE_CONNECTIONS
    ignore_checksums: bool = False
    local_nets: tuple[str, ...] = ()
    vlan: bool = False
    decap: bool = False
    threads: int | None = None
    share: tuple[int, int] = (0, 1)
    protocols: frozenset[int] | None = None
    start: datetime | None = None
    end: datetime | None = None
    skip_zero_seq: bool = False
    sample: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            UsageError: naming the first value that is out of its range.
        """
        index, of = self.share
        checks = (
            (self.interval_seconds is None or self.interval_seconds > 0, "interval_seconds must be above 0"),
            (self.idle_timeout_seconds >= 0, "idle_timeout_seconds must not be negative"),
            (self.max_flows > 0, "max_flows must be above 0"),
            (self.interim_seconds is None or self.interim_seconds > 0, "interim_seconds must be above 0"),
            (self.keep_flows is None or 0 < self.keep_flows < 2**31, "keep_flows must be above 0 and below 2^31"),
            (
                self.keep_flows is None or self.threads in {None, 1},
                "flows are thinned in one thread: leave threads out",
            ),
            (0 < self.keep_low <= 1, "keep_low is a share of keep_flows: above 0, at most 1"),
            (self.max_connections > 0, "max_connections must be above 0"),
            (self.threads is None or self.threads > 0, "threads must be above 0"),
            (0 <= index < of, "share (i, n) needs 0 <= i < n"),
            (self.sample is None or 0 < self.sample <= 1, "sample is a probability: above 0, at most 1"),
        )
        for holds, message in checks:
            if not holds:
                raise UsageError(message)
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and moment.tzinfo is None:
                raise UsageError(f"{name} needs a time zone", hint="datetime(..., tzinfo=timezone.utc)")


@dataclass(frozen=True, slots=True)
class FlowSums:
    """How flows are added up while they are metered (`analyses.summary_cells.of_sums` reads the result).

    Attributes:
        served_ports: Ports from 1024 that are those of well-known services.
        protocols: IP protocols that have ports.
        by_pair: Whether by pair of addresses, too.
    """

    served_ports: Sequence[int]
    protocols: Sequence[int]
    by_pair: bool = True


@dataclass(frozen=True, slots=True)
class Metered:
    """What metering yields: tables with the columns of the schema, and the facts of the captures.

    Attributes:
        flows: The flows table; empty if it was not asked for.
        facts: The facts of the captures.
        connections: The connections table; empty if it was not asked for.
        cluster_counts: The true counts of windows whose flows were thinned; empty without `keep_flows`.
    """

    flows: pl.DataFrame
    facts: CaptureFacts
    connections: pl.DataFrame
    cluster_counts: pl.DataFrame


def meter(
    inputs: Input | Sequence[Input],
    options: MeterOptions | None = None,
    *,
    tables: Sequence[Table] = (FLOWS, CONNECTIONS),
    columns: Mapping[str, Sequence[str]] | None = None,
    pipes: Mapping[str, Source] | None = None,
    on_progress: Progress | None = None,
) -> Metered:
    """Meters captures into tables, in one pass.

    Ctrl-C ends the run; what was read so far is returned, with `facts.interrupted` set.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input; several are read in order of time.
        options: How to meter.
        tables: Which of `schema.FLOWS` and `schema.CONNECTIONS` to fill.
        columns: By name of a table the columns that are needed, in this order; all where nothing is said.
        pipes: By name, the pipes among the inputs that were already read from.
        on_progress: Called about ten times a second.

    Raises:
        InputError: if an input cannot be read or is no capture.
        UsageError: if connections are asked for of sampled packets.
    """
    run = CaptureRun(inputs, options, tables=tables, columns=columns, pipes=pipes)

    import polars as pl  # while the run is already reading

    wanted = columns or {}
    batches: dict[str, list[pl.DataFrame]] = {
        table.name: [empty(table).select(wanted.get(table.name, table.names))]
        for table in (FLOWS, CONNECTIONS, CLUSTER_COUNTS)
    }
    for name, frame in run.batches(on_progress):
        batches[name].append(frame)
    flows, connections, counts = (pl.concat(frames, rechunk=False) for frames in batches.values())
    return Metered(flows, run.facts(), connections, counts)


def meter_flows(
    inputs: Input | Sequence[Input],
    options: MeterOptions | None = None,
    *,
    columns: Sequence[str] | None = None,
    pipes: Mapping[str, Source] | None = None,
    on_progress: Progress | None = None,
) -> Metered:
    """Meters the flows of captures: `meter` with the flows table alone.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input; several are read in order of time.
        options: How to meter.
        columns: The columns that are needed, in this order; None for all.
        pipes: By name, the pipes among the inputs that were already read from.
        on_progress: Called about ten times a second.

    Raises:
        InputError: if an input cannot be read or is no capture.
    """
    wanted = None if columns is None else {FLOWS.name: columns}
    return meter(inputs, options, tables=(FLOWS,), columns=wanted, pipes=pipes, on_progress=on_progress)


def read_flows(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.DataFrame:
    """The flows of captures as a Polars frame with the columns of `schema.FLOWS`.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input.
        options: How to meter.

    Raises:
        InputError: if an input cannot be read or is no capture.
    """
    return meter_flows(inputs, options).flows


def scan_flows(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The flows of captures as a Polars LazyFrame with the columns of `schema.FLOWS`.

    Conditions on addresses, ports and protocol are applied while packets are read, so that flows which the query does
    not want take no room.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, FLOWS, FLOW_COLUMNS)


def scan_packets(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The packets of captures as a Polars LazyFrame with the columns of `schema.PACKETS`, in the order of the capture.

    Only the columns that the query needs are made, and conditions are applied while packets are read.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter; what concerns flows is not used.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, PACKETS, PACKET_COLUMNS)


def scan_table(
    inputs: Input | Sequence[Input], options: MeterOptions | None, table: Table, pushable: frozenset[str]
) -> pl.LazyFrame:
    """One table of captures as a Polars LazyFrame, metered when collected.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.
        table: Which table.
        pushable: Columns on which a condition is one on every packet of a row.
    """
    from polars.io.plugins import register_io_source

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(table.names) if with_columns is None else with_columns
        needed = wanted if predicate is None else [*wanted, *(set(predicate.meta.root_names()) - set(wanted))]
        run = CaptureRun(
            inputs, options, tables=(table,), columns={table.name: needed}, conditions=conditions(predicate, pushable)
        )
        left = n_rows
        for name, batch in run.batches():
            if name != table.name:
                continue
            frame = batch if predicate is None else batch.filter(predicate)
            frame = frame.select(wanted)
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame
            if left == 0:
                return

    return register_io_source(source, schema=polars_schema(table))


class CaptureRun:
    """One run of the native meter: batches of rows, then the facts."""

    def __init__(
        self,
        inputs: Input | Sequence[Input],
        options: MeterOptions | None = None,
        *,
        tables: Sequence[Table] = (FLOWS,),
        columns: Mapping[str, Sequence[str]] | None = None,
        conditions: Sequence[Condition] = (),
        pipes: Mapping[str, Source] | None = None,
        numbered: bool = False,
        sums: FlowSums | None = None,
        bare_connections: Sequence[str] = (),
        first_connections: tuple[str, int] | None = None,
        first_hosts: int | None = None,
    ) -> None:
        """Opens the inputs and starts to read.

        Args:
            inputs: Paths of captures or folders of them, or `-` for standard input.
            options: How to meter.
            tables: those of `schema` to fill: `FLOWS`, `CONNECTIONS`, `PACKETS` and the tables of events.
            columns: By name of a table the columns that are needed, in this order; all where nothing is said.
            conditions: What a packet must fulfill to count.
            pipes: By name, the pipes among the inputs that were already read from.
            numbered: Whether flows and connections have addresses as numbers, Int64: `names` and `analyses.addresses`
                lead back.
            sums: Flows are added up as they end, and go out, when all have ended, as the tables `flow_pairs`,
                `flow_services` and `flow_sizes`; beside them, if `tables` has them.
            bare_connections: If any, connections that carried nothing and of which nothing was measured come in batches
                of their own, `BARE_CONNECTIONS`, with these columns alone.
            first_connections: `(order, n)`: rows of connections only if they may be among the first n by an order of
                `settings.METERED_SORTS`; the others are counted, and no interim rows are given.
            first_hosts: Totals of events by host only of so many in each role, their equals and those with a row of a second;
                the others are counted.

        Raises:
            InputError: if an input cannot be read or is no capture.
            UsageError: without an input, or for connections of sampled packets.
        """
        from wiretell._native import Run

        options = options or MeterOptions()
        paths = [inputs] if isinstance(inputs, str | Path) else list(inputs)
        if not paths:
            raise UsageError("no input", hint="name a capture file, a folder, or - for standard input")
        whole = {CONNECTIONS.name, *_EVENT_TABLES} & {table.name for table in tables}
        if whole and options.sample is not None and options.sample < 1:
            raise UsageError(f"{min(whole)} need all packets: they cannot be told from a sample")
        wanted = {table.name: list((columns or {}).get(table.name, table.names)) for table in tables}
        try:
            self._native = Run(
                [os.fspath(path) for path in paths],
                pipes={name: _handed_over(source) for name, source in (pipes or {}).items()},
                flow_columns=wanted.get(FLOWS.name),
                connection_columns=wanted.get(CONNECTIONS.name),
                bare_connection_columns=list(bare_connections),
                event_columns=wanted.get(EVENTS.name),
                event_count_columns=wanted.get(EVENT_COUNTS.name),
                event_host_columns=wanted.get(EVENT_HOSTS.name),
                event_connection_columns=wanted.get(EVENT_CONNECTIONS.name),
                packet_columns=wanted.get(PACKETS.name),
                conditions=list(conditions),
                window_ns=None if options.interval_seconds is None else max(round(options.interval_seconds * 1e9), 1),
                idle_ns=round(options.idle_timeout_seconds * 1e9),
                max_flows=options.max_flows,
                keep_flows=None if options.keep_flows is None else _watermarks(options.keep_flows, options.keep_low),
                keep_uniformly=options.keep_uniformly,
                max_connections=options.max_connections,
                interim_ns=0 if options.interim_seconds is None else max(round(options.interim_seconds * 1e9), 1),
                ignore_checksums=options.ignore_checksums,
                local_nets=[_prefix(network) for network in options.local_nets],
                by_vlan=options.vlan,
                decap=options.decap,
                workers=options.threads or (default_threads() if options.keep_flows is None else 1),
                share_index=options.share[0],
                share_of=options.share[1],
                protocols=None if options.protocols is None else sorted(options.protocols),
                start_ns=None if options.start is None else _nanoseconds(options.start),
                end_ns=None if options.end is None else _nanoseconds(options.end) + 999,
                skip_zero_seq=options.skip_zero_seq,
                sample=options.sample,
                seed=options.seed,
                numbered=numbered,
                sum_flows=None if sums is None else (sums.served_ports, sums.protocols, sums.by_pair),
                first_connections=first_connections,
                first_hosts=first_hosts,
            )
        except OSError as error:
            hint = _LOOKED_FOR if "in the folder" in str(error) else None
            raise InputError(str(error), hint=hint) from None
        self._interrupted = False
        self._facts: dict[str, Any] | None = None
        self._numbered = numbered

    @property
    def names(self) -> pl.DataFrame | None:
        """`number` and `address` of the IPv6 addresses so far; None unless the run is numbered."""
        import polars as pl

        return pl.DataFrame(self._native.addresses()) if self._numbered else None

    def batches(self, on_progress: Progress | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
        """Table names and rows as they come. Ctrl-C ends reading, not the rows that were read."""
        import polars as pl

        while not self._native.done:
            batches = list[tuple[str, Any]]()
            try:
                self._native.step(_STEP_MILLISECONDS, batches)
                if on_progress is not None:
                    on_progress(*self._native.progress())
            except KeyboardInterrupt:
                self._interrupted = True
                self._native.stop()
            for name, batch in batches:
                yield name, pl.DataFrame(batch)
        if self._facts is None:
            self._facts, hosts = self._native.facts()
            if hosts is not None:
                yield EVENT_HOSTS.name, pl.DataFrame(hosts)

    def facts(self) -> CaptureFacts:
        """The facts of the run, once it is done."""
        from wiretell.sources.facts import from_native  # after the run has begun, which does not wait for it

        values = self._native.facts()[0] if self._facts is None else self._facts
        return from_native(values, interrupted=self._interrupted)


def default_threads() -> int:
    """Threads of a run beside the one that reads: one per processor, at most 8."""
    return max(1, min(8, len(os.sched_getaffinity(0))))


def _watermarks(high: int, low: float) -> tuple[int, int]:
    return max(round(high * low), 1), high


def _handed_over(source: Source) -> tuple[int, bytes]:
    """The file descriptor of a pipe, and what was read from it."""
    return (0 if source.stream is None else source.stream.fileno()), source.prefix


def _prefix(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"{text} is no network", hint="10.0.0.0/8 or fd00::/8") from None
    return network.network_address, network.prefixlen


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
