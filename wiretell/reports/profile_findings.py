"""Findings and behavior in a few lines of the profile's screen."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wiretell.reports.behavior_lists import SECTIONS, Line, Section, lines
from wiretell.reports.behavior_result import SEVERITIES, BehaviorReport
from wiretell.reports.behavior_stories import Story, stories
from wiretell.reports.blocks import KEY, NOTE, TITLE, WARNING
from wiretell.reports.numbers import clock, in_zone, many, window_start

TOLD: Final = 8
"""Findings on the screen."""

NAMED: Final = 3
"""Hosts or ports that a line names."""

_WORDS: Final = {3: "to act on", 2: "to look at", 1: "to know"}


def block(report: BehaviorReport, width: int) -> RenderableType:
    """The findings that weigh most, one line each where it fits."""
    told = stories(report)
    if not told:
        return Text.assemble(("Findings", TITLE), "  nothing unusual")
    numbers = [(sum(story.severity == severity for story in told), words) for severity, words in _WORDS.items()]
    heading = Text.assemble(
        ("Findings", TITLE), (f"  {', '.join(f'{number} {words}' for number, words in numbers if number)}", NOTE)
    )
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=max(width - 6, 20))
    for story in told[:TOLD]:
        style = WARNING if story.severity == max(SEVERITIES) else KEY
        table.add_row(Text(SEVERITIES[story.severity], style=style), _told(story, report))
    rest = len(told) - TOLD
    more = [Text(f"and {rest:,} more: wiretell behavior", style=NOTE)] if rest > 0 else []
    return Group(heading, table, *more)


def who_block(report: BehaviorReport, width: int) -> RenderableType:
    """Who does what, a line per kind of habit."""
    windows = many(len(report.windows), "window")
    heading = Text.assemble(("Who does what", TITLE), (f"  in {many(report.flows, 'flow')}, {windows}", NOTE))
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold", max_width=max(width - 24, 20))
    for section in SECTIONS:
        found = lines(report, section)
        if found:
            named = ", ".join(_named(line, section) for line in found[:NAMED])
            table.add_row(
                Text(section.title, style=NOTE), f"{len(found):,}", named + (", …" if len(found) > NAMED else "")
            )
    nobody = "nobody stands out but those above" if report.findings else "nobody stands out"
    return Group(heading, table) if table.row_count else Group(heading, Text(nobody, style=NOTE))


def _told(story: Story, report: BehaviorReport) -> Text:
    text, windows = Text(plain(story.headline)), report.windows
    if story.others:
        named = ", ".join(story.others[:NAMED])
        rest = len(story.others) - NAMED
        text.append(f" ({named}{f' and {rest:,} more' if rest > 0 else ''})", style=NOTE)
    if len(windows) > 1 or story.since < story.windows[0]:
        began, first, last = (in_zone(time, report.zone) for time in (story.since, windows[0], windows[-1]))
        one_day = began.date() == first.date() == last.date()
        since = clock(began) if one_day else window_start(began, report.zone)
        text.append(f" · since {since}, {len(story.windows):,} of {many(len(windows), 'window')}", style=NOTE)
    return text


def plain(headline: str) -> str:
    """A headline without the state behind it: that stands in the evidence."""
    state = headline.find("⟨")
    begin = headline.rfind(": ", 0, state) if state >= 0 else -1
    if begin < 0:
        return headline
    end = headline.find("; ", headline.rfind("⟩"))
    return headline[:begin] + (headline[end:] if end >= 0 else "")


def _named(line: Line, section: Section) -> str:
    # The state behind a habit stands in the evidence.
    habit = "" if section.title == "Ports" else line.what.partition(", mostly ⟨")[0]
    what = f" {habit}" if habit else ""
    number, noun = line.numbers[0], section.columns[0]
    return f"{line.key}{what} ({number} {noun[:-1] if number == '1' else noun})"
