"""A behavior report as text: findings first, then who does what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wiretell.reports.behavior_result import (
    PROFILE_TITLES,
    SEVERITIES,
    BehaviorReport,
    Told,
    silent_dimensions,
    told_findings,
    told_profiles,
)
from wiretell.reports.blocks import KEY, NOTE, TITLE, WARNING
from wiretell.reports.numbers import many

_WORDS: Final = {"src_ip": "source address", "dst_ip": "destination address", "src_port": "source port"} | {
    "dst_port": "destination port"
}


def blocks(report: BehaviorReport, width: int, top: int) -> Iterator[RenderableType]:
    """The blocks of the report in order.

    Args:
        report: What to tell.
        width: Columns of the terminal.
        top: Rows of each list.
    """
    del width
    if not report.windows:
        yield Text("No flows, so nobody behaves in any way.", style=WARNING)
        return
    first, last = report.windows[0], report.windows[-1]
    span = f"{first:%Y-%m-%d %H:%M}" if first == last else f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    yield Text(f"{many(report.flows, 'flow')} in {many(len(report.windows), 'window')}, {span} UTC", style=NOTE)
    yield _findings(report, top)
    for profile, title in PROFILE_TITLES.items():
        told = told_profiles(report, profile)
        if told:
            yield _listing(f"{title} ({len(told):,})", told, top, report)
    silent = {row["dimension"] for row in silent_dimensions(report)}
    if silent:
        names = " and ".join(_WORDS[name] for name in _WORDS if name in silent)
        lines = f"No {names} stands out by entropy in some windows; those above have at least 2 % of the flows."
        yield Text(lines, style=NOTE)


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


def _findings(report: BehaviorReport, top: int) -> RenderableType:
    told = told_findings(report)
    if not told:
        return Text("Findings: nothing unusual", style=TITLE)
    shown = told[:top] if top else []
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style=NOTE)
    table.add_column(overflow="fold")
    for each in shown:
        severity = each.row["severity"]
        style = WARNING if severity == max(SEVERITIES) else KEY
        since = f"since {each.row['since']:%m-%d %H:%M}"
        kind = each.row["kind"].replace("_", " ")
        table.add_row(Text(SEVERITIES[severity], style=style), since, f"{kind}: {each.row['sentence']}")
    return Group(Text(f"Findings ({len(told):,})", style=TITLE), table, *_more(len(told) - len(shown)))


def _listing(title: str, told: list[Told], top: int, report: BehaviorReport) -> RenderableType:
    shown = told[:top]
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold")
    for each in shown:
        windows = f" (in {each.windows:,} of {len(report.windows):,} windows)" if len(report.windows) > 1 else ""
        table.add_row(Text.assemble(each.row["sentence"], (windows, NOTE)))
    return Group(Text(title, style=TITLE), table, *_more(len(told) - len(shown)))


def _more(number: int) -> list[RenderableType]:
    return [Text(f"and {number:,} more", style=NOTE)] if number > 0 else []
