"""Captures as tables, in memory."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiretell.engines.polars import empty
from wiretell.errors import UsageError
from wiretell.schema import CLUSTER_COUNTS, CONNECTIONS, FLOWS, Table
from wiretell.sources.capture_run import CaptureRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from wiretell.sources.capture_run import Input, Progress
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.meter_options import MeterOptions
    from wiretell.sources.opening import Source

_FILLED = (FLOWS, CONNECTIONS)


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
        UsageError: for other tables, for columns that a table lacks, or if connections are asked for of sampled packets.
    """
    _check(tables, columns or {})
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


def _check(tables: object, columns: Mapping[str, object]) -> None:
    """Refuses what cannot be filled.

    Raises:
        UsageError: naming the tables or the columns.
    """
    if not isinstance(tables, list | tuple) or not all(table in _FILLED for table in tables):
        raise UsageError(
            f"tables must be some of schema.FLOWS and schema.CONNECTIONS, not {reprlib.repr(tables)}",
            hint="tables=(schema.FLOWS,); scan_packets and scan_events have the others",
        )
    there = {table.name: table.names for table in (*_FILLED, CLUSTER_COUNTS)}
    for name, wanted in columns.items():
        if name not in there:
            raise UsageError(f"columns of {name!r}: no such table", hint=f"one of {', '.join(there)}")
        if not isinstance(wanted, list | tuple) or not wanted or len(set(wanted)) < len(wanted):
            raise UsageError(
                f"columns must be names, each once, not {reprlib.repr(wanted)}", hint="['bytes', 'packets']"
            )
        if unknown := [column for column in wanted if column not in there[name]]:
            raise UsageError(f"{name} has no column {unknown[0]!r}", hint="its columns are those of docs/tables.md")


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
        UsageError: for columns that flows lack.
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
