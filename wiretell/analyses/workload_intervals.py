"""The event workload by interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw

from wiretell.analyses.workload import collected, counted, sums

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


MOST_EMPTY = 100_000
"""Intervals without events that are told; with more, as after a jump of the clock, none is."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The events of one interval; it begins at a multiple of its width since 1970.

    Attributes:
        start: Seconds since 1970 UTC.
        seconds: Its width.
        events: How many events.
        bytes: Their sizes together.
        peak: Events of its largest second.
        mostly: The name of most of its events, and how many; None without any.
    """

    start: int
    seconds: int
    events: int
    bytes: int
    peak: int
    mostly: tuple[str, int] | None


def intervals(frame: IntoFrame, seconds: int) -> list[Interval]:
    """The workload of every interval from the first to the last event, empty ones included up to `MOST_EMPTY`.

    Args:
        frame: `events` or `event_counts`.
        seconds: The width of an interval, whole seconds.
    """
    table = counted(nw.from_native(frame))
    by_second = collected(sums(table, "second")).select("second", "events", "bytes").rows()
    if not by_second:
        return []
    start = (nw.col("second") // seconds * seconds).alias("start")
    names = collected(sums(table.with_columns(start), "start", "name")).select("start", "name", "events").rows()
    totals: dict[int, tuple[int, int, int]] = {}
    for second, events, size in by_second:
        at = int(second) // seconds * seconds
        n, bytes_, peak = totals.get(at, (0, 0, 0))
        totals[at] = (n + int(events), bytes_ + int(size), max(peak, int(events)))
    mostly: dict[int, tuple[str, int]] = {}
    for at, name, events in sorted(names, key=lambda row: (-row[2], row[1])):
        mostly.setdefault(int(at), (str(name), int(events)))
    every: Sequence[int] = range(min(totals), max(totals) + 1, seconds)
    if len(every) - len(totals) > MOST_EMPTY:
        every = sorted(totals)
    return [Interval(at, seconds, *totals.get(at, (0, 0, 0)), mostly.get(at)) for at in every]
