"""Connections from wherever they are: captures, Zeek logs and Parquet files give one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiretell.engines.polars import empty, polars_schema
from wiretell.errors import InputError, UsageError
from wiretell.schema import CONNECTIONS
from wiretell.sources.capture_run import CaptureRun, Input, Progress, input_names
from wiretell.sources.kinds import Sorted, sort_inputs
from wiretell.sources.meter_options import MeterOptions

_BATCH_CELLS = 1_000_000
_NAMED = "a capture, a Zeek connection log"

if TYPE_CHECKING:
    import polars as pl

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
        inputs: Paths of captures, conn.logs, Parquet files or folders of them, or `-` for standard input.
        options: How captures are metered; of a log, `local_nets` are not asked again.

    Raises:
        InputError: if an input cannot be read or holds no connections.
    """
    return find_connections(inputs, options).frame


def scan_connections(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The same as a Polars LazyFrame; read when collected.

    Args:
        inputs: Paths of captures, conn.logs, Parquet files or folders of them.
        options: As of `read_connections`.

    Raises:
        UsageError: without an input, or for what is no path.
        InputError: when collected, if an input cannot be read or holds no connections.
    """
    from polars.io.plugins import register_io_source

    names = input_names(inputs, _NAMED)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(CONNECTIONS.names) if with_columns is None else with_columns
        asked = set() if predicate is None else set(predicate.meta.root_names())
        left = n_rows
        for batch in ConnectionRun(names, options, columns=[*wanted, *sorted(asked - set(wanted))]).batches():
            rows = (batch if predicate is None else batch.filter(predicate)).select(wanted)
            if left is not None:
                rows = rows.head(left)
                left -= rows.height
            yield rows
            if left == 0:
                return

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
    run = ConnectionRun(inputs, options, columns=columns, conn_version=conn_version)
    frames = list(run.batches(on_progress))

    import polars as pl  # while the run is already reading

    return Connected(pl.concat(frames, rechunk=False), run.facts, run.log_facts)


class ConnectionRun:
    """Connections in batches, so that a table need not fit into memory; facts when all were read.

    Attributes:
        facts: Of the captures; None without any, and before the end of `batches`.
        log_facts: Of the logs, likewise.
    """

    def __init__(
        self,
        inputs: Input | Sequence[Input] | Sorted,
        options: MeterOptions | None = None,
        *,
        columns: Sequence[str] | None = None,
        conn_version: int = 0,
        first: tuple[str, int] | None = None,
        bare: Sequence[str] = (),
    ) -> None:
        """Opens the inputs; captures begin to be read.

        Args:
            inputs: As of `find_connections`, and so the rest.
            options: How captures are metered.
            columns: The columns that are needed, in this order; None for all.
            conn_version: As of `zeek_log.read_connections`.
            first: As of `capture_run.CaptureRun`: of captures, the first connections of an order.
            bare: If any, the columns of connections of captures that carried nothing and of which nothing was measured:
                they come in batches of their own.

        Raises:
            InputError: if an input cannot be read.
        """
        self._found = inputs if isinstance(inputs, Sorted) else sort_inputs(input_names(inputs, _NAMED))
        self._columns = CONNECTIONS.names if columns is None else tuple(columns)
        self._rows = max(_BATCH_CELLS // max(len(self._columns), 1), 1)
        self._conn_version = conn_version
        self.facts: CaptureFacts | None = None
        self.log_facts: LogFacts | None = None
        self._captures = None
        if self._found.captures:
            self._captures = CaptureRun(
                self._found.captures,
                options,
                tables=(CONNECTIONS,),
                columns={CONNECTIONS.name: self._columns},
                pipes=self._found.pipes,
                first_connections=first,
                bare_connections=bare,
            )

    def batches(self, on_progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """The connections as they come, the first batch always, empty or not.

        Raises:
            InputError: if an input cannot be read or holds no connections.
        """
        yield empty(CONNECTIONS).select(self._columns)
        if self._captures is not None:
            yield from _coalesced(self._captures.batches(on_progress))
            self.facts = self._captures.facts()
        if self._found.logs:
            from wiretell.sources.zeek_log import read_connections as read_logs

            logs = read_logs(self._found.logs, conn_version=self._conn_version, on_progress=on_progress)
            self.log_facts = logs.facts
            for rows in logs.frame.iter_slices(self._rows):
                yield complete(rows).select(self._columns)
        for name in self._found.tables:
            yield from _table(name, self._columns, self._rows)


def _coalesced(batches: Iterator[tuple[str, pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    """The rows of each table in fewer, larger batches: what is done per batch costs less."""
    import polars as pl

    waiting: dict[str, list[pl.DataFrame]] = {}
    for name, batch in batches:
        frames = waiting.setdefault(name, [])
        frames.append(batch)
        if sum(frame.height for frame in frames) * batch.width >= _BATCH_CELLS:
            yield pl.concat(waiting.pop(name))
    for frames in waiting.values():
        yield pl.concat(frames)


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the columns and types of `schema.CONNECTIONS`; what it lacks is null and takes no room."""
    import polars as pl

    schema = polars_schema(CONNECTIONS)
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )


def _table(name: str, columns: Sequence[str], rows: int) -> Iterator[pl.DataFrame]:
    import polars as pl

    try:
        scanned = pl.scan_parquet(name)
        there = scanned.collect_schema().names()
        missing = {"ts", "orig_h", "resp_h", "proto"} - set(there)
        if missing:
            raise UsageError(
                f"{name}: no connections table: without {', '.join(sorted(missing))}",
                hint="its columns are those of docs/tables.md",
            )
        kept = scanned.select(column for column in there if column in columns)
        height = scanned.select(pl.len()).collect().item()
        for offset in range(0, height, rows):
            yield complete(kept.slice(offset, rows).collect()).select(columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{name}: {str(error).splitlines()[0]}") from error
