"""The true counts of windows whose flows were thinned: they tell what is significant, and what rows add up to."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, is_port
from wiretell.analyses.behavior.encode import Encoded, microseconds
from wiretell.analyses.behavior.held import held, on_engine
from wiretell.analyses.behavior.measures import SUMS

Rows = list[dict[str, Any]]


def true_counts(counts: nw.LazyFrame[Any], encoded: Encoded) -> nw.LazyFrame[Any]:
    """Encodes a `cluster_counts` table, as far as it is of the windows of the flows.

    Returns:
        `w`, `dimension` (its place in `DIMENSIONS`), `value` (null for a value of no kept flow, and for the rest), `flows`,
        `logs`, `values`, `size` (flows of the value; 0 for the rest, which is never significant).
    """
    numbers = nw.from_dict(
        {"window_us": encoded.windows, "w": list(range(len(encoded.windows)))},
        {"window_us": nw.Int64(), "w": nw.Int64()},
        backend=encoded.hosts.implementation,
    )
    hosts = on_engine(encoded.hosts, counts).rename({"code": "value"})
    counts = counts.with_columns(window_us=microseconds("window")).join(on_engine(numbers, counts), on="window_us")
    parts = []
    for place, dimension in enumerate(DIMENSIONS):
        own = counts.filter(nw.col("dimension") == dimension)
        if is_port(dimension):
            own = own.with_columns(value=nw.col("key").cast(nw.Int64))
        else:
            own = own.join(hosts, left_on="key", right_on="ip", how="left")
        size = nw.when(nw.col("key").is_null()).then(nw.lit(0)).otherwise(nw.col("flows"))
        parts.append(
            own.select(
                "w",
                nw.col("value").cast(nw.Int64),
                nw.col("flows"),
                nw.col("values").cast(nw.Float64),
                dimension=nw.lit(place).cast(nw.Int64),
                logs=nw.col("flow_logs"),
                size=size.cast(nw.Int64),
            )
        )
    return held(nw.concat(parts))


def decided(seen: nw.LazyFrame[Any], counted: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The counts of the rows, and the true ones of windows that have them."""
    thinned = counted.select("w").unique()
    names = ["w", "value", "flows", "logs", "values", "size"]
    return held(nw.concat([seen.join(thinned, on="w", how="anti").select(*names), counted.select(*names)]))


def scaled(clusters: Rows, states: Rows) -> tuple[Rows, Rows]:
    """The rows of clusters and states with their sums scaled to the flows that were truly counted, where these are known."""
    factors = {row["cluster"]: row["counted"] / row["flows"] for row in clusters if "counted" in row}
    if not factors:
        return clusters, states
    of_clusters = [
        {**row, **{name: round(row[name] * factors[row["cluster"]]) for name in SUMS}, "flows": row["counted"]}
        for row in clusters
    ]
    return of_clusters, [{**row, "count": round(row["count"] * factors[row["cluster"]])} for row in states]
