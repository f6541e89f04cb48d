"""The seed's three figures of an event workload, as SVG."""

from __future__ import annotations

from html import escape
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wiretell.analyses.workload import Workload

_WIDTH, _HEIGHT = 820, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 30, 50
_POINTS = 2000
_BAR = 18
_LABEL = 330


def figures(load: Workload, types: Sequence[tuple[str, int, int]]) -> dict[str, str]:
    """The rate over time, its distribution, and the types of events, by file name.

    Args:
        load: What the events amount to.
        types: `(name, events, bytes)`, the most events first.
    """
    return {
        "events-rate.svg": _rate(load),
        "events-ecdf.svg": _ecdf(load),
        "events-types.svg": _types(types),
    }


def _rate(load: Workload) -> str:
    seconds = load.events.seconds
    start = load.timeline[0][0] if load.timeline else 0
    counts = {second - start: events for second, events, _ in load.timeline}
    step = max(1, -(-seconds // _POINTS))
    # Where seconds are more than points, a point is the largest of its seconds: peaks stay.
    points = [
        (float(at), float(max(counts.get(second, 0) for second in range(at, min(at + step, seconds)))))
        for at in range(0, seconds, step)
    ]
    return _plot("Events per second over time", "seconds", "events per second", points, float(max(seconds - 1, 1)))


def _ecdf(load: Workload) -> str:
    values = sorted(events for _, events, _ in load.timeline)
    silent = load.events.seconds - len(values)
    points = [(0.0, silent / load.events.seconds if load.events.seconds else 0.0)]
    step = max(1, len(values) // _POINTS)
    for at, value in enumerate(values):
        if at % step == 0 or at == len(values) - 1:
            points += [(float(value), points[-1][1]), (float(value), (silent + at + 1) / load.events.seconds)]
    return _plot(
        "Distribution of the event rate",
        "events per second",
        "share of seconds",
        points,
        float(max(load.events.peak, 1)),
    )


def _plot(title: str, x_name: str, y_name: str, points: list[tuple[float, float]], x_max: float) -> str:
    y_max = max((y for _, y in points), default=1.0) or 1.0
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return _LEFT + width * x / x_max, _TOP + height * (1 - y / y_max)

    line = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in points)
    parts = [f'<polyline points="{line}" fill="none" stroke="#0b5fa5" stroke-width="1.2"/>']
    for part in range(6):
        x, y = place(x_max * part / 5, y_max * part / 5)
        parts += [
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>',
            _text(_LEFT - 6, y + 4, f"{y_max * part / 5:,.4g}", "end"),
            _text(x, _HEIGHT - _BOTTOM + 16, f"{x_max * part / 5:,.4g}", "middle"),
        ]
    parts += [
        _text(_LEFT + width / 2, _HEIGHT - 12, x_name, "middle"),
        f'<g transform="rotate(-90 16 {_TOP + height / 2})">{_text(16, _TOP + height / 2, y_name, "middle")}</g>',
    ]
    return _svg(title, _WIDTH, _HEIGHT, parts)


def _types(types: Sequence[tuple[str, int, int]]) -> str:
    # Shares span many powers of ten: on a linear axis all but the largest bars vanish.
    all_events = sum(events for _, events, _ in types) or 1
    all_bytes = sum(size for _, _, size in types) or 1
    lowest = min((min(n / all_events, size / all_bytes) for _, n, size in types), default=1.0)
    decades = max(1.0, -log10(lowest) + 0.2)
    width = _WIDTH - _LABEL - 90
    parts = []
    for at, (name, events, size) in enumerate(types):
        top = _TOP + 20 + at * _BAR * 1.5
        parts.append(_text(_LABEL - 6, top + _BAR * 0.8, name, "end"))
        for row, (share, color) in enumerate(((events / all_events, "#0b5fa5"), (size / all_bytes, "#d98b1f"))):
            length = max(1.0, width * (1 + log10(share) / decades))
            y = top + row * _BAR * 0.6
            parts.append(
                f'<rect x="{_LABEL}" y="{y:.1f}" width="{length:.1f}" height="{_BAR * 0.55:.1f}" fill="{color}"/>'
            )
            parts.append(_text(_LABEL + length + 4, y + 9, f"{100 * share:.2g}%", "start", 9))
    parts += [
        _text(_LABEL, _TOP + 8, "share of events (upper bar) and of bytes (lower bar), log axis", "start"),
    ]
    return _svg("Types of events", _WIDTH, int(_TOP + 40 + len(types) * _BAR * 1.5), parts)


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _svg(title: str, width: int, height: int, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
        f"{_text(width / 2, 20, title, 'middle', 14)}\n" + "\n".join(parts) + "\n</svg>\n"
    )
