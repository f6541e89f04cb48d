"""Which windows are analyzed together: many small ones at once, large ones alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.held import rows_of
from wiretell.analyses.behavior.weights import WEIGHT

FLOWS: Final = 1_000_000
"""Flows from which a batch is full: memory is that of so many flows, or of the largest window."""

WINDOWS: Final = 4096
"""Windows of a batch at most: their numbers share an Int64 with two values of a dimension."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that follow each other.

    Attributes:
        windows: Their starts, in order.
        thinned: Those in which rows may stand for more flows than themselves.
    """

    windows: list[int]
    thinned: list[int]


def batches(flows: nw.LazyFrame[Any], counted: Collection[int]) -> Iterator[Batch]:
    """The windows of a table with `window_us` and `weight` in batches, given those whose true counts are known."""
    counts = flows.group_by("window_us").agg(flows=nw.len(), most=nw.col(WEIGHT).max())
    batch = Batch([], [])
    size = 0
    for window, number, most in rows_of(counts.sort("window_us")).iter_rows():
        if batch.windows and (size + number > FLOWS or len(batch.windows) == WINDOWS):
            yield batch
            batch, size = Batch([], []), 0
        batch.windows.append(window)
        if most > 1 or window in counted:
            batch.thinned.append(window)
        size += number
    if batch.windows:
        yield batch
