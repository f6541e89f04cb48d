"""Counts of flows of which each may stand for several: what a filter under attack left of them.

A kept flow has a weight, the number of flows that it stands for; each was kept or not by itself. Their sum estimates a
count without bias. Sums of a function of counts need more care: to multiply every row would make twenty flows of one
value out of each of a thousand different ones. So the count of a value is estimated once per row of it, from the *other*
rows of that value, plus one for the row itself. Rows that stand for themselves give the plain sums.
"""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

WEIGHT: Final = "weight"
"""The column of encoded rows that holds the weight, if they are weighted."""


def number_of(weighted: bool) -> nw.Expr:
    """How many flows the rows of a group stand for."""
    return (nw.col(WEIGHT).sum() if weighted else nw.len()).cast(nw.Int64)


def times_weight(each: nw.Expr, weighted: bool) -> nw.Expr:
    """What is so much in a flow, in all flows that the row stands for."""
    return each * nw.col(WEIGHT) if weighted else each


def tally(keys: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Counts the flows of each `key`, from `key` and `weight` of each row.

    Returns:
        `key`, `count`, `logs` (an estimate of count * log(count)), `values` (how many values of
        their kind the rows stand for: 1 if they stand for themselves, more where there are other values like this one
        of which no flow was kept) and `size` (the flows of the value, as its own flows see it).
    """
    parts = keys.group_by("key", WEIGHT).agg(rows=nw.len().cast(nw.Int64))
    parts = parts.with_columns(mass=(nw.col("rows") * nw.col(WEIGHT)).cast(nw.Float64))
    parts = parts.with_columns(
        others=nw.col("mass").sum().over("key") - nw.col(WEIGHT), companions=nw.col("rows").sum().over("key") - 1
    )
    size, alone = nw.col("others") + 1.0, nw.col("companions") == 0
    # Of a number drawn with a chance, the logarithm of what was drawn is too small by half a step.
    step = nw.when(alone).then(nw.lit(0.0)).otherwise((nw.col("others") / nw.col("companions") - 1.0) / 2)
    parts = parts.with_columns(
        logs=nw.col("mass") * (size + step).log(), values=nw.col("mass") / size, seen=nw.col("mass") * size
    )
    counts = parts.group_by("key").agg(*(nw.col(column).sum() for column in ("mass", "logs", "values", "seen")))
    return counts.select(
        "key",
        "logs",
        "values",
        count=nw.col("mass").round(0).cast(nw.Int64),
        size=(nw.col("seen") / nw.col("mass")).round(0).cast(nw.Int64),
    )
