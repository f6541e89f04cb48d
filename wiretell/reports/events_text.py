"""The event workload as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.reports.blocks import NOTE, TITLE, WARNING, Cell, Listing, pairs, side_by_side
from wiretell.reports.console import write_block
from wiretell.reports.facts_text import facts_block
from wiretell.reports.numbers import count, duration, exact, many, moment, share, span, volume
from wiretell.reports.sparkline import bars, columns

if TYPE_CHECKING:
    from rich.console import Console

    from wiretell.analyses.workload import Breakdown, Burst, Cause, Talker, Workload
    from wiretell.analyses.workload_intervals import Interval
    from wiretell.analyses.workload_rates import Rate
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.log_facts import LogFacts

_TITLES = {"name": "Event", "protocol": "Protocol", "orig_h": "Originator", "resp_h": "Responder"}
_WHAT = (
    "An event is something the traffic means: a connection begins, a page is asked for, a name is looked up. "
    "Bytes are those of events with what they tell, not of packets."
)
_BURSTS, _FILES, _WARNINGS = 5, 4, 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimate of the workload is made from.

    Attributes:
        rows: Rows by log.
        services: Connections by a service of which no log tells what was said.
        facts: By log what was read.
    """

    rows: dict[str, int]
    services: dict[str, int]
    facts: dict[str, LogFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkloadReport:
    """What `wiretell events` tells.

    Attributes:
        workload: Rates and bursts.
        shares: Events by column, at least one row more of each than is shown.
        facts: The facts of the captures; None if the events are from elsewhere.
        by_events: Connections with the most events.
        by_bytes: Connections with the most bytes of events.
        intervals: The workload by interval, where it was asked for.
        estimate: What was estimated from, where the events are not counted but estimated.
    """

    workload: Workload
    shares: dict[str, Breakdown]
    facts: CaptureFacts | None = None
    by_events: Sequence[Talker] = ()
    by_bytes: Sequence[Talker] = ()
    intervals: Sequence[Interval] = ()
    estimate: Estimate | None = None

    @property
    def events_per_packet(self) -> float | None:
        """Events per packet that belongs to a connection; None if there is none."""
        tracked = self.facts.connections if self.facts else None
        packets = tracked.packets if tracked else 0
        return self.workload.events.total / packets if packets else None


def write(report: WorkloadReport, console: Console, *, top: int, zone: tzinfo = UTC) -> None:
    """Writes the report with `top` rows of each breakdown."""
    for place, block in enumerate(blocks(report, console.width, top=top, zone=zone)):
        write_block(console, block, first=place == 0)


def blocks(report: WorkloadReport, width: int, *, top: int, zone: tzinfo = UTC) -> Iterator[RenderableType]:
    """The blocks of the report in order."""
    if report.facts is not None and report.facts.files:
        yield facts_block(report.facts, width, zone)
    if report.estimate is not None:
        yield _logs(report.estimate, width)
    yield _head(report, width, zone)
    if report.workload.events.total:
        yield side_by_side([_rates(report.workload)], width)
        yield from _bursts(report.workload, width, zone)
        for by in ("name", "protocol", "orig_h", "resp_h"):
            if top and by in report.shares and report.shares[by].rows:
                yield side_by_side([_shares(by, report.shares[by], top)], width)
        if top and report.by_events:
            yield side_by_side([_talkers(report, top)], width)
        if report.intervals:
            yield side_by_side([_intervals(report.intervals, zone)], width)
    if report.facts is not None and report.facts.interrupted:
        yield Text("! interrupted: this is of what was read so far", style=WARNING)


def _logs(estimate: Estimate, width: int) -> RenderableType:
    rows, warnings = list[tuple[str, str]](), list[str]()
    for name, facts in estimate.facts.items():
        for file in facts.files[:_FILES]:
            form = file.format + (f" in {file.compression}" if file.compression else "")
            rows.append((name, f"{file.name}: {form}, {many(file.rows, 'row')}"))
            warnings += [f"{file.name}: {text}" for text in file.warnings]
        if len(facts.files) > _FILES:
            rows.append((name, f"{many(len(facts.files) - _FILES, 'more file')}, {many(facts.rows, 'row')} in all"))
        for kind, fault in [*facts.bad.items(), *facts.altered.items()]:
            warnings.append(f"{kind}: {exact(fault.count)}, the first at {fault.file}:{fault.line}")
    shown = [Text(f"! {text}", style=WARNING) for text in warnings[:_WARNINGS]]
    if len(warnings) > _WARNINGS:
        shown.append(Text(f"! {exact(len(warnings) - _WARNINGS)} more warnings", style=NOTE))
    return Group(Text("Logs", style=TITLE), pairs(rows, width), *shown)


def _head(report: WorkloadReport, width: int, zone: tzinfo) -> RenderableType:
    load = report.workload
    lines = []
    estimate = report.estimate
    if not load.events.total:
        return Group(Text("Events", style=TITLE), Text("no events"))
    start = load.timeline[0][0]
    seconds = load.events.seconds
    when = f"{span(start * 1_000_000, (start + seconds) * 1_000_000, zone)} · {duration(seconds)}"
    parts = [many(load.events.total, "event"), volume(load.bytes.total)]
    if report.events_per_packet is not None:
        parts.append(f"{report.events_per_packet:.2f} per packet")
    parts.append(f"{exact(load.bytes_per_event)} bytes each")
    lines += [Text(when), Text(("about " if estimate else "") + " · ".join(parts))]
    peak = f"  peak {exact(load.events.peak)} events/s"
    # Every bar has the same number of seconds: else an even rate would look uneven.
    step = -(-seconds // max(width - len(peak), 1))
    across = -(-seconds // step)
    heights = columns([(second, events) for second, events, _ in load.timeline], start, start + step * across, across)
    lines.append(Text(bars(heights) + peak))
    told = report.facts.events if report.facts else None
    if told is not None and told.violations:
        was = "was" if told.violations == 1 else "were"
        lines.append(Text(f"! {many(told.violations, 'connection')} broke the protocol and {was} read no further"))
    if told is not None and told.given_up:
        lines.append(
            Text(f"! {many(told.given_up, 'stream')} given up: more would have had to be held than there is room")
        )
    title = Text("Events", style=TITLE)
    if estimate is not None:
        logs = ", ".join(f"{name} {exact(rows)}" for name, rows in estimate.rows.items())
        title = Text("Events, estimated", style=TITLE)
        lines.append(
            Text(f"! estimated from rows of logs ({logs}), not counted: what logs do not tell is as usual", WARNING)
        )
        if estimate.services:
            untold = ", ".join(f"{name} {exact(rows)}" for name, rows in list(estimate.services.items())[:6])
            lines.append(Text(f"! without what was said in connections of {untold}: no log here tells it", WARNING))
    lines.append(Text(_WHAT, style=NOTE))
    return Group(title, *lines)


def _rates(load: Workload) -> Listing:
    head = ["median", "mean", "sigma", "5%", "95%", "99%", "peak"]
    rows = [[Cell("", NOTE), *(Cell(name, NOTE, right=True) for name in head)]]

    def values(rate: Rate) -> list[float]:
        cut = rate.percentiles
        return [cut[50], rate.mean, rate.sigma, cut[5], cut[95], cut[99], float(rate.peak)]

    rows.append([Cell("events"), *(Cell(_rate(value), right=True) for value in values(load.events))])
    rows.append([Cell("bytes"), *(Cell(volume(value), right=True) for value in values(load.bytes))])
    return Listing("Per second", rows)


def _rate(value: float) -> str:
    return count(value).strip() if value >= 100 or value == round(value) else f"{value:.1f}"


def _shares(by: str, found: Breakdown, top: int) -> Listing:
    events, size = found.events or 1, found.bytes or 1
    shown = found.rows if found.values == top + 1 else found.rows[:top]
    if rest := found.values - len(shown):
        told, told_bytes = sum(row[1] for row in shown), sum(row[2] for row in shown)
        shown = [*shown, (f"{exact(rest)} more", found.events - told, found.bytes - told_bytes)]
    cells = [_column_names("", "events", "", "bytes", "")]
    for what, n, bytes_ in shown:
        amounts = (count(n), share(n / events), volume(bytes_), share(bytes_ / size))
        cells.append([Cell(what), *(Cell(text, right=True) for text in amounts)])
    return Listing(_TITLES.get(by, by), cells)


def _talkers(report: WorkloadReport, top: int) -> Listing:
    load = report.workload
    shown = list(report.by_events[:top])
    known = {talker.uid for talker in shown}
    # What is heavy by bytes only is not to be missed.
    shown += [talker for talker in report.by_bytes[: max(3, top // 3)] if talker.uid not in known]
    cells = [_column_names("", "protocol", "events", "", "bytes", "")]
    cells[0][1] = Cell("protocol", NOTE)
    for talker in shown:
        amounts = (
            count(talker.events),
            share(talker.events / (load.events.total or 1)),
            volume(talker.bytes),
            share(talker.bytes / (load.bytes.total or 1)),
        )
        cells.append([Cell(talker.connection), Cell(talker.protocol), *(Cell(text, right=True) for text in amounts)])
    return Listing("Heaviest connections", cells)


def _intervals(intervals: Sequence[Interval], zone: tzinfo) -> Listing:
    cells = [_column_names("", "events", "bytes", "mean/s", "peak/s", "mostly")]
    cells[0][-1] = Cell("mostly", NOTE)
    for interval in intervals:
        amounts = (
            exact(interval.events),
            volume(interval.bytes),
            _rate(interval.events / interval.seconds),
            exact(interval.peak),
        )
        mostly = f"{interval.mostly[0]} {share(interval.mostly[1] / interval.events)}" if interval.mostly else ""
        start = moment(interval.start * 1_000_000, zone)[:19]
        cells.append([Cell(start), *(Cell(text, right=True) for text in amounts), Cell(mostly)])
    return Listing("Intervals", cells)


def _bursts(load: Workload, width: int, zone: tzinfo) -> Iterator[RenderableType]:
    for place, burst in enumerate(load.bursts[:_BURSTS]):
        times = burst.events / burst.seconds / load.events.mean
        when = moment(burst.start * 1_000_000, zone)
        head = f"{when}, {duration(burst.seconds)}: {many(burst.events, 'event')}, {times:.1f} times the mean"
        parts: list[RenderableType] = []
        if not place:
            text = "Bursts: seconds that exceed the mean by three sigma, and what stands out in them"
            parts += [Text("Bursts", style=TITLE), Text(text.removeprefix("Bursts: "), style=NOTE)]
        yield Group(*parts, Text(head), pairs(_causes(burst), width))
    if len(load.bursts) > _BURSTS:
        yield Text(f"{exact(len(load.bursts) - _BURSTS)} more bursts", style=NOTE)


def _causes(burst: Burst) -> list[tuple[str, str]]:
    kinds: list[tuple[str, tuple[Cause, ...]]] = [
        ("events", burst.causes),
        ("protocols", burst.protocols),
        ("originators", burst.originators),
        ("responders", burst.responders),
        ("connections", burst.connections),
    ]
    rows = []
    for name, causes in kinds:
        # What adds less than a twentieth explains nothing.
        told = [f"{what} +{exact(by)}" for what, by in causes if by >= burst.excess / 20]
        if told:
            rows.append((f"  {name}", ", ".join(told)))
    return rows


def _column_names(first: str, *others: str) -> list[Cell]:
    return [Cell(first, NOTE), *(Cell(name, NOTE, right=True) for name in others)]
