"""Events of captures, as rows or as counts per second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiretell.engines.polars import empty
from wiretell.schema import EVENT_COUNTS, EVENTS
from wiretell.sources.capture import CaptureRun, scan_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from wiretell.sources.capture import Input, MeterOptions, Progress
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.opening import Source


@dataclass(frozen=True, slots=True)
class Raised:
    """What raising the events of captures yields.

    Attributes:
        frame: The columns of `schema.EVENTS` or of `schema.EVENT_COUNTS`.
        facts: The facts of the captures.
    """

    frame: pl.DataFrame
    facts: CaptureFacts


def meter_events(
    inputs: Input | Sequence[Input],
    options: MeterOptions | None = None,
    *,
    rows: bool = False,
    args: bool = False,
    pipes: Mapping[str, Source] | None = None,
    on_progress: Progress | None = None,
) -> Raised:
    """Raises the events of captures.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input; several are read in order of time.
        options: How to meter.
        rows: A row for each event; else counts per second, name and protocol, which stay small.
        args: Whether rows have their arguments as JSON.
        pipes: By name, the pipes among the inputs that were already read from.
        on_progress: Called about ten times a second.

    Raises:
        InputError: if an input cannot be read or is no capture.
        UsageError: for sampled packets.
    """
    import polars as pl

    table = EVENTS if rows else EVENT_COUNTS
    columns = [name for name in table.names if args or name != "args"]
    run = CaptureRun(inputs, options, tables=(table,), columns={table.name: columns}, pipes=pipes)
    frames = [empty(table).select(columns), *(frame for _, frame in run.batches(on_progress))]
    return Raised(pl.concat(frames, rechunk=False), run.facts())


def scan_events(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The events of captures as a Polars LazyFrame; arguments are made only if the column `args` is used.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, EVENTS, frozenset())
