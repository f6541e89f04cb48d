"""Percentiles of a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

PERCENTILES: Final = (0, 5, 25, 50, 75, 95, 99, 100)


def of_histogram(histogram: Sequence[tuple[int, int]], wanted: Sequence[int] = PERCENTILES) -> dict[int, float]:
    """Percentiles by nearest rank: the smallest value that at least so many percent of the items do not exceed.

    Args:
        histogram: `(value, how many items have it)`, in order of value.
        wanted: Percentiles from 0, the least, to 100, the largest.

    Returns:
        Percentile to value, in the order asked for; empty if there are no items.
    """
    everything = sum(count for _, count in histogram)
    if everything == 0:
        return {}
    found: dict[int, float] = {}
    steps, below = iter(histogram), 0
    value = histogram[0][0]
    for percentile in sorted(wanted):
        rank = max(-(-percentile * everything // 100), 1)
        while below < rank:
            value, count = next(steps)
            below += count
        found[percentile] = float(value)
    return {percentile: found[percentile] for percentile in wanted}
