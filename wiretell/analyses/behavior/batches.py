"""Which windows are analyzed together: many small ones at once, large ones alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.held import rows_of

FLOWS: Final = 1_000_000
"""Flows from which a batch is full: memory is that of so many flows, or of the largest window."""

WINDOWS: Final = 4096
"""Windows of a batch at most: their numbers share an Int64 with two values of a dimension."""


def batches(flows: nw.LazyFrame[Any]) -> Iterator[list[int]]:
    """The starts of the windows of a table with `window_us`, in order, in batches."""
    counts = rows_of(flows.group_by("window_us").agg(flows=nw.len()).sort("window_us"))
    batch: list[int] = []
    size = 0
    for window, number in zip(counts["window_us"].to_list(), counts["flows"].to_list(), strict=True):
        if batch and (size + number > FLOWS or len(batch) == WINDOWS):
            yield batch
            batch, size = [], 0
        batch.append(window)
        size += number
    if batch:
        yield batch
