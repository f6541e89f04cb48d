"""Reads the inputs of a command: captures through the meter, logs and tables as they are, with progress."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wiretell.errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from wiretell.cli.summary_run import Request
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.opening import Source


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a `flows` or `connections` table and what is known of its source.

    Attributes:
        kind: `capture` for flows, `connections` for connections.
        frame: The table.
        facts: Of captures.
        log_facts: Of connection logs.
        connections: Connections beside the flows, where they were asked for, with the columns of `endpoints.NEEDED`.
    """

    kind: str
    frame: pl.DataFrame | pl.LazyFrame
    facts: CaptureFacts | None = None
    log_facts: Any = None
    connections: pl.DataFrame | None = None


def read(
    request: Request,
    protocols: frozenset[int] | None,
    start: datetime | None,
    end: datetime | None,
    interval_seconds: float | None,
) -> Reading:
    """Reads captures, connection logs, or tables in Parquet files.

    Raises:
        InputError: if an input cannot be read.
        UsageError: if captures and logs are mixed.
    """
    from wiretell.sources.kinds import sort_inputs

    if "-" in request.inputs and sys.stdin.isatty():
        raise UsageError("no input", hint="name a capture, a Zeek connection log or a folder, or pipe one in")
    found = sort_inputs(request.inputs)
    if len(found.kinds) > 1:
        raise UsageError(f"inputs of several kinds: {' and '.join(found.kinds)}", hint="summarize them one by one")
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
) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.schema import CONN_LOG, CONNECTIONS, FLOWS
    from wiretell.sources.capture import MeterOptions, meter

    by_connections = request.unit == "connections"
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
    )
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
    return Reading("capture", metered.flows, facts=metered.facts, connections=beside)


def _tables(names: list[str]) -> Reading:
    import polars as pl

    try:
        frame = pl.scan_parquet(names)
        columns = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}") from error
    if "src_ip" in columns:
        return Reading("table", frame)
    if "orig_h" in columns:
        return Reading("connections", frame)
    raise UsageError(
        f"{names[0]}: neither a flows nor a connections table", hint="its columns are those of docs/tables.md"
    )
