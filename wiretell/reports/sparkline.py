"""Traffic over time in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def columns(points: Sequence[tuple[float, float]], start: float, end: float, width: int) -> list[float]:
    """Amounts over time, summed into so many columns of equal width.

    Args:
        points: `(time, amount)`; an amount belongs to the moment.
        start: The time of the left edge.
        end: The time of the right edge.
        width: Columns.
    """
    sums = [0.0] * width
    extent = end - start
    for time, amount in points:
        position = int((time - start) / extent * width) if extent > 0 else 0
        sums[min(max(position, 0), width - 1)] += amount
    return sums


def bars(heights: Sequence[float]) -> str:
    """Heights as bars of eighths of the highest; blank where there is nothing."""
    top = max(heights, default=0.0)
    if top <= 0:
        return " " * len(heights)
    return "".join(" " if height <= 0 else _BARS[min(int(height / top * 8), 7)] for height in heights)
