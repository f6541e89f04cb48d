"""The seed's figures of an event workload, as SVG: rate over time, its distribution, types of events by count and bytes.

Lines, bars and text take `currentColor` and classes (`wf-line`, `wf-grid`, `wf-events`, `wf-bytes`), so that a page shows
them in its own colors, dark or light.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, tzinfo
from html import escape
from importlib import import_module
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from wiretell.errors import NotSupported
from wiretell.reports.numbers import count, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wiretell.analyses.workload import Workload

_WIDTH = 820
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 34, 34, 46
_PANEL = 210
_POINTS = 1500
_BAR, _ROW, _LABEL = 8, 23, 260
_EVENTS, _BYTES = "#3b82c4", "#d98b1f"
_STYLE = (
    "<style>svg{color:#1a1a1a;background:#fff}"
    "@media (prefers-color-scheme:dark){svg{color:#e6e6e6;background:#141414}}</style>"
)


def figures(
    load: Workload, types: Sequence[tuple[str, int, int]], *, standalone: bool = False, zone: tzinfo = UTC
) -> dict[str, str]:
    """The rate over time, its distribution, and the types of events, by file name.

    Args:
        load: What the events amount to.
        types: `(name, events, bytes)`, the most events first.
        standalone: For a file of its own: with a background and a color of text, light or dark as the viewer is.
        zone: The time zone of the time of the first event.
    """
    drawn = {
        "events-rate.svg": _rate(load, zone),
        "events-ecdf.svg": _ecdf(load),
        "events-types.svg": _types(types),
    }
    return {name: _svg(*figure, standalone=standalone) for name, figure in drawn.items()}


Figure = tuple[str, int, list[str]]
"""Title, height, elements."""


def _rate(load: Workload, zone: tzinfo) -> Figure:
    seconds = load.events.seconds
    start = load.timeline[0][0] if load.timeline else 0
    when = f"seconds since {moment(start * 1_000_000, zone)}" if load.timeline else "seconds"
    step = max(1, -(-seconds // _POINTS))
    if step > 1:
        when += f"; each point is the largest of {step:,} seconds"
    parts = []
    for place, (name, at, color, marks) in enumerate(
        (("events per second", 1, "wf-events", load.events), ("bytes per second", 2, "wf-bytes", load.bytes))
    ):
        highest = dict[int, int]()
        for row in load.timeline:
            bin_ = (row[0] - start) // step
            highest[bin_] = max(highest.get(bin_, 0), row[at])
        points = [(float(bin_ * step), float(highest.get(bin_, 0))) for bin_ in range(-(-seconds // step))]
        panel = _Panel(_TOP + place * (_PANEL + 24), float(max(seconds - 1, 1)), float(max(marks.peak, 1)))
        parts += panel.axes(name, count, x_labels=place == 1)
        parts += panel.line(points or [(0.0, 0.0)], color)
        if seconds:
            parts += panel.mark(marks.percentiles[50], f"median {count(marks.percentiles[50]).strip()}")
    height = _TOP + 2 * _PANEL + 24 + _BOTTOM
    parts.append(_text(_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2, height - 10, when, "middle"))
    return "Events over time", height, parts


def _ecdf(load: Workload) -> Figure:
    seconds = load.events.seconds
    values = sorted(events for _, events, _ in load.timeline)
    silent = seconds - len(values)
    panel = _Panel(_TOP, float(max(load.events.peak, 1)), 1.0)
    points = [(0.0, 0.0), (0.0, silent / seconds if seconds else 0.0)]
    distinct = sorted(set(values))
    step = max(1, len(distinct) // _POINTS)
    for value in (*distinct[::step], *distinct[-1:]):
        below = (silent + bisect_right(values, value)) / seconds
        points += [(float(value), points[-1][1]), (float(value), below)]
    parts = [*panel.axes("share of seconds", lambda share: f"{100 * share:.0f}%"), *panel.line(points, "wf-events")]
    if seconds:
        for percent in (50, 95):
            parts += panel.drop(load.events.percentiles[percent], percent)
    height = _TOP + _PANEL + _BOTTOM
    parts.append(_text(_LEFT + (_WIDTH - _LEFT - _RIGHT) / 2, height - 10, "events per second", "middle"))
    return "Distribution of the event rate", height, parts


def _types(types: Sequence[tuple[str, int, int]]) -> Figure:
    # Shares span many powers of ten: on a linear axis all but the largest bars vanish.
    all_events = sum(events for _, events, _ in types) or 1
    all_bytes = sum(size for _, _, size in types) or 1
    present = [share for _, n, size in types for share in (n / all_events, size / all_bytes) if share]
    lowest = min(present, default=0.1)
    decades = max(1, ceil(-log10(lowest)))
    width = _WIDTH - _LABEL - 70
    top, bottom = _TOP + 42, _TOP + 42 + len(types) * _ROW
    parts = [
        f'<rect x="{_LABEL}" y="{_TOP - 2}" width="10" height="10" class="wf-events" fill="{_EVENTS}"/>',
        _text(_LABEL + 15, _TOP + 7, "share of events", "start"),
        f'<rect x="{_LABEL + 130}" y="{_TOP - 2}" width="10" height="10" class="wf-bytes" fill="{_BYTES}"/>',
        _text(_LABEL + 145, _TOP + 7, "share of bytes (log axis)", "start"),
    ]
    for decade in range(decades + 1):
        x = _LABEL + width * (1 - decade / decades)
        parts += [
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 6}" y2="{bottom}" {_GRID}/>',
            _text(x, top - 10, f"{100 / 10**decade:.12g}%", "middle", 10),
        ]
    for at, (name, events, size) in enumerate(types):
        y = top + at * _ROW
        parts.append(_text(_LABEL - 8, y + 12, name, "end", _fitting(name)))
        for row, (share, kind, color) in enumerate(
            ((events / all_events, "wf-events", _EVENTS), (size / all_bytes, "wf-bytes", _BYTES))
        ):
            length = max(1.0, width * (1 + log10(share) / decades)) if share else 0.0
            up = y + row * (_BAR + 1)
            parts += [
                f'<rect x="{_LABEL}" y="{up:.1f}" width="{length:.1f}" height="{_BAR}" class="{kind}" fill="{color}"/>',
                _text(_LABEL + length + 4, up + _BAR - 0.5, f"{100 * share:.2g}%", "start", 9),
            ]
    return "Types of events", bottom + 12, parts


class _Panel:
    """A plot with linear axes from 0, at a height of the figure."""

    def __init__(self, top: float, x_max: float, y_max: float) -> None:
        self.top, self.x_max, self.y_max = top, x_max, y_max
        self.width = _WIDTH - _LEFT - _RIGHT

    def x(self, value: float) -> float:
        return _LEFT + self.width * value / self.x_max

    def y(self, value: float) -> float:
        return self.top + _PANEL * (1 - value / self.y_max)

    def axes(self, name: str, label: Callable[[float], str], *, x_labels: bool = True) -> list[str]:
        """Grid, numbers, and the name of the upright axis."""
        parts = []
        for value in _ticks(self.y_max):
            y = self.y(value)
            parts += [
                f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" {_GRID}/>',
                _text(_LEFT - 6, y + 4, label(value).strip(), "end"),
            ]
        if x_labels:
            for value in _ticks(self.x_max):
                parts.append(_text(self.x(value), self.top + _PANEL + 16, f"{value:,.10g}", "middle"))
        middle = self.top + _PANEL / 2
        return [*parts, f'<g transform="rotate(-90 14 {middle:.0f})">{_text(14, middle, name, "middle")}</g>']

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> list[str]:
        """A line through points."""
        color = _EVENTS if kind == "wf-events" else _BYTES
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        return [f'<polyline points="{path}" class="wf-line {kind}" fill="none" stroke="{color}" stroke-width="1.3"/>']

    def mark(self, value: float, text: str) -> list[str]:
        """A level with its name."""
        y = self.y(value)
        return [
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" {_DASHED}/>',
            _text(_WIDTH - _RIGHT - 4, y - 5, text, "end", 11),
        ]

    def drop(self, value: float, percent: int) -> list[str]:
        """Where a distribution reaches a percentile."""
        x, y = self.x(value), self.y(percent / 100)
        side, anchor = (8, "start") if value < 0.6 * self.x_max else (-8, "end")
        below = y + 16 if percent < 90 else y + 22
        return [
            f'<path d="M{_LEFT} {y:.1f}H{x:.1f}V{self.top + _PANEL}" fill="none" {_DASHED}/>',
            _text(x + side, below, f"{percent}% at most {count(value).strip()}", anchor, 11),
        ]


_GRID = 'class="wf-grid" stroke="currentColor" stroke-opacity="0.15"'
_DASHED = 'class="wf-mark" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 3"'


def _ticks(highest: float) -> list[float]:
    """Four to ten round numbers from 0 to at most the highest."""
    magnitude = 10.0 ** floor(log10(highest))
    step = next(step * magnitude for step in (0.1, 0.2, 0.5, 1.0, 2.0) if highest / (step * magnitude) <= 8)
    return [at * step for at in range(floor(highest / step + 1e-9) + 1)]


def _fitting(name: str) -> int:
    """The size of letters in which a long name still fits beside its bar."""
    return 12 if len(name) <= 38 else 10 if len(name) <= 46 else 8


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="currentColor">'
        f"{escape(text)}</text>"
    )


def _svg(title: str, height: float, parts: list[str], *, standalone: bool) -> str:
    own = ' color="#1a1a1a"' if standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" class="workload-figure" '
        f'font-family="system-ui, DejaVu Sans, Arial, sans-serif" role="img"{own}>\n'
        f"<title>{escape(title)}</title>\n"
        f"{_STYLE if standalone else ''}"
        f"{_text(_WIDTH / 2, 20, title, 'middle', 14)}\n" + "\n".join(parts) + "\n</svg>\n"
    )


def as_png(svg: str, *, zoom: float = 2.0) -> bytes:
    """A figure as PNG, dark on white; its letters are those of the system's fonts.

    Args:
        svg: A figure drawn with `standalone`.
        zoom: Pixels per unit of the drawing.

    Raises:
        NotSupported: without the package that draws them.
    """
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        raise NotSupported(
            "figures as PNG need the package resvg-py", hint="pip install 'wiretell[figures]'; SVG needs nothing"
        ) from None
    return bytes(resvg.svg_to_bytes(svg_string=svg, background="#ffffff", zoom=zoom))
