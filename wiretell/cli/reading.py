"""Reads the inputs of a command: captures through the meter, logs and tables as they are, with progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from wiretell.cli.summary_run import Request
    from wiretell.sources.facts import CaptureFacts


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a `flows` or `connections` table and what is known of its source.

    Attributes:
        kind: `capture` for flows, `connections` for connections.
        frame: The table.
        facts: Of captures.
        log_facts: Of connection logs.
    """

    kind: str
    frame: pl.DataFrame | pl.LazyFrame
    facts: CaptureFacts | None = None
    log_facts: Any = None


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
    if all(name.endswith(".parquet") for name in request.inputs):
        return _tables(request.inputs)
    return _captures(request, protocols, start, end, interval_seconds)


def _captures(
    request: Request,
    protocols: frozenset[int] | None,
    start: datetime | None,
    end: datetime | None,
    interval_seconds: float | None,
) -> Reading:
    from wiretell.cli.progress import Progress
    from wiretell.sources.capture import MeterOptions, meter_flows

    options = MeterOptions(
        interval_seconds=interval_seconds,
        decap=request.decap,
        threads=request.threads,
        protocols=protocols,
        start=start,
        end=end,
        skip_zero_seq=request.skip_zero_seq,
        sample=request.sample,
        seed=request.seed,
    )
    with Progress() as progress:
        metered = meter_flows(request.inputs, options, on_progress=progress.update)
    return Reading("capture", metered.flows, facts=metered.facts)


def _tables(names: list[str]) -> Reading:
    import polars as pl

    for name in names:
        if not Path(name).is_file():
            raise InputError(f"{name}: no such file")
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
