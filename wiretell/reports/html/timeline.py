"""Traffic over time as two areas, with the windows in which something was found below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from wiretell.reports.behavior_result import SEVERITIES, BehaviorReport
from wiretell.reports.behavior_stories import stories
from wiretell.reports.html.markup import text
from wiretell.reports.numbers import clock, count, duration, in_zone, rate
from wiretell.reports.sparkline import columns
from wiretell.reports.summary_result import SummaryResult

POINTS: Final = 240
_HEIGHT: Final = 100


def timeline(summary: SummaryResult, report: BehaviorReport | None, window_seconds: float) -> str:
    """The figure; empty if there is no time to speak of."""
    points = summary.timeline
    if not points:
        return ""
    start, end = points[0][0], points[-1][0] + summary.timeline_us
    wanted = min(POINTS, max(round((end - start) / max(summary.timeline_us, 1)), 1))
    if wanted < 2:
        return ""
    seconds = (end - start) / wanted / 1e6
    unit = "connections" if summary.kind == "connections" else "packets"
    heights = [value / seconds for value in columns([(at, amount) for at, amount, _ in points], start, end, wanted)]
    bits = [value * 8 / seconds for value in columns([(at, size) for at, _, size in points], start, end, wanted)]
    top = max(heights)
    shown = f"{count(top).strip()} {unit}/s" if top >= 10 else f"{top:.3g} {unit}/s"
    times = "".join(
        f"<span>{text(_moment(start + (end - start) * part / 4, summary.zone))}</span>" for part in range(5)
    )
    zones = list(_zones(start, seconds, wanted, summary.zone))
    told = ",".join(f"{place} {offset} {name}" for place, offset, name in zones)
    strip = "" if report is None else _strip(report, start, end, window_seconds)
    return (
        f'<figure class="timeline" data-start="{start / 1e6:.3f}" data-step="{seconds:.6g}" data-zones="{text(told)}">'
        f"{_area(bits, 'Bits per second', f'peak {rate(max(bits))}', 'bits', 'bit/s')}"
        f"{_area(heights, f'{unit.capitalize()} per second', f'peak {shown}', 'packets', f'{unit}/s')}{strip}"
        f'<div class="times" aria-hidden="true">{times}</div>'
        f"<figcaption>{text(' and '.join(dict.fromkeys(name for _, _, name in zones)))}; each step is {duration(seconds)}.</figcaption>"
        f"</figure>"
    )


def _zones(start: float, seconds: float, steps: int, zone: tzinfo) -> Iterator[tuple[int, int, str]]:
    """The steps from which on the zone has another offset, that in seconds, and its name then: of one zone mostly one."""
    last = None
    for place in range(steps):
        try:
            then = datetime.fromtimestamp(start / 1e6 + place * seconds, UTC).astimezone(zone)
        except (ValueError, OverflowError, OSError):
            continue
        found = round((then.utcoffset() or timedelta()).total_seconds()), then.tzname() or ""
        if found != last:
            yield place, *found
            last = found


def _area(values: Sequence[float], title: str, peak: str, kind: str, unit: str) -> str:
    top = max(values) or 1.0
    steps = "".join(
        f"L{at} {_HEIGHT * (1 - value / top):.1f}L{at + 1} {_HEIGHT * (1 - value / top):.1f}"
        for at, value in enumerate(values)
    )
    data = ",".join(f"{value:.4g}" for value in values)
    return (
        f'<div class="area {kind}"><div class="legend-line"><b>{text(title)}</b><span class="peak">{text(peak)}</span>'
        f'<output class="at"></output></div><svg viewBox="0 0 {len(values)} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(title)} over time, {text(peak)}" data-values="{data}" data-unit="{text(unit)}">'
        f'<path d="M0 {_HEIGHT}{steps}L{len(values)} {_HEIGHT}z"/></svg></div>'
    )


def _strip(report: BehaviorReport, start: float, end: float, window_seconds: float) -> str:
    """The windows by their most severe finding: letter and color."""
    worst: dict[datetime, int] = {}
    for story in stories(report):
        for window in story.windows:
            worst[window] = max(worst.get(window, 0), story.severity)
    if len(report.windows) < 2:
        return ""
    parts = []
    for window in report.windows:
        begin = max(window.timestamp() * 1e6, start)
        until = min((window.timestamp() + window_seconds) * 1e6, end)
        if until <= begin:
            continue
        left, width = (begin - start) / (end - start) * 100, (until - begin) / (end - start) * 100
        severity = worst.get(window, 0)
        word = SEVERITIES.get(severity, "nothing")
        begins = in_zone(window, report.zone)
        parts.append(
            f'<i class="s{severity}" style="left:{left:.2f}%;width:{width:.2f}%" title="{clock(begins)} {begins:%Z}: {word}">'
            f"{word[0].upper() if severity and width > 2 else ''}</i>"
        )
    return (
        '<div class="legend-line"><b>Findings by window</b><span>A act, L look, K know</span></div>'
        f'<div class="strip" role="img" aria-label="Windows by their most severe finding">{"".join(parts)}</div>'
    )


def _moment(microseconds: float, zone: tzinfo) -> str:
    try:
        return f"{datetime.fromtimestamp(microseconds / 1e6, UTC).astimezone(zone):%H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return "–"
