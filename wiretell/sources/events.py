"""Events of captures, as rows or as counts per second; rows can pass by without being kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wiretell.engines.polars import empty, polars_schema
from wiretell.schema import EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, EVENTS, Table
from wiretell.sources.capture_run import CaptureRun
from wiretell.sources.meter_options import MeterOptions
from wiretell.sources.scan import scan_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from wiretell.sources.capture_run import Input, Progress
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.opening import Source

ToRows = Callable[["pl.DataFrame"], None]
"""Takes events as they come, in the order in which they were raised."""
_FOLD_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Raised:
    """What raising the events of captures yields.

    Attributes:
        frame: The columns of `schema.EVENTS` or of `schema.EVENT_COUNTS`.
        facts: The facts of the captures.
        hosts: The columns of `schema.EVENT_HOSTS`.
        connections: The columns of `schema.EVENT_CONNECTIONS`.
    """

    frame: pl.DataFrame
    facts: CaptureFacts
    hosts: pl.DataFrame
    connections: pl.DataFrame


def meter_events(
    inputs: Input | Sequence[Input],
    options: MeterOptions | None = None,
    *,
    rows: bool = False,
    args: bool = False,
    to_rows: ToRows | None = None,
    pipes: Mapping[str, Source] | None = None,
    on_progress: Progress | None = None,
    meanwhile: Callable[[], None] | None = None,
    first_hosts: int | None = None,
    ordered: bool = True,
) -> Raised:
    """Raises the events of captures. Ctrl-C ends the run; what was read so far is returned, `facts.interrupted` set.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input; several are read in order of time.
        options: How to meter.
        rows: A row for each event, all in memory; else counts per second, name and protocol, which stay small.
        args: Whether rows have their arguments as JSON.
        to_rows: Takes the rows as they come, from one thread that raises them in order; the result has counts.
        pipes: By name, the pipes among the inputs that were already read from.
        on_progress: Called about ten times a second.
        meanwhile: Called once reading has begun.
        first_hosts: As of `capture.CaptureRun`.
        ordered: Whether counts are one row for each second, name and protocol, in order; else several rows can be of the
            same, and names are categories: enough for what adds them up, and cheaper.

    Raises:
        InputError: if an input cannot be read or is no capture.
        UsageError: for sampled packets.
    """
    options = MeterOptions.or_usual(options)
    columns = [name for name in EVENTS.names if args or name != "args"]
    tables: list[Table] = [EVENT_HOSTS, EVENT_CONNECTIONS]
    if rows or to_rows is not None:
        tables.append(EVENTS)
    if not rows:
        tables.append(EVENT_COUNTS)
    if to_rows is not None:
        options = replace(options, threads=1)
    run = CaptureRun(
        inputs, options, tables=tables, columns={EVENTS.name: columns}, pipes=pipes, first_hosts=first_hosts
    )

    import polars as pl  # while the run is already reading

    if meanwhile is not None:
        meanwhile()
    kept = {table.name: [empty(table)] for table in tables if table is not EVENT_COUNTS}
    kept[EVENTS.name] = [empty(EVENTS).select(columns)]
    counts = Counts()
    for name, frame in run.batches(on_progress):
        if name == EVENT_COUNTS.name:
            counts.add(frame)
        elif name == EVENTS.name and to_rows is not None:
            to_rows(frame)
        else:
            kept[name].append(frame)
    whole = {name: pl.concat(frames, rechunk=False) for name, frames in kept.items()}
    frame = whole[EVENTS.name] if rows else counts.frame() if ordered else counts.rows()
    return Raised(frame, run.facts(), whole[EVENT_HOSTS.name], whole[EVENT_CONNECTIONS.name])


@dataclass(slots=True)
class Counts:
    """Adds up `event_counts` as they come, so that rows of the same second, name and protocol are one."""

    _frames: list[pl.DataFrame] = field(default_factory=list)
    _height: int = 0
    _limit: int = _FOLD_ROWS

    def add(self, frame: pl.DataFrame) -> None:
        """Takes rows."""
        import polars as pl

        # Names as numbers: a day has millions of rows, and some hundred names.
        self._frames.append(frame.with_columns(pl.col("name", "protocol").cast(pl.Categorical)))
        self._height += frame.height
        if self._height > self._limit:
            self._fold()
            self._limit = 2 * max(self._height, _FOLD_ROWS // 2)

    def rows(self) -> pl.DataFrame:
        """The columns of `schema.EVENT_COUNTS` with names as categories; several rows can be of the same."""
        import polars as pl

        return pl.concat(self._frames, rechunk=False) if self._frames else empty(EVENT_COUNTS)

    def frame(self) -> pl.DataFrame:
        """The columns of `schema.EVENT_COUNTS`, in order of time and names."""
        import polars as pl

        if not self._frames:
            return empty(EVENT_COUNTS)
        self._fold()
        return self._frames[0].cast(pl.Schema(polars_schema(EVENT_COUNTS))).sort("second", "name", "protocol")

    def _fold(self) -> None:
        import polars as pl

        whole = pl.concat(self._frames).group_by("second", "name", "protocol").agg(pl.col("events", "bytes").sum())
        self._frames, self._height = [whole], whole.height


def read_event_counts(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.DataFrame:
    """How many events each second of captures has, by name and protocol: the columns of `schema.EVENT_COUNTS`.

    Args:
        inputs: Paths of captures or folders of them, or `-` for standard input.
        options: How to meter.

    Raises:
        InputError: if an input cannot be read or is no capture.
    """
    return meter_events(inputs, options).frame


def scan_events(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The events of captures as a Polars LazyFrame; arguments are made only if the column `args` is used.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, EVENTS, frozenset())
