"""The event workload as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from wiretell.reports.console import write_block

if TYPE_CHECKING:
    from rich.console import Console

    from wiretell.analyses.workload import Rate, Workload
    from wiretell.sources.facts import CaptureFacts

_TITLES = {"name": "event", "protocol": "protocol", "orig_h": "originator", "resp_h": "responder", "uid": "connection"}


@dataclass(frozen=True, slots=True)
class WorkloadReport:
    """What `wiretell events` tells.

    Attributes:
        workload: Rates and bursts.
        shares: By column `(value, events, bytes)`, the most events first.
        facts: The facts of the captures; None if the events are from elsewhere.
    """

    workload: Workload
    shares: dict[str, list[tuple[str, int, int]]]
    facts: CaptureFacts | None

    @property
    def events_per_packet(self) -> float | None:
        """Events per packet that belongs to a connection; None if there is none."""
        tracked = self.facts.connections if self.facts else None
        packets = tracked.packets if tracked else 0
        return self.workload.events.total / packets if packets else None


def write(report: WorkloadReport, console: Console, *, top: int) -> None:
    """Writes the report; `top` rows of each breakdown, 0 for all."""
    write_block(console, _head(report), first=True)
    write_block(console, _rates(report.workload))
    for by, rows in report.shares.items():
        if rows:
            write_block(console, _shares(by, rows, top))
    if report.workload.bursts:
        write_block(console, _bursts(report.workload, top))


def _head(report: WorkloadReport) -> Text:
    load, facts = report.workload, report.facts.events if report.facts else None
    lines = [f"{load.events.total:,} events, {load.bytes.total:,} bytes, in {load.events.seconds:,} s"]
    per_packet = report.events_per_packet
    if per_packet is not None:
        lines.append(f"{per_packet:.2f} events per packet, {load.bytes_per_event:,.0f} bytes per event")
    if facts is not None and (facts.violations or facts.given_up):
        lines.append(
            f"{facts.violations:,} connections broke their protocol, {facts.given_up:,} streams were given up for room"
        )
    return Text("\n".join(lines))


def _rates(load: Workload) -> Table:
    table = _table("per second", "median", "mean", "sigma", "p95", "p99", "peak")

    def row(name: str, rate: Rate) -> None:
        values = (rate.percentiles[50], rate.mean, rate.sigma, rate.percentiles[95], rate.percentiles[99], rate.peak)
        table.add_row(name, *(f"{value:,.1f}" for value in values))

    row("events", load.events)
    row("bytes", load.bytes)
    return table


def _shares(by: str, rows: list[tuple[str, int, int]], top: int) -> Table:
    events = sum(n for _, n, _ in rows) or 1
    size = sum(bytes_ for _, _, bytes_ in rows) or 1
    table = _table(_TITLES[by], "events", "%", "bytes", "%")
    for value, n, bytes_ in rows[: top or None]:
        table.add_row(value, f"{n:,}", f"{100 * n / events:.1f}", f"{bytes_:,}", f"{100 * bytes_ / size:.1f}")
    if top and len(rows) > top:
        rest = rows[top:]
        n, bytes_ = sum(row[1] for row in rest), sum(row[2] for row in rest)
        table.add_row(
            f"{len(rest):,} more", f"{n:,}", f"{100 * n / events:.1f}", f"{bytes_:,}", f"{100 * bytes_ / size:.1f}"
        )
    return table


def _bursts(load: Workload, top: int) -> Table:
    table = _table("burst", "seconds", "events", "above average", "by")
    table.columns[-1].justify = "left"
    for burst in load.bursts[: top or None]:
        causes = ", ".join(f"{name} +{by:,.0f}" for name, by in burst.causes)
        start = datetime.fromtimestamp(burst.start, UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(start, f"{burst.seconds:,}", f"{burst.events:,}", f"{burst.excess:,.0f}", causes)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table
