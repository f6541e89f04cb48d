"""Reads the inputs of `wiretell profile`: every table of a capture in one pass over its bytes; logs and tables as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wiretell.errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from wiretell.analyses.quality import QualityCounter
    from wiretell.cli.profile_run import Request
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.kinds import Sorted
    from wiretell.sources.opening import Source

FLOW_COLUMNS: Final = (
    *("window", "start", "end", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "packets", "bytes"),
    *("payload_bytes", "fragments", "tcp_flags", "end_reason", "sampling"),
)
"""The columns of flows that the summary and the behavior analysis read."""


@dataclass(slots=True)
class Material:
    """What an input gives.

    Attributes:
        flows: The flows, cut at the windows of behavior; None if there are none.
        names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.
        connections: The connections; None if there are none, or none need be kept.
        counter: What was counted of connections while they were read; None if they were kept.
        event_counts: Events per second; None if there are none.
        cluster_counts: True counts of windows whose flows were thinned; None if there are none.
        metered: Whether the flows were metered here, so that no flow crosses a window.
        facts: Of captures.
        log_facts: Of connection logs.
        beside: Other logs that were named: name, what it is, lines.
        missing: What the input cannot give, a line each.
        event_hosts: Events by host; None if that is not known.
        event_connections: Events by connection; None if that is not known.
    """

    flows: Any = None
    names: pl.DataFrame | None = None
    connections: pl.DataFrame | None = None
    counter: QualityCounter | None = None
    event_counts: pl.DataFrame | None = None
    cluster_counts: pl.DataFrame | None = None
    metered: bool = False
    facts: CaptureFacts | None = None
    log_facts: Any = None
    beside: list[tuple[str, str, int]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    event_hosts: pl.DataFrame | None = None
    event_connections: pl.DataFrame | None = None


def read(request: Request, width_seconds: float) -> Material:
    """Reads captures, connection logs, or tables in Parquet files.

    Args:
        request: The options as given.
        width_seconds: The width of the windows that flows are cut at.

    Raises:
        InputError: if an input cannot be read.
        UsageError: if captures and logs are mixed.
    """
    from wiretell.cli.inputs import sorted_inputs

    found = sorted_inputs(request.inputs, one_by_one="profile them one by one")
    if found.logs:
        return _logs(found.logs)
    return _tables(found.tables) if found.tables else _captures(request, found, width_seconds)


def _captures(request: Request, found: Sorted, width_seconds: float) -> Material:
    from wiretell.analyses.endpoints import NEEDED
    from wiretell.analyses.quality import BARE_NEEDED, MEASURED_NEEDED
    from wiretell.cli.progress import Progress
    from wiretell.cli.values import watermarks
    from wiretell.schema import (
        CLUSTER_COUNTS,
        CONN_LOG,
        CONNECTIONS,
        EVENT_CONNECTIONS,
        EVENT_COUNTS,
        EVENT_HOSTS,
        FLOWS,
    )
    from wiretell.sources.capture_run import BARE_CONNECTIONS, CaptureRun
    from wiretell.sources.meter_options import MeterOptions

    kept = request.by == "connections"
    of_connections = tuple(dict.fromkeys((*CONN_LOG, *NEEDED))) if kept else MEASURED_NEEDED
    columns = {FLOWS.name: FLOW_COLUMNS, CONNECTIONS.name: of_connections}
    keep, low = watermarks(request.max_flows)
    options = MeterOptions(
        interval_seconds=width_seconds, decap=request.decap, threads=request.threads, keep_flows=keep, keep_low=low
    )
    tables = (FLOWS, CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, EVENT_CONNECTIONS)
    run = CaptureRun(
        found.captures,
        options,
        tables=tables,
        columns=columns,
        pipes=found.pipes,
        numbered=not kept,
        bare_connections=() if kept else BARE_NEEDED,
        first_hosts=0,  # bursts are told by hosts of their seconds, whose totals stay
    )

    import polars as pl  # while the run is already reading

    from wiretell.analyses.quality import QualityCounter
    from wiretell.engines.polars import empty
    from wiretell.sources.events import Counts

    batches = {table.name: [empty(table).select(columns.get(table.name, table.names))] for table in tables}
    batches[CLUSTER_COUNTS.name] = [empty(CLUSTER_COUNTS)]
    counts = Counts()
    if not kept:
        batches[FLOWS.name] = [batches[FLOWS.name][0].cast({"src_ip": pl.Int64, "dst_ip": pl.Int64})]
    counter = None if kept else QualityCounter(lambda: run.names)
    with Progress() as progress:
        for name, frame in run.batches(progress.update):
            if counter is not None and name in {CONNECTIONS.name, BARE_CONNECTIONS}:
                counter.add(frame, measured=name == CONNECTIONS.name)
            elif name == EVENT_COUNTS.name:
                counts.add(frame)
            else:
                batches[name].append(frame)
    whole = {name: pl.concat(frames, rechunk=False) for name, frames in batches.items()}
    return Material(
        whole[FLOWS.name],
        names=run.names,
        connections=whole[CONNECTIONS.name] if kept else None,
        counter=counter,
        event_counts=counts.rows(),
        cluster_counts=whole[CLUSTER_COUNTS.name],
        metered=True,
        facts=run.facts(),
        event_hosts=whole[EVENT_HOSTS.name],
        event_connections=whole[EVENT_CONNECTIONS.name],
    )


def _logs(inputs: list[str | Source]) -> Material:
    from wiretell.analyses.conversions import connections_to_flows
    from wiretell.sources.connections import complete
    from wiretell.sources.zeek_log import read_connections

    connection_logs, others = _apart(inputs)
    if not connection_logs:
        raise InputError(f"{others[0][0]} is {others[0][1]}, not a connection log", hint="name a conn.log as well")
    logs = read_connections(connection_logs)
    missing = ["A connection log does not tell retransmissions and round trips, nor events: those need the capture."]
    return Material(
        connections_to_flows(logs.frame),
        connections=complete(logs.frame),
        log_facts=logs.facts,
        beside=others,
        missing=missing,
    )


def _apart(inputs: list[str | Source]) -> tuple[list[str | Source], list[tuple[str, str, int]]]:
    """Connection logs, and what the other logs are and how many lines they have."""
    from pathlib import Path

    from wiretell.sources.opening import Lines, peek
    from wiretell.sources.recognize import describe, recognize

    connection_logs: list[str | Source] = []
    others: list[tuple[str, str, int]] = []
    for item in inputs:
        if isinstance(item, str) and Path(item).is_dir():
            connection_logs.append(item)
            continue
        source = peek(item)
        found = recognize(source)
        if found.table in {None, "conn"}:
            connection_logs.append(source)
            continue
        with source.opened() as stream:
            lines = sum(
                sum(bool(line) and not line.startswith(b"#") for line in block.splitlines())
                for _, block in Lines(stream).blocks()
            )
        others.append((source.name, describe(found), lines))
    return connection_logs, others


def _tables(names: list[str]) -> Material:
    import polars as pl

    from wiretell.analyses.conversions import connections_to_flows
    from wiretell.sources.connections import complete

    kinds: dict[str, list[pl.DataFrame]] = {"src_ip": [], "orig_h": [], "second": []}
    for name in names:
        try:
            frame = pl.read_parquet(name)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{name}: {str(error).splitlines()[0]}") from error
        mark = next((mark for mark in kinds if mark in frame.columns), None)
        if mark is None:
            raise UsageError(
                f"{name}: no table of flows, connections or event_counts",
                hint="its columns are those of docs/tables.md",
            )
        kinds[mark].append(frame)
    flows, connections, events = (pl.concat(frames) if frames else None for frames in kinds.values())
    if flows is None and connections is None:
        raise UsageError(f"{names[0]}: events alone make no profile", hint="name flows or connections as well")
    missing = [] if connections is not None else ["These tables hold no connections: how they went is not told."]
    if events is None:
        missing.append("These tables hold no events: their workload is not told.")
    if connections is not None:
        connections = complete(connections)
    if flows is None:
        flows = connections_to_flows(connections)
    return Material(flows, connections=connections, event_counts=events, missing=missing)
