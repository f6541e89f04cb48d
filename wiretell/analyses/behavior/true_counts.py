"""The true counts of windows whose flows were thinned: they tell what is significant, and what rows add up to."""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, is_port
from wiretell.analyses.behavior.encode import Encoded, microseconds
from wiretell.analyses.behavior.held import held, on_engine, rows_of
from wiretell.analyses.behavior.kind_codes import COUNTS
from wiretell.analyses.behavior.measures import SUMS
from wiretell.analyses.behavior.uncertainty import estimates, members, relative_uncertainty

Rows = list[dict[str, Any]]

SPREADS: Final = (
    "spread_flows",
    *(f"{what}_{dimension}" for what in ("distinct", "entropy") for dimension in DIMENSIONS),
)
"""The columns of `cluster_counts` that tell how the flows of a value spread."""

MOST: Final = 0.5
"""The share of the flows of a value from which its spread is that of those that were counted, not of the rows."""


def with_times(counts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """A `cluster_counts` table with the start of the window in microseconds as `window_us`."""
    return held(counts.with_columns(window_us=microseconds("window")))


def windows_of(counts: nw.LazyFrame[Any]) -> set[int]:
    """The windows whose true counts are known."""
    return set(rows_of(counts.select("window_us").unique())["window_us"].to_list())


def true_counts(counts: nw.LazyFrame[Any], encoded: Encoded) -> nw.LazyFrame[Any]:
    """Encodes what `with_times` makes of `cluster_counts`, as far as it is of the windows of the flows.

    Returns:
        `w`, `dimension` (its place in `DIMENSIONS`), `value` (null for a value of no kept flow, and for the rest), `flows`,
        `logs`, `values`, `size` (flows of the value; 0 for the rest, which is never significant), and what is told of its
        spreads: `spread_flows`, `distinct_*`, `entropy_*`.
    """
    numbers = nw.from_dict(
        {"window_us": encoded.windows, "w": list(range(len(encoded.windows)))},
        {"window_us": nw.Int64(), "w": nw.Int64()},
        backend=encoded.hosts.implementation,
    )
    hosts = on_engine(encoded.hosts, counts).rename({"code": "value"})
    counts = counts.join(on_engine(numbers, counts), on="window_us", how="inner")
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
                "flows",
                *SPREADS,
                nw.col("values").cast(nw.Float64),
                dimension=nw.lit(place).cast(nw.Int64),
                logs=nw.col("flow_logs"),
                size=size.cast(nw.Int64),
            )
        )
    return held(nw.concat(parts))


def numbers_of(counted: nw.LazyFrame[Any] | None) -> set[int]:
    """The numbers of the windows that `true_counts` tells of."""
    return set() if counted is None else set(rows_of(counted.select("w").unique())["w"].to_list())


def decided(seen: nw.LazyFrame[Any], counted: nw.LazyFrame[Any] | None) -> nw.LazyFrame[Any]:
    """The counts of the rows, and instead of them the true ones of windows that have them."""
    if "size" not in seen.collect_schema():
        flows = nw.col("flows").cast(nw.Float64)
        seen = seen.with_columns(logs=flows * flows.log(), values=nw.lit(1.0), size=nw.col("flows"))
    if counted is None:
        return seen
    names = ["w", "value", "flows", "logs", "values", "size"]
    rest = seen.join(counted.select("w").unique(), on="w", how="anti")
    return held(nw.concat([rest.select(*names), counted.select(*names)]))


def weighted_spreads(
    encoded: Encoded, found: nw.DataFrame[Any], counted: nw.LazyFrame[Any] | None, seen: nw.LazyFrame[Any]
) -> nw.LazyFrame[Any]:
    """How clusters of flows with weights spread: from what was counted of all flows where it was, else from the rows.

    Args:
        encoded: The flows.
        found: `cluster`, `w`, `dimension`, `value`, `flows`, `counted`.
        counted: What `true_counts` returns.
        seen: What `spreads` returns, which holds where nothing was thinned.

    Returns:
        `cluster`, `free`, `distinct`, `uncertainty`.
    """
    names = ["cluster", "free", "distinct", "uncertainty"]
    told = None if counted is None else rows_of(_told(counted, on_engine(found, counted)))
    known = [] if told is None else told["cluster"].unique().to_list()
    thinned = nw.col("w").is_in(sorted(encoded.thinned))
    rest = found.filter(thinned & ~nw.col("cluster").is_in(known))
    whole = found.filter(~thinned)["cluster"].to_list()
    parts = [seen.filter(nw.col("cluster").is_in(whole)).select(*names)]
    parts += [] if told is None else [on_engine(told, encoded.rows).select(*names)]
    parts += [estimates(encoded, members(encoded, rest)).select(*names)] if len(rest) else []
    return held(nw.concat(parts))


def _told(counted: nw.LazyFrame[Any], clusters: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    clusters = clusters.select("cluster", "w", "dimension", "value", "counted")
    known = clusters.join(counted.drop("flows"), on=["w", "dimension", "value"], how="inner")
    known = known.filter(nw.col("spread_flows").cast(nw.Float64) >= MOST * nw.col("counted"))
    parts = []
    for place, free in enumerate(DIMENSIONS):
        own = known.filter(~nw.col(f"entropy_{free}").is_null())
        own = own.select(
            "cluster",
            free=nw.lit(place).cast(nw.Int64),
            distinct=nw.col(f"distinct_{free}"),
            entropy=nw.col(f"entropy_{free}"),
            flows=nw.col("spread_flows"),
        )
        parts.append(own.with_columns(uncertainty=relative_uncertainty(is_port(free))))
    return nw.concat(parts).select("cluster", "free", "distinct", "uncertainty")


def scaled(clusters: Rows, states: Rows) -> tuple[Rows, Rows]:
    """The rows of clusters and states with their sums scaled to the flows that were truly counted, where these are known."""
    factors = {row["cluster"]: row["counted"] / row["flows"] for row in clusters if "counted" in row}
    if not factors:
        return clusters, states
    of_clusters = [
        {**row, **{name: round(row[name] * factors[row["cluster"]]) for name in SUMS}, "flows": row["counted"]}
        for row in clusters
    ]
    return of_clusters, [
        {
            **row,
            **{
                name: round(row[name] * factors[row["cluster"]]) for name in ("count", *COUNTS) if row[name] is not None
            },
        }
        for row in states
    ]
