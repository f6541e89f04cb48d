"""The profile of an input on one screen, most important first, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.reports import behavior_json, profile_findings, quality_text, summary_json, summary_text
from wiretell.reports.blocks import NOTE, TITLE, WARNING
from wiretell.reports.events_text import WorkloadReport
from wiretell.reports.numbers import count, duration, exact, in_zone, many, share, volume
from wiretell.reports.profile_result import ProfileResult

EVENT_KINDS: Final = 5
BURSTS: Final = 2
FILES_NAMED: Final = 2
LONGEST_NAMED: Final = 60
"""Inputs whose names together are longer are not named again."""


def blocks(result: ProfileResult, width: int, inputs: str = "INPUT") -> Iterator[RenderableType]:
    """The blocks as they are printed.

    Args:
        result: What to tell.
        width: Columns of the terminal.
        inputs: The inputs as the user would name them again.
    """
    yield from summary_text.facts(result.summary, width, FILES_NAMED)
    if result.beside:
        yield Group(
            *(
                Text(f"Beside it, only counted: {name}: {what}, {many(lines, 'line')}", style=NOTE)
                for name, what, lines in result.beside
            )
        )
    if result.behavior is not None:
        yield profile_findings.block(result.behavior, width)
        yield profile_findings.who_block(result.behavior, width)
    yield summary_text.total_block(result.summary, width)
    if result.summary.options.local:
        yield summary_text.networks_block(result.summary, width)
    if result.quality is not None:
        yield quality_text.brief(result.quality, width)
    if result.workload is not None:
        yield events_block(result.workload, result.summary.zone)
    yield from summary_text.interrupted(result.summary)
    yield closing(result, inputs)


def at_most(result: ProfileResult, top: int) -> ProfileResult:
    """The same with so many rows of each breakdown."""
    rows = [row for row in result.summary.rows if row["breakdown"] == "total" or row["rank"] <= top]
    return replace(result, summary=replace(result.summary, rows=rows))


def events_block(report: WorkloadReport, zone: tzinfo = UTC) -> RenderableType:
    """The event workload: how many, how fast, of what kind, and when there were unusually many."""
    load = report.workload
    if not load.events.total:
        return Text.assemble(("Events", TITLE), ("  none", NOTE))
    head = Text.assemble(("Events", TITLE), ("  what a monitor such as Zeek would have to handle", NOTE))
    parts = [many(load.events.total, "event"), f"{volume(load.bytes.total)}"]
    if report.events_per_packet is not None:
        parts.append(f"{report.events_per_packet:.2f} per packet")
    rate = load.events
    parts.append(f"per second: median {count(rate.percentiles[50]).strip()}, 95% {count(rate.percentiles[95]).strip()}")
    parts[-1] += f", peak {count(rate.peak).strip()}"
    kinds = report.shares["name"].rows[:EVENT_KINDS]
    mostly = ", ".join(f"{name} {share(events / load.events.total)}" for name, events, _ in kinds)
    lines: list[RenderableType] = [head, Text(" · ".join(parts)), Text(f"mostly {mostly}")]
    if load.bursts:
        told = "; ".join(
            f"{in_zone(datetime.fromtimestamp(burst.start, UTC), zone):%H:%M:%S} for {duration(burst.seconds)}, "
            f"{exact(burst.excess)} more than usual" + (f", mostly {burst.causes[0][0]}" if burst.causes else "")
            for burst in load.bursts[:BURSTS]
        )
        lines.append(Text(f"{many(len(load.bursts), 'burst')}: {told}"))
    return Group(*lines)


def closing(result: ProfileResult, inputs: str) -> RenderableType:
    """What the input could not give, and the commands that tell more."""
    lines: list[RenderableType] = [Text(f"! {line}", style=WARNING) for line in result.missing]
    # What came through a pipe is gone.
    inputs = inputs if len(inputs) <= LONGEST_NAMED and inputs != "-" else "INPUT"
    commands = [name for name, there in _details(result) if there]
    more = (
        f"More: wiretell {' | '.join(commands)} {inputs}; as a page to explore: wiretell profile {inputs} --html FILE"
    )
    return Group(*lines, Text(more, style=NOTE))


def _details(result: ProfileResult) -> list[tuple[str, bool]]:
    connected, metered = result.quality is not None, result.summary.facts is not None
    return [
        ("behavior", result.behavior is not None),
        ("summary", True),
        ("connections", connected),
        ("endpoints", connected),
        ("events", metered),
    ]


def document(result: ProfileResult, events: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same and all behind it as a JSON document: one key per block; what the input cannot give is null.

    Args:
        result: What to tell.
        events: The document of the event workload.
    """
    behavior = None
    if result.behavior is not None:
        behavior = behavior_json.document(result.behavior) | {
            "window_seconds": result.window_seconds,
            "clusters": behavior_json.rows_document(result.clusters.to_dicts()),
        }
    return {
        "summary": summary_json.document(result.summary),
        "behavior": behavior,
        "connections": None if result.quality is None else quality_text.document(result.quality),
        "events": events,
        "beside": [{"name": name, "what": what, "entries": lines} for name, what, lines in result.beside],
        "missing": result.missing,
    }
