"""What the flows of a cluster look like, beyond where they go: sizes, protocols, flags, times."""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.encode import Encoded, packed
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.uncertainty import Members
from wiretell.analyses.behavior.weights import number_of, times_weight

KINDS: Final = ("tcp", "udp", "icmp", "probe", "query", "answer", "amplified")
"""Flows of each kind are counted as `<kind>_flows`."""

SUMS: Final = ("packets", "bytes", "payload_bytes", *(f"{kind}_flows" for kind in KINDS), "amplified_bytes")
"""Whole numbers that are sums over flows."""


def measures(encoded: Encoded, clusters: dict[str, Members]) -> nw.LazyFrame[Any]:
    """Sums over the flows of each cluster: a row per `cluster`.

    Args:
        encoded: The flows.
        clusters: What `members` finds.

    Returns:
        `packets`, `bytes`, `payload_bytes` (sums), `packets_mean`, `packets_variance`, `bytes_mean`, `bytes_variance`
        (per flow, of the population), `start`, `end` (microseconds), the counts of `KINDS`, and `amplified_bytes`. Of flows
        with weights also `heaviest`, the most flows that a row stands for.
    """

    def total(each: nw.Expr) -> nw.Expr:
        return times_weight(each, encoded.weighted).sum()

    parts = []
    for dimension, mine in clusters.items():
        inside = encoded.rows.filter(mine.inside).with_columns(wv=packed(encoded.bits, "w", dimension))
        kinds = {name: nw.col(name).cast(nw.Int64) for name in KINDS}
        whole = {name: nw.col(name) for name in ("packets", "bytes", "payload_bytes")}
        whole |= {f"{name}_flows": kind for name, kind in kinds.items()}
        whole["amplified_bytes"] = nw.col("bytes") * kinds["amplified"]
        squares = {f"{name}_squares": nw.col(name).cast(nw.Float64) * nw.col(name) for name in ("packets", "bytes")}
        sums = inside.group_by("wv").agg(
            *(total(each).cast(nw.Int64).alias(name) for name, each in whole.items()),
            *(total(each).alias(name) for name, each in squares.items()),
            nw.col("start").min(),
            nw.col("end").max(),
            *(nw.col(name).max().alias("heaviest") for name in encoded.weight),
            count=number_of(encoded.weighted).cast(nw.Float64),
        )
        parts.append(held(sums.join(mine.clusters.select("wv", "cluster"), on="wv", how="inner").drop("wv")))
    sums = nw.concat(parts)
    means = {f"{name}_mean": nw.col(name) / nw.col("count") for name in ("packets", "bytes")}
    sums = sums.with_columns(**means)
    spreads = {
        f"{name}_variance": nw.col(f"{name}_squares") / nw.col("count") - nw.col(f"{name}_mean") ** 2
        for name in ("packets", "bytes")
    }
    bounded = {name: nw.when(value > 0).then(value).otherwise(nw.lit(0.0)) for name, value in spreads.items()}
    return sums.with_columns(**bounded).drop("count", "packets_squares", "bytes_squares")
