"""A behavior report as text: what deserves a look first, then who does what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wiretell.reports.behavior_lists import SECTIONS, Line, Section, lines
from wiretell.reports.behavior_result import SEVERITIES, BehaviorReport, silent_dimensions
from wiretell.reports.behavior_stories import Story, stories
from wiretell.reports.blocks import KEY, NOTE, TITLE, WARNING
from wiretell.reports.facts_text import facts_block
from wiretell.reports.log_facts_text import log_facts_block
from wiretell.reports.numbers import many, window_start
from wiretell.reports.thinned import sentence

_WORDS: Final = {"src_ip": "source address", "dst_ip": "destination address", "src_port": "source port"} | {
    "dst_port": "destination port"
}

LEGEND: Final = "⟨source port, destination port, other host⟩: what these flows share; * is any"

NAMED: Final = 5
"""Members of a story that are named; the others are counted."""


def blocks(report: BehaviorReport, width: int, top: int) -> Iterator[RenderableType]:
    """The blocks of the report in order: findings, who does what, and last what was read.

    Args:
        report: What to tell.
        width: Columns of the terminal.
        top: Rows of each list.
    """
    if not report.windows:
        yield Text("No flows, so nobody behaves in any way.", style=WARNING)
        yield from _read(report, width)
        return
    first, last = (window_start(report.windows[at], report.zone, named=True) for at in (0, -1))
    if first.split()[-1] == last.split()[-1] and first != last:
        first = first.rpartition(" ")[0]
    span = first if first == last else f"{first} to {last}"
    yield Text(f"{many(report.flows, 'flow')} in {many(len(report.windows), 'window')}, {span}", style=NOTE)
    for window in report.thinned:
        yield Text(sentence(window, report.zone), style=WARNING)
    yield findings_block(report, top)
    for section in SECTIONS:
        found = lines(report, section)
        if found:
            yield _listing(section, found, top)
    silent = {row["dimension"] for row in silent_dimensions(report)}
    if silent:
        names = " or ".join(_WORDS[name] for name in _WORDS if name in silent)
        note = f"In some windows no {names} stands out by entropy; what is listed has at least 2 % of the flows."
        yield Text(note, style=NOTE)
    yield from _read(report, width)


def _read(report: BehaviorReport, width: int) -> Iterator[RenderableType]:
    if report.facts is not None:
        yield facts_block(report.facts, width, report.zone)
    if report.log_facts is not None:
        yield log_facts_block(report.log_facts, width)


def findings_block(report: BehaviorReport, top: int) -> RenderableType:
    """The findings, those that belong together told once, most important first."""
    told = stories(report)
    if not told:
        return Text("Findings: nothing unusual", style=TITLE)
    shown = told[:top]
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for story in shown:
        style = WARNING if story.severity == max(SEVERITIES) else KEY
        table.add_row(Text(SEVERITIES[story.severity], style=style), _told(story, report))
    single = len(report.findings)
    title = f"Findings ({len(told):,}" + (f", from {single:,} single ones)" if single > len(told) else ")")
    parts: list[RenderableType] = [Text(title, style=TITLE), table]
    if any("⟨" in story.headline and not story.headline.startswith("port ") for story in shown):
        parts.append(Text(LEGEND, style=NOTE))
    return Group(*parts, *_more(len(told) - len(shown)))


def trends_block(report: BehaviorReport, top: int) -> RenderableType:
    """The behavior classes over the windows: popularity, average size, volatility."""
    table = Table(box=None, pad_edge=False, title="Behavior classes over time", title_justify="left", title_style=TITLE)
    for name in ("dimension", "class", "in windows", "clusters per window", "volatility"):
        table.add_column(name, justify="left" if name == "dimension" else "right")
    seen: dict[str, int] = {}
    for row in report.trends:
        seen[row["dimension"]] = seen.get(row["dimension"], 0) + 1
        if seen[row["dimension"]] <= top:
            popularity = f"{row['popularity']:.0%}"
            size, volatility = f"{row['average_size']:.1f}", f"{row['volatility']:.2f}"
            table.add_row(row["dimension"], str(row["behavior_class"]), popularity, size, volatility)
    return table


def _told(story: Story, report: BehaviorReport) -> Text:
    """The headline, who else is part of it, and when, a line each."""
    text = Text(story.headline[:1].upper() + story.headline[1:] if story.headline.startswith("no ") else story.headline)
    if story.others:
        named = ", ".join(story.others[:NAMED])
        rest = len(story.others) - NAMED
        text.append(f"\n{named}" + (f" and {rest:,} more" if rest > 0 else ""), style=NOTE)
    windows = len(report.windows)
    if windows > 1 or story.since < story.windows[0]:
        seen = f", seen in {len(story.windows):,} of {many(windows, 'window')}" if windows > 1 else ""
        text.append(f"\nsince {window_start(story.since, report.zone)}{seen}", style=NOTE)
    return text


def _listing(section: Section, found: Sequence[Line], top: int) -> RenderableType:
    shown = found[:top]
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    columns = section.columns[: len(shown[0].numbers)] if shown else ()
    for _ in columns:
        table.add_column(justify="right", no_wrap=True)
    names = [Text(name, style=NOTE) for name in columns]
    table.add_row(Text(f"{section.title} ({len(found):,})", style=TITLE), "", *names)
    for line in shown:
        table.add_row(line.key, line.what, *line.numbers)
    return Group(table, *_more(len(found) - len(shown)))


def _more(number: int) -> list[RenderableType]:
    return [Text(f"and {number:,} more", style=NOTE)] if number > 0 else []
