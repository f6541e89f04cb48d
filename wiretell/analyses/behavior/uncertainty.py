"""Step 2a: relative uncertainty: how the flows of a cluster spread over the values of each free dimension.

RU(X) = H(X) / log min(N, m), where X can take N values and m flows were seen; 0 when one value or one flow was seen.
(The search for significant clusters divides by log |R| instead; mixing the two up breaks the method.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, PORTS, is_port
from wiretell.analyses.behavior.encode import Encoded, packed, unpacked
from wiretell.analyses.behavior.held import held, on_engine, rows_of
from wiretell.analyses.behavior.kind_codes import kind_code
from wiretell.analyses.behavior.weights import WEIGHT, number_of, tally


@dataclass(frozen=True, slots=True)
class Members:
    """The flows of the clusters of one dimension.

    Attributes:
        clusters: `cluster`, `flows`, and `wv`: window and value as one number.
        inside: Whether a flow is in one of them.
        least: The flows of the smallest.
    """

    clusters: nw.LazyFrame[Any]
    inside: nw.Expr
    least: int


DECIMALS: Final = 12
"""Places that are kept of an uncertainty: sums of floats in another order differ behind them, results must not."""


def members(encoded: Encoded, clusters: nw.DataFrame[Any]) -> dict[str, Members]:
    """The clusters of each dimension and a filter of the flows that are in any of them."""
    found = {}
    for place, dimension in enumerate(DIMENSIONS):
        own = clusters.filter(nw.col("dimension") == place)
        own = own.select("cluster", "flows", wv=packed(encoded.bits, "w", "value"))
        inside = packed(encoded.bits, "w", dimension).is_in(own["wv"].to_list())
        least = min(own["flows"].to_list(), default=0)
        found[dimension] = Members(on_engine(own, encoded.rows), inside, least)
    return found


def where_to(encoded: Encoded, clusters: dict[str, Members]) -> tuple[Encoded, dict[str, Members]]:
    """The flows without what they carry, with their `kind` as one number.

    Whether they are in a cluster is looked up once, and is a column `in_*` then.
    """
    marks = {f"in_{dimension}": mine.inside for dimension, mine in clusters.items()}
    rows = held(encoded.rows.select("w", *DIMENSIONS, *encoded.weight, kind=kind_code(), **marks))
    marked = {dimension: replace(mine, inside=nw.col(f"in_{dimension}")) for dimension, mine in clusters.items()}
    return replace(encoded, rows=rows), marked


def spreads(
    encoded: Encoded, clusters: dict[str, Members], least_share: float
) -> tuple[nw.LazyFrame[Any], nw.DataFrame[Any]]:
    """How each cluster spreads over each free dimension, and the values that stand out in it.

    Args:
        encoded: The flows.
        clusters: What `members` finds.
        least_share: The share of a cluster's flows from which a value is kept.

    Returns:
        Spreads: `cluster`, `free` (place in `DIMENSIONS`), `distinct` (values), `uncertainty`.
        Values: `cluster`, `free`, `value`, `count` of those that are kept, and their `share`.
    """
    parts, tops = [], []
    for dimension, mine in clusters.items():
        inside = encoded.rows.filter(mine.inside)
        for free in FREE[dimension]:
            place = nw.lit(DIMENSIONS.index(free)).cast(nw.Int64).alias("free")
            pairs = _pairs(encoded, inside, dimension, free)
            found = held(_spread_and_values(pairs, least_share * mine.least))
            found = found.join(mine.clusters, on="wv", how="inner")
            spread = found.filter(nw.col("value").is_null()).with_columns(entropy=_entropy(), distinct=nw.col("count"))
            spread = spread.with_columns(uncertainty=relative_uncertainty(is_port(free)))
            parts.append(spread.select("cluster", place, "distinct", "uncertainty"))
            top = found.with_columns(share=nw.col("count").cast(nw.Float64) / nw.col("flows"))
            top = top.filter(~nw.col("value").is_null() & (nw.col("share") >= least_share))
            tops.append(top.select("cluster", place, "value", "count", "share"))
    return nw.concat(parts), rows_of(nw.concat(tops))


def _spread_and_values(pairs: nw.LazyFrame[Any], least: float) -> nw.LazyFrame[Any]:
    """In one pass over the pairs, a row per cluster without `value`, and a row per value of at least so many flows.

    Most values have one flow and stand out nowhere, so that only few are looked at again.

    Returns:
        `wv`; `value`; `count`: different values of the cluster, or flows of the value; `logs`: sum of c log c.
    """
    count = nw.col("count").cast(nw.Float64)
    spread = pairs.group_by("wv").agg(distinct=nw.len().cast(nw.Int64), logs=(count * count.log()).sum())
    spread = spread.select("wv", value=nw.lit(None).cast(nw.Int64), count="distinct", logs="logs")
    values = pairs.filter(count >= least * (1 - 1e-9))
    return nw.concat([spread, values.select("wv", "value", "count", logs=nw.lit(None).cast(nw.Float64))])


def _pairs(encoded: Encoded, inside: nw.LazyFrame[Any], dimension: str, free: str) -> nw.LazyFrame[Any]:
    """How many flows each value of a free dimension has in each cluster of a dimension: `wv`, `value`, `count`."""
    keys = inside.select(*encoded.weight, key=packed(encoded.bits, "w", dimension, free))
    counts = keys.group_by("key").agg(count=number_of(encoded.weighted))
    cluster, value = unpacked(encoded.bits, "key")
    return counts.select(wv=cluster, value=value, count=nw.col("count"))


def estimates(encoded: Encoded, clusters: dict[str, Members]) -> nw.LazyFrame[Any]:
    """How clusters of flows with weights spread, as `spreads` tells it of others: an estimate from their rows."""
    parts = []
    for dimension, mine in clusters.items():
        inside = encoded.rows.filter(mine.inside)
        for free in FREE[dimension] if mine.least else ():
            counts = tally(inside.select(WEIGHT, key=packed(encoded.bits, "w", dimension, free)))
            counts = counts.select("logs", "values", wv=unpacked(encoded.bits, "key")[0])
            spread = counts.group_by("wv").agg(
                distinct=nw.col("values").sum().round(0).cast(nw.Int64), logs=nw.col("logs").sum()
            )
            spread = spread.join(mine.clusters, on="wv", how="inner").with_columns(entropy=_entropy())
            spread = spread.with_columns(uncertainty=relative_uncertainty(is_port(free)))
            place = nw.lit(DIMENSIONS.index(free)).cast(nw.Int64).alias("free")
            parts.append(held(spread.select("cluster", place, "distinct", "uncertainty")))
    return nw.concat(parts)


def relative_uncertainty(port: bool) -> nw.Expr:
    """H(X) / log min(N, m) of `entropy`, `distinct` values and `flows`."""
    flows = nw.col("flows").cast(nw.Float64)
    possible = nw.when(nw.col("flows") < PORTS).then(flows).otherwise(nw.lit(float(PORTS))) if port else flows
    relative = nw.col("entropy") / possible.log()
    spread = (nw.col("distinct") > 1) & (nw.col("flows") > 1)
    bounded = nw.when(relative < 1.0).then(relative).otherwise(nw.lit(1.0))
    return nw.when(spread).then(bounded).otherwise(nw.lit(0.0)).round(DECIMALS)


def _entropy() -> nw.Expr:
    flows = nw.col("flows").cast(nw.Float64)
    return flows.log() - nw.col("logs") / flows
