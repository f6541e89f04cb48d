"""What the flows of a cluster look like, beyond where they go: sizes, protocols, flags, times."""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.weighted.weights import WEIGHT, has_weights, number_of

KINDS: Final = ("tcp", "udp", "icmp", "probe", "answer", "amplified")
"""Flows of each kind are counted as `<kind>_flows`."""


def measures(rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sums over the flows of each cluster: a row per `cluster`.

    Returns:
        `packets`, `bytes`, `payload_bytes` (sums), `packets_mean`, `packets_variance`, `bytes_mean`, `bytes_variance`
        (per flow, of the population), `start`, `end` (microseconds) the counts of `KINDS`, and `amplified_bytes`.
    """
    parts = []
    weighted = has_weights(rows)
    weight = nw.col(WEIGHT) if weighted else nw.lit(1)
    for dimension in DIMENSIONS:
        cluster = f"{dimension}_cluster"
        inside = rows.filter(~nw.col(cluster).is_null()).with_columns(cluster=nw.col(cluster).cast(nw.Int64))
        sizes = [(nw.col(name) * weight).sum().cast(nw.Int64) for name in ("packets", "bytes", "payload_bytes")]
        squares = [
            (nw.col(name).cast(nw.Float64) * nw.col(name) * weight).sum().alias(f"{name}_squares")
            for name in ("packets", "bytes")
        ]
        kinds = [(nw.col(name).cast(nw.Int64) * weight).sum().cast(nw.Int64).alias(f"{name}_flows") for name in KINDS]
        amplified = (
            (nw.col("bytes") * nw.col("amplified").cast(nw.Int64) * weight)
            .sum()
            .cast(nw.Int64)
            .alias("amplified_bytes")
        )
        times = [nw.col("start").min(), nw.col("end").max()]
        parts.append(
            inside.group_by("cluster").agg(
                *sizes, *squares, *kinds, amplified, *times, count=number_of(weighted).cast(nw.Float64)
            )
        )
    sums = nw.concat([held(part) for part in parts])
    means = {f"{name}_mean": nw.col(name) / nw.col("count") for name in ("packets", "bytes")}
    sums = sums.with_columns(**means)
    spreads = {
        f"{name}_variance": nw.col(f"{name}_squares") / nw.col("count") - nw.col(f"{name}_mean") ** 2
        for name in ("packets", "bytes")
    }
    bounded = {name: nw.when(value > 0).then(value).otherwise(nw.lit(0.0)) for name, value in spreads.items()}
    return sums.with_columns(**bounded).drop("count", "packets_squares", "bytes_squares")


def scaled(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a cluster with its sums scaled to the flows that were truly counted, where these are known."""
    if "counted" not in row:
        return row
    factor = row["counted"] / row["flows"]
    names = ("packets", "bytes", "payload_bytes", "amplified_bytes", *(f"{kind}_flows" for kind in KINDS))
    return {**row, **{name: round(row[name] * factor) for name in names}, "flows": row["counted"], "factor": factor}
