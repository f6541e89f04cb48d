"""Connections from wherever they are: captures, Zeek logs and Parquet files give one table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.errors import InputError, UsageError
from wiretell.schema import CONNECTIONS
from wiretell.sources.capture import Input, MeterOptions, Progress, meter
from wiretell.sources.kinds import Sorted, sort_inputs

if TYPE_CHECKING:
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.log_facts import LogFacts


@dataclass(frozen=True, slots=True)
class Connected:
    """Connections and what is known of their source.

    Attributes:
        frame: The columns of `schema.CONNECTIONS`; what a source does not say is null.
        facts: Of the captures; None without any.
        log_facts: Of the logs; None without any.
    """

    frame: pl.DataFrame
    facts: CaptureFacts | None = None
    log_facts: LogFacts | None = None


def read_connections(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.DataFrame:
    """The connections of captures, Zeek logs or Parquet files as a Polars frame with the columns of the schema.

    Args:
        inputs: Paths of captures, conn.logs or folders of them, or `-` for standard input.
        options: How captures are metered; of a log, `local_nets` are not asked again.

    Raises:
        InputError: if an input cannot be read or holds no connections.
    """
    return find_connections(inputs, options).frame


def scan_connections(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The same as a Polars LazyFrame; read when collected.

    Raises:
        InputError: when collected, if an input cannot be read or holds no connections.
    """
    from polars.io.plugins import register_io_source

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        frame = read_connections(inputs, options).lazy()
        if predicate is not None:
            frame = frame.filter(predicate)
        if with_columns is not None:
            frame = frame.select(with_columns)
        yield (frame if n_rows is None else frame.head(n_rows)).collect()

    return register_io_source(source, schema=polars_schema(CONNECTIONS))


def find_connections(
    inputs: Input | Sequence[Input] | Sorted,
    options: MeterOptions | None = None,
    *,
    columns: Sequence[str] | None = None,
    conn_version: int = 0,
    on_progress: Progress | None = None,
) -> Connected:
    """Reads connections, and says what was read.

    Args:
        inputs: Paths of captures, conn.logs, Parquet files or folders, `-` for standard input, or what was sorted.
        options: How captures are metered.
        columns: The columns that are needed, in this order; None for all.
        conn_version: As of `zeek_log.read_connections`.
        on_progress: Called about ten times a second while captures are read.

    Raises:
        InputError: if an input cannot be read or holds no connections.
    """
    found = inputs if isinstance(inputs, Sorted) else sort_inputs(_names(inputs))
    wanted = CONNECTIONS.names if columns is None else tuple(columns)
    frames, facts, log_facts = list[pl.DataFrame](), None, None
    if found.captures:
        metered = meter(
            found.captures,
            options,
            tables=(CONNECTIONS,),
            columns={CONNECTIONS.name: wanted},
            pipes=found.pipes,
            on_progress=on_progress,
        )
        frames.append(metered.connections)
        facts = metered.facts
    if found.logs:
        from wiretell.sources.zeek_log import read_connections as read_logs

        logs = read_logs(found.logs, conn_version=conn_version)
        frames.append(complete(logs.frame).select(wanted))
        log_facts = logs.facts
    if found.tables:
        frames.append(_tables(found.tables).select(wanted))
    return Connected(pl.concat(frames, rechunk=False), facts, log_facts)


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the columns and types of `schema.CONNECTIONS`; what it lacks is null and takes no room."""
    schema = polars_schema(CONNECTIONS)
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )


def _names(inputs: Input | Sequence[Input]) -> list[str]:
    names = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    if not names:
        raise UsageError("no input", hint="name a capture, a Zeek connection log, a folder, or - for standard input")
    return [os.fspath(name) for name in names]


def _tables(names: list[str]) -> pl.DataFrame:
    try:
        frames = [pl.read_parquet(name) for name in names]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}") from error
    for name, frame in zip(names, frames, strict=True):
        missing = {"ts", "orig_h", "resp_h", "proto"} - set(frame.columns)
        if missing:
            raise UsageError(
                f"{name}: no connections table: without {', '.join(sorted(missing))}",
                hint="its columns are those of docs/tables.md",
            )
    try:
        return pl.concat([complete(frame) for frame in frames])
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}") from error
