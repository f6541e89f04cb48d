"""Reads the inputs of a command: captures through the meter, logs and tables as they are, with progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wiretell.errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from wiretell.analyses.summary import Summarizer, Summary
    from wiretell.analyses.summary_options import SummaryOptions
    from wiretell.cli.summary_run import Request
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.meter_options import MeterOptions
    from wiretell.sources.opening import Source


SUMMED: Final = (
    "start", "end", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "packets", "bytes", "payload_bytes",
    "fragments", "sampling",
)  # fmt: skip
"""The columns of `flows` that a summary adds up, beside `window` for intervals and `bytes_squared` for errors."""

_OF_FLOWS: Final = tuple(name for name in SUMMED if name not in {"sampling", "fragments"})
_OF_CONNECTIONS: Final = ("ts", "orig_h", "orig_p", "resp_h", "resp_p", "proto")
"""What a table from elsewhere must say."""

_ROWS_AT_ONCE: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a `flows` or `connections` table and what is known of its source.

    Attributes:
        kind: `capture` for flows, `connections` for connections.
        frame: The table.
        facts: Of captures.
        log_facts: Of connection logs.
        connections: Connections beside the flows, where they were asked for, with the columns of `endpoints.NEEDED`.
        summary: The summary, where it was made while reading; the table then has no rows.
        cluster_counts: True counts of windows whose flows were thinned.
        names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.
    """

    kind: str
    frame: pl.DataFrame | pl.LazyFrame
    facts: CaptureFacts | None = None
    log_facts: Any = None
    connections: pl.DataFrame | None = None
    summary: Summary | None = None
    cluster_counts: pl.DataFrame | None = None
    names: pl.DataFrame | None = None


def read(
    request: Request,
    protocols: frozenset[int] | None,
    start: datetime | None,
    end: datetime | None,
    interval_seconds: float | None,
    while_reading: SummaryOptions | None = None,
    flow_columns: Sequence[str] | None = None,
) -> Reading:
    """Reads captures, connection logs, or tables in Parquet files.

    Args:
        request: The options as given.
        protocols: Only these.
        start: Only packets from here on.
        end: Only packets until here.
        interval_seconds: Width of the windows that flows are cut at.
        while_reading: How to summarize flows while captures are read, so that they need not be kept; None keeps them.
        flow_columns: Of captures, flows with these columns and addresses as numbers.

    Raises:
        InputError: if an input cannot be read.
        UsageError: if captures and logs are mixed.
    """
    from wiretell.cli.inputs import sorted_inputs

    found = sorted_inputs(request.inputs, one_by_one="summarize them one by one")
    if found.logs:
        return _connections(request, found.logs)
    if found.tables:
        return _tables(found.tables)
    return _captures(
        request,
        names=found.captures,
        pipes=found.pipes,
        protocols=protocols,
        start=start,
        end=end,
        interval_seconds=interval_seconds,
        while_reading=while_reading,
        flow_columns=flow_columns,
    )


def _connections(request: Request, inputs: list[str | Source]) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.sources.connections import complete
    from wiretell.sources.zeek_log import read_connections

    with Progress() as progress:
        logs = read_connections(inputs, conn_version=request.conn_version, on_progress=progress.update)
    beside = complete(logs.frame) if request.with_connections else None
    return Reading("connections", _sampled(request, logs.frame), log_facts=logs.facts, connections=beside)


def _sampled(request: Request, frame: pl.DataFrame) -> pl.DataFrame:
    """A sample of connections, each as a whole."""
    import polars as pl

    if request.sample is None or request.sample >= 1:
        return frame
    identity = pl.struct("ts", "uid", "orig_h", "orig_p", "resp_h", "resp_p").hash(request.seed)
    return frame.filter(identity < int(request.sample * 2**64))


def _captures(
    request: Request,
    *,
    names: list[str],
    pipes: Mapping[str, Source],
    protocols: frozenset[int] | None,
    start: datetime | None,
    end: datetime | None,
    interval_seconds: float | None,
    while_reading: SummaryOptions | None,
    flow_columns: Sequence[str] | None,
) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.cli.values import watermarks
    from wiretell.schema import CONN_LOG, CONNECTIONS, FLOWS
    from wiretell.sources.capture import meter
    from wiretell.sources.meter_options import MeterOptions

    by_connections = request.unit == "connections"
    keep, low = watermarks(request.max_flows)
    options = MeterOptions(
        interval_seconds=interval_seconds,
        decap=request.decap,
        threads=request.threads,
        protocols=protocols,
        start=start,
        end=end,
        skip_zero_seq=request.skip_zero_seq,
        sample=None if by_connections else request.sample,
        seed=request.seed,
        keep_flows=keep,
        keep_low=low,
    )
    if while_reading is not None:
        return _summarized(names, options, pipes, while_reading)
    if flow_columns is not None:
        return _numbered(names, options, pipes, flow_columns)
    tables, columns = [CONNECTIONS if by_connections else FLOWS], {CONNECTIONS.name: CONN_LOG}
    if request.with_connections:
        from wiretell.analyses.endpoints import NEEDED

        tables = [*tables, *(() if by_connections else (CONNECTIONS,))]
        columns = {CONNECTIONS.name: tuple(dict.fromkeys((*CONN_LOG, *NEEDED)) if by_connections else NEEDED)}
    with Progress() as progress:
        metered = meter(names, options, tables=tables, columns=columns, pipes=pipes, on_progress=progress.update)
    beside = metered.connections if request.with_connections else None
    if by_connections:
        rows = _sampled(request, metered.connections.select(CONN_LOG))
        return Reading("connections", rows, facts=metered.facts, connections=beside)
    counts = metered.cluster_counts
    return Reading("capture", metered.flows, facts=metered.facts, connections=beside, cluster_counts=counts)


