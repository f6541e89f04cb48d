"""Step 2b: behavior classes: three labels of three relative uncertainties make a number from 0 to 26."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, is_port
from wiretell.analyses.behavior.options import BehaviorOptions


def vectors(clusters: nw.LazyFrame[Any], spreads: nw.LazyFrame[Any], options: BehaviorOptions) -> nw.LazyFrame[Any]:
    """The uncertainty vector, the behavior class and the order of the free dimensions of each cluster.

    Args:
        clusters: `cluster`, `dimension` and more.
        spreads: `cluster`, `free`, `distinct`, `uncertainty`.
        options: The widths of the labels.

    Returns:
        The clusters with `distinct_*` and `ru_*` of each dimension (null for its own), `behavior_class`
        (9 L(X) + 3 L(Y) + L(Z)) and `first`, `second`, `third`: the free dimensions by uncertainty, ties in the order
        X, Y, Z.
    """
    wide = clusters
    for place, dimension in enumerate(DIMENSIONS):
        own = spreads.filter(nw.col("free") == place)
        own = own.select("cluster", distinct="distinct", uncertainty="uncertainty")
        own = own.rename({"distinct": f"distinct_{dimension}", "uncertainty": f"ru_{dimension}"})
        wide = wide.join(own, on="cluster", how="left")
    parts = []
    for place, dimension in enumerate(DIMENSIONS):
        part = wide.filter(nw.col("dimension") == place)
        parts.append(part.with_columns(behavior_class=_number(dimension, options), **_order(dimension)))
    return nw.concat(parts)


def label(uncertainty: nw.Expr, epsilon: float) -> nw.Expr:
    """0 at most epsilon, 2 at least 1 - epsilon, 1 between."""
    high = nw.when(uncertainty >= 1 - epsilon).then(nw.lit(2)).otherwise(nw.lit(1))
    return nw.when(uncertainty <= epsilon).then(nw.lit(0)).otherwise(high).cast(nw.Int16)


def labels_of(behavior_class: int) -> tuple[int, int, int]:
    """The labels of X, Y and Z of a class."""
    return behavior_class // 9, behavior_class // 3 % 3, behavior_class % 3


def akin(one: int, other: int) -> bool:
    """Whether two classes differ in at most one label, and there by one step."""
    return sum(abs(a - b) for a, b in zip(labels_of(one), labels_of(other), strict=True)) <= 1


def _number(dimension: str, options: BehaviorOptions) -> nw.Expr:
    x, y, z = (
        label(nw.col(f"ru_{free}"), options.epsilon_port if is_port(free) else options.epsilon_address)
        for free in FREE[dimension]
    )
    return (x * 9 + y * 3 + z).cast(nw.Int16)


def _order(dimension: str) -> dict[str, nw.Expr]:
    free = FREE[dimension]
    # Equal uncertainties may differ in their last bits, by the order in which an engine adds.
    x, y, z = (nw.col(f"ru_{name}").round(9) for name in free)
    places = [nw.lit(DIMENSIONS.index(name)).cast(nw.Int64) for name in free]
    ranks = [
        (y < x).cast(nw.Int64) + (z < x).cast(nw.Int64),
        (x <= y).cast(nw.Int64) + (z < y).cast(nw.Int64),
        (x <= z).cast(nw.Int64) + (y <= z).cast(nw.Int64),
    ]

    def at(rank: int) -> nw.Expr:
        rest = nw.when(ranks[1] == rank).then(places[1]).otherwise(places[2])
        return nw.when(ranks[0] == rank).then(places[0]).otherwise(rest)

    return {"first": at(0), "second": at(1), "third": at(2)}
