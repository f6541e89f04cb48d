"""How a quantity per second is distributed over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PERCENTILES = (5, 25, 50, 75, 95, 99)


@dataclass(frozen=True, slots=True)
class Rate:
    """How a quantity per second is distributed over the seconds from the first to the last event, empty ones included.

    Attributes:
        total: The sum over all seconds.
        seconds: How many seconds there are.
        mean: Per second.
        sigma: Standard deviation over the seconds, of the population.
        peak: The largest second.
        percentiles: By percent, by linear interpolation; 50 is the median.
    """

    total: int
    seconds: int
    mean: float
    sigma: float
    peak: int
    percentiles: dict[int, float]


def rate_of(amounts: Mapping[int, int]) -> Rate:
    """The distribution of amounts by second; seconds between the first and the last that have none count as 0."""
    if not amounts:
        return Rate(0, 0, 0.0, 0.0, 0, dict.fromkeys(PERCENTILES, 0.0))
    values = sorted(amounts.values())
    seconds = max(amounts) - min(amounts) + 1
    silent = seconds - len(values)
    total = sum(values)
    mean = total / seconds
    # From the deviations, not from the squares: they would cancel where the rate is even.
    deviations = sum((value - mean) ** 2 for value in values) + silent * mean**2

    def value(rank: int) -> int:
        return values[rank - silent] if rank >= silent else 0

    percentiles = {}
    for percent in PERCENTILES:
        low, part = divmod((seconds - 1) * percent, 100)
        high = min(low + 1, seconds - 1)
        percentiles[percent] = value(low) + (value(high) - value(low)) * part / 100
    return Rate(total, seconds, mean, (deviations / seconds) ** 0.5, values[-1], percentiles)
