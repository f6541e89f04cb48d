"""The event workload: what the traffic means in events, how many, how large, when, and of what kind (seed 000).

Every function reads either table: `events` (a row for each) or `event_counts` (per second, name and protocol).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

PERCENTILES = (5, 25, 50, 75, 95, 99)
BURST_SIGMAS = 3.0
"""A second is in a burst when its events exceed the mean by so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How a quantity per second is distributed over the seconds from the first to the last event, empty ones included.

    Attributes:
        total: The sum over all seconds.
        seconds: How many seconds there are.
        mean: Per second.
        sigma: Standard deviation over the seconds, of the population.
        peak: The largest second.
        percentiles: By percent, by linear interpolation; 50 is the median.
    """

    total: int
    seconds: int
    mean: float
    sigma: float
    peak: int
    percentiles: dict[int, float]


@dataclass(frozen=True, slots=True)
class Burst:
    """A run of seconds with unusually many events.

    Attributes:
        start: Its first second, since 1970 UTC.
        seconds: How long it is.
        events: How many events it has.
        excess: How many more than as many average seconds.
        causes: The kinds of events that exceed their own average most, with by how many.
    """

    start: int
    seconds: int
    events: int
    excess: float
    causes: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """What the events of a trace amount to.

    Attributes:
        events: Events per second.
        bytes: Bytes of events per second.
        timeline: `(second, events, bytes)` without gaps.
        bursts: Bursts, the largest excess first.
    """

    events: Rate
    bytes: Rate
    timeline: tuple[tuple[int, int, int], ...]
    bursts: tuple[Burst, ...]

    @property
    def bytes_per_event(self) -> float:
        """Mean size of an event; 0 without events."""
        return self.bytes.total / self.events.total if self.events.total else 0.0


def per_second(frame: IntoFrame) -> Any:
    """Events and bytes by second and name, of either table, as a frame of the same engine.

    Args:
        frame: The columns `ts, name, protocol, size` of events, or `second, name, protocol, events, bytes`.

    Returns:
        Columns `second` (integer, since 1970 UTC), `name`, `protocol`, `events`, `bytes`.
    """
    table = nw.from_native(frame)
    names = table.collect_schema().names()
    time = nw.col("second" if "second" in names else "ts")
    seconds = (time.dt.timestamp("us") // 1_000_000).alias("second")
    if "second" in names:
        table = table.select(seconds, "name", "protocol", "events", "bytes")
        sums = nw.col("events", "bytes").sum()
    else:
        table = table.select(seconds, "name", "protocol", nw.lit(1).cast(nw.Int64).alias("events"), bytes="size")
        sums = nw.col("events", "bytes").sum()
    return nw.to_native(table.group_by("second", "name", "protocol").agg(sums))


def shares(frame: IntoFrame, by: str) -> list[tuple[str, int, int]]:
    """Events and bytes by one column, the most events first.

    Args:
        frame: Either table.
        by: `name` or `protocol`; of events also `uid`, `orig_h`, `resp_h`.

    Returns:
        `(value, events, bytes)`; events without a value are left out.
    """
    table = nw.from_native(frame)
    if "size" in table.collect_schema().names():
        table = table.with_columns(nw.lit(1).cast(nw.Int64).alias("events"), bytes="size")
    grouped = table.filter(~nw.col(by).is_null()).group_by(by).agg(nw.col("events", "bytes").sum())
    rows = _collected(grouped).select(by, "events", "bytes").rows()
    return sorted(((str(value), int(n), int(size)) for value, n, size in rows), key=lambda row: (-row[1], row[0]))


def workload(frame: IntoFrame) -> Workload:
    """What the events of either table amount to."""
    rows = _collected(nw.from_native(per_second(frame))).select("second", "name", "events", "bytes").rows()
    totals: dict[int, list[int]] = {}
    kinds: dict[str, dict[int, int]] = {}
    for second, name, events, size in rows:
        total = totals.setdefault(int(second), [0, 0])
        total[0] += int(events)
        total[1] += int(size)
        kind = kinds.setdefault(str(name), {})
        kind[int(second)] = kind.get(int(second), 0) + int(events)
    if not totals:
        empty = Rate(0, 0, 0.0, 0.0, 0, dict.fromkeys(PERCENTILES, 0.0))
        return Workload(empty, empty, (), ())
    events, sizes = _rate(totals, 0), _rate(totals, 1)
    timeline = tuple((second, values[0], values[1]) for second, values in sorted(totals.items()))
    return Workload(events, sizes, timeline, _bursts(timeline, events, kinds))


def _rate(totals: dict[int, list[int]], at: int) -> Rate:
    values = sorted(values[at] for values in totals.values())
    seconds = max(totals) - min(totals) + 1
    silent = seconds - len(values)
    total = sum(values)
    mean = total / seconds
    sigma = max(sum(value * value for value in values) / seconds - mean * mean, 0.0) ** 0.5

    def value(rank: int) -> int:
        return values[rank - silent] if rank >= silent else 0

    percentiles = {}
    for percent in PERCENTILES:
        place = (seconds - 1) * percent / 100
        low = int(place)
        high = min(low + 1, seconds - 1)
        percentiles[percent] = value(low) + (value(high) - value(low)) * (place - low)
    return Rate(total, seconds, mean, sigma, values[-1], percentiles)


def _bursts(
    timeline: tuple[tuple[int, int, int], ...], rate: Rate, kinds: dict[str, dict[int, int]]
) -> tuple[Burst, ...]:
    limit = rate.mean + BURST_SIGMAS * rate.sigma
    runs: list[list[tuple[int, int]]] = []
    for second, events, _ in timeline:
        if events <= limit:
            continue
        if runs and runs[-1][-1][0] == second - 1:
            runs[-1].append((second, events))
        else:
            runs.append([(second, events)])
    averages = {name: sum(counts.values()) / rate.seconds for name, counts in kinds.items()}
    bursts = []
    for run in runs:
        events = sum(count for _, count in run)
        seconds = [second for second, _ in run]
        excess = {
            name: sum(counts.get(second, 0) for second in seconds) - averages[name] * len(run)
            for name, counts in kinds.items()
        }
        causes = sorted(((name, by) for name, by in excess.items() if by > 0), key=lambda cause: -cause[1])[:3]
        bursts.append(Burst(run[0][0], len(run), events, events - rate.mean * len(run), tuple(causes)))
    return tuple(sorted(bursts, key=lambda burst: -burst.excess))


def _collected(frame: Any) -> Any:
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
