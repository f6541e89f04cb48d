"""Traffic over time in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(points: Sequence[tuple[float, float]], start: float, end: float, width: int) -> str:
    """Amounts over time as bars of eighths; a column without traffic is blank.

    Args:
        points: `(time, amount)`; an amount belongs to the moment.
        start: The time of the left edge.
        end: The time of the right edge.
        width: Columns.
    """
    if width < 1 or not points:
        return ""
    heights = columns(points, start, end, width)
    top = max(heights)
    if top <= 0:
        return " " * width
    return "".join(" " if height <= 0 else _BARS[min(int(height / top * 8), 7)] for height in heights)


def columns(points: Sequence[tuple[float, float]], start: float, end: float, width: int) -> list[float]:
    """The amounts summed into so many columns of equal width."""
    sums = [0.0] * width
    extent = end - start
    for time, amount in points:
        position = int((time - start) / extent * width) if extent > 0 else 0
        sums[min(max(position, 0), width - 1)] += amount
    return sums
