"""What the flows of a cluster look like, beyond where they go: sizes, protocols, flags, times."""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.encode import Encoded, packed
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.uncertainty import Members

KINDS: Final = ("tcp", "udp", "icmp", "probe", "answer", "amplified")
"""Flows of each kind are counted as `<kind>_flows`."""


def measures(encoded: Encoded, clusters: dict[str, Members]) -> nw.LazyFrame[Any]:
    """Sums over the flows of each cluster: a row per `cluster`.

    Args:
        encoded: The flows.
        clusters: What `members` finds.

    Returns:
        `packets`, `bytes`, `payload_bytes` (sums), `packets_mean`, `packets_variance`, `bytes_mean`, `bytes_variance`
        (per flow, of the population), `start`, `end` (microseconds) the counts of `KINDS`, and `amplified_bytes`.
    """
    parts = []
    for dimension, mine in clusters.items():
        inside = encoded.rows.filter(mine.inside).with_columns(wv=packed(encoded.bits, "w", dimension))
        sizes = [nw.col(name).sum().cast(nw.Int64) for name in ("packets", "bytes", "payload_bytes")]
        squares = [
            (nw.col(name).cast(nw.Float64) * nw.col(name)).sum().alias(f"{name}_squares")
            for name in ("packets", "bytes")
        ]
        kinds = [nw.col(name).cast(nw.Int64).sum().cast(nw.Int64).alias(f"{name}_flows") for name in KINDS]
        amplified = (nw.col("bytes") * nw.col("amplified").cast(nw.Int64)).sum().cast(nw.Int64).alias("amplified_bytes")
        times = [nw.col("start").min(), nw.col("end").max()]
        sums = inside.group_by("wv").agg(*sizes, *squares, *kinds, amplified, *times, count=nw.len().cast(nw.Float64))
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
