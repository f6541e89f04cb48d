"""The true counts of windows whose flows were thinned, as the search for significant clusters reads them."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, is_port
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.weighted.encode import Encoded, microseconds


def true_counts(counts: nw.LazyFrame[Any], encoded: Encoded) -> nw.LazyFrame[Any]:
    """Encodes a `cluster_counts` table.

    Returns:
        `w`, `dimension` (its place in `DIMENSIONS`), `value` (null for a value of no kept flow, and for the rest), `flows`,
        `logs`, `values`, `size` (flows of the value; 0 for the rest, which is never significant).
    """
    counts = counts.with_columns(window_us=microseconds("window")).join(encoded.windows, on="window_us", how="inner")
    parts = []
    for place, dimension in enumerate(DIMENSIONS):
        own = counts.filter(nw.col("dimension") == dimension)
        if is_port(dimension):
            own = own.with_columns(value=nw.col("key").cast(nw.Int64))
        else:
            own = own.join(encoded.hosts.rename({"code": "value"}), left_on="key", right_on="ip", how="left")
        size = nw.when(nw.col("key").is_null()).then(nw.lit(0)).otherwise(nw.col("flows"))
        parts.append(
            own.select(
                nw.col("w").cast(nw.Int64),
                nw.col("value").cast(nw.Int64),
                nw.col("flows"),
                nw.col("values").cast(nw.Float64),
                dimension=nw.lit(place).cast(nw.Int64),
                logs=nw.col("flow_logs"),
                size=size.cast(nw.Int64),
            )
        )
    return held(nw.concat(parts))