def _numbered(names: list[str], options: MeterOptions, pipes: Mapping[str, Source], columns: Sequence[str]) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.engines.polars import empty
    from wiretell.schema import CLUSTER_COUNTS, FLOWS
    from wiretell.sources.capture_run import CaptureRun

    run = CaptureRun(names, options, columns={FLOWS.name: columns}, pipes=pipes, numbered=True)

    import polars as pl  # while the run is already reading

    flows = empty(FLOWS).select(columns).with_columns(pl.col("src_ip", "dst_ip").cast(pl.Int64))
    batches = {FLOWS.name: [flows], CLUSTER_COUNTS.name: [empty(CLUSTER_COUNTS)]}
    with Progress() as progress:
        for name, batch in run.batches(progress.update):
            batches[name].append(batch)
    whole = {name: pl.concat(frames, rechunk=False) for name, frames in batches.items()}
    counts = whole[CLUSTER_COUNTS.name]
    return Reading("capture", whole[FLOWS.name], facts=run.facts(), cluster_counts=counts, names=run.names)


def _summarized(names: list[str], options: MeterOptions, pipes: Mapping[str, Source], how: SummaryOptions) -> Reading:
    """Captures whose flows are added up: by the meter, or where that does not know what is asked for, as they come."""
    return (_added_up if how.local or how.any_port or how.scale != 1 else _metered_sums)(names, options, pipes, how)


def _metered_sums(names: list[str], options: MeterOptions, pipes: Mapping[str, Source], how: SummaryOptions) -> Reading:
    from wiretell.analyses.services import SERVED_PORTS, TRANSPORTS_WITH_PORTS
    from wiretell.cli.progress import Progress
    from wiretell.engines.polars import empty
    from wiretell.schema import FLOWS
    from wiretell.sources.capture_run import CaptureRun, FlowSums

    sums = FlowSums(SERVED_PORTS, TRANSPORTS_WITH_PORTS, by_pair=not how.save_memory)
    run = CaptureRun(names, options, tables=(), pipes=pipes, numbered=True, sums=sums)

    import polars as pl  # while the run is already reading

    from wiretell.analyses.summary import summary_of_sums

    tables: dict[str, list[pl.DataFrame]] = {"flow_pairs": [], "flow_services": [], "flow_sizes": []}
    with Progress() as progress:
        for name, batch in run.batches(progress.update):
            tables[name].append(batch)
    pairs, services, sizes = (pl.concat(batches, rechunk=False) for batches in tables.values())
    summary = summary_of_sums(pairs, services, sizes, run.names, how)
    return Reading("capture", empty(FLOWS), facts=run.facts(), summary=summary)


def _added_up(names: list[str], options: MeterOptions, pipes: Mapping[str, Source], how: SummaryOptions) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.engines.polars import empty
    from wiretell.schema import FLOWS
    from wiretell.sources.capture_run import CaptureRun

    columns = [*SUMMED]
    if how.interval_us is not None:
        columns.append("window")
    if how.scale != 1:
        columns.append("bytes_squared")
    wanted = {FLOWS.name: columns}
    run = CaptureRun(names, options, tables=(FLOWS,), columns=wanted, pipes=pipes, numbered=True)

    import polars as pl  # while the run is already reading

    from wiretell.analyses.summary import Summarizer

    summarizer, waiting = Summarizer(how, lambda: run.names), list[pl.DataFrame]()
    with Progress() as progress:
        for _, batch in run.batches(progress.update):
            waiting.append(batch)
            if sum(frame.height for frame in waiting) >= _ROWS_AT_ONCE:
                _add(summarizer, waiting)
    nothing = empty(FLOWS).select(columns).with_columns(pl.col("src_ip", "dst_ip").cast(pl.Int64))
    _add(summarizer, [*waiting, nothing])
    summary = summarizer.summary(run.names)
    return Reading("capture", nothing, facts=run.facts(), summary=summary)


def _add(summarizer: Summarizer, waiting: list[pl.DataFrame]) -> None:
    import polars as pl

    rows = pl.concat(waiting, rechunk=False)
    summarizer.add(rows, rows.height)
    waiting.clear()


def _tables(names: list[str]) -> Reading:
    import polars as pl

    from wiretell.engines.polars import completed
    from wiretell.schema import CONNECTIONS, FLOWS

    try:
        frame = pl.scan_parquet(names)
        columns = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}") from error
    unsaid = {"window": None, "bytes_squared": None, "sampling": 1, "fragments": 0}
    kinds = {
        "flows": (FLOWS, _OF_FLOWS, unsaid),
        "connections": (CONNECTIONS, _OF_CONNECTIONS, dict.fromkeys(CONNECTIONS.names)),
    }
    kind = "flows" if "src_ip" in columns else "connections" if "orig_h" in columns else None
    if kind is None:
        raise UsageError(
            f"{names[0]}: neither a flows nor a connections table", hint="its columns are those of docs/tables.md"
        )
    table, needed, usual = kinds[kind]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise UsageError(
            f"{names[0]}: no {kind} table: without {', '.join(missing)}", hint="its columns are those of docs/tables.md"
        )
    try:
        rows = completed(frame, table, usual)
        rows.head(1).collect()
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}", hint="docs/tables.md has the types") from error
    return Reading("table" if kind == "flows" else "connections", rows)
