"""Step 2a: relative uncertainty: how the flows of a cluster spread over the values of each free dimension.

RU(X) = H(X) / log min(N, m), where X can take N values and m flows were seen; 0 when one value or one flow was seen.
(The search for significant clusters divides by log |R| instead; mixing the two up breaks the method.)
"""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, PORTS, is_port
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.weighted.encode import SHIFT, key
from wiretell.analyses.behavior.weighted.weights import has_weights, tally, weight_columns

DECIMALS: Final = 12
"""Places that are kept of an uncertainty: sums of floats in another order differ behind them, results must not."""


def with_clusters(rows: nw.LazyFrame[Any], clusters: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds to each flow the number of its cluster in each dimension, as `src_ip_cluster` and so on; null if in none."""
    names = list(rows.collect_schema().names())
    for place, dimension in enumerate(DIMENSIONS):
        own = clusters.filter(nw.col("dimension") == place)
        own = own.select(key=key("w", "value"), number=nw.col("cluster").cast(nw.Int32))
        rows = rows.with_columns(key=key("w", dimension)).join(own, on="key", how="left")
        names.append(f"{dimension}_cluster")
        rows = rows.with_columns(nw.col("number").alias(names[-1])).select(*names)
    return held(rows)


def spreads(
    rows: nw.LazyFrame[Any], clusters: nw.LazyFrame[Any], delta: float
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """How each cluster spreads over each free dimension, and the values that stand out in it.

    Args:
        rows: Flows with the numbers of their clusters.
        clusters: `cluster`, `dimension`, `flows`.
        delta: The share of a cluster's flows from which a value stands out.

    Returns:
        Spreads: `cluster`, `free` (place in `DIMENSIONS`), `distinct` (values), `uncertainty`.
        Values: `cluster`, `free`, `value`, `count` of those that stand out.
    """
    sizes = clusters.select("cluster", "flows")
    parts, tops = [], []
    for dimension in DIMENSIONS:
        for free in FREE[dimension]:
            place = nw.lit(DIMENSIONS.index(free)).cast(nw.Int64).alias("free")
            pairs = held(_pairs(rows, dimension, free))
            spread = pairs.group_by("cluster").agg(**_sums(pairs))
            spread = spread.join(sizes, on="cluster", how="inner")
            spread = spread.with_columns(uncertainty=_uncertainty(is_port(free)))
            parts.append(held(spread.select("cluster", place, "distinct", "uncertainty")))
            top = pairs.join(sizes, on="cluster", how="inner")
            top = top.filter(nw.col("count").cast(nw.Float64) / nw.col("flows") >= delta)
            tops.append(held(top.select("cluster", place, "value", "count")))
    return nw.concat(parts), nw.concat(tops)


def _pairs(rows: nw.LazyFrame[Any], dimension: str, free: str) -> nw.LazyFrame[Any]:
    """How many flows each value of a free dimension has in each cluster of a dimension."""
    inside = rows.filter(~nw.col(f"{dimension}_cluster").is_null())
    counts = tally(inside.select(*weight_columns(rows), key=key(f"{dimension}_cluster", free)), "count")
    others = ("logs", "values") if has_weights(rows) else ()
    return counts.select("count", *others, cluster=nw.col("key") // SHIFT, value=nw.col("key") % SHIFT)


def _sums(pairs: nw.LazyFrame[Any]) -> dict[str, nw.Expr]:
    """How many values there are, and the sum of count * log(count) over them."""
    if "logs" in pairs.collect_schema().names():
        return {"distinct": nw.col("values").sum().round(0).cast(nw.Int64), "logs": nw.col("logs").sum()}
    logs = (nw.col("count") * nw.col("count").cast(nw.Float64).log()).sum()
    return {"distinct": nw.len().cast(nw.Int64), "logs": logs}


def _uncertainty(port: bool) -> nw.Expr:
    flows = nw.col("flows").cast(nw.Float64)
    entropy = flows.log() - nw.col("logs") / flows
    possible = nw.when(nw.col("flows") < PORTS).then(flows).otherwise(nw.lit(float(PORTS))) if port else flows
    relative = entropy / possible.log()
    spread = (nw.col("distinct") > 1) & (nw.col("flows") > 1)
    bounded = nw.when(relative < 1.0).then(relative).otherwise(nw.lit(1.0))
    return nw.when(spread).then(bounded).otherwise(nw.lit(0.0)).round(DECIMALS)
