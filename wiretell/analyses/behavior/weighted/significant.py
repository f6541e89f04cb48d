"""Step 1: the significant clusters: the smallest set of values whose removal leaves a rest that is nearly random.

Xu, Zhang, Bhattacharyya, SIGCOMM 2005, algorithm 1; the figures of DSN 2007, 2.1 fix the schedule of thresholds. One
reading is ours: a value that is alone in its dimension is significant.
"""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, MIRROR
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.options import BehaviorOptions
from wiretell.analyses.behavior.weighted.encode import SHIFT, key
from wiretell.analyses.behavior.weighted.weights import has_weights, tally, weight_columns

ROUNDS: Final = 44
"""Rounds after which the threshold is below one flow of any window that fits a machine: 0.02 * 2^-44 is 1e-15."""

_SUMS: Final = ("values", "mass", "logs")


def value_counts(rows: nw.LazyFrame[Any], dimension: str) -> nw.LazyFrame[Any]:
    """How many flows each value has: `w`, `value`, `flows`; of flows with weights also `logs` and `values`."""
    counts = tally(rows.select(*weight_columns(rows), key=key("w", dimension)), "flows")
    others = ("logs", "values", "size") if has_weights(rows) else ()
    return counts.select("flows", *others, w=nw.col("key") // SHIFT, value=nw.col("key") % SHIFT)


def cuts(counts: nw.LazyFrame[Any], options: BehaviorOptions) -> nw.LazyFrame[Any]:
    """How the values of each window were cut, a row per round that moved any.

    Args:
        counts: What `value_counts` returns.
        options: The mode, `alpha` and `beta`.

    Returns:
        `w`, `round` (0: nothing moved yet), `threshold` (share of all flows; null in round 0), `significant` and `rest`
        (values in S and in R), `uncertainty` (the relative uncertainty of R, null if R is empty), `least` (the flows
        of the smallest value in S, null if S is empty), `total` (flows) and `last` (whether the search ended here).
    """
    steps = (
        _levels(counts, options)
        .group_by("w", "total", "level")
        .agg(*(nw.col(name).sum() for name in ("listed", *_SUMS)), least=nw.col("flows").min())
        .with_columns(nw.col("values").round(0).cast(nw.Int64), nw.col("mass").cast(nw.Int64))
    )
    suffixes = {f"{name}_from": nw.col(name).cum_sum(reverse=True).over("w", order_by="level") for name in _SUMS}
    steps = steps.with_columns(**suffixes)
    after = {name: nw.col(f"{name}_from").shift(-1).over("w", order_by="level").fill_null(0) for name in _SUMS}
    moved = steps.select(
        "w",
        "total",
        "least",
        round=nw.col("level") + 1,
        significant=nw.col("listed").cum_sum().over("w", order_by="level").cast(nw.Int64),
        rest=after["values"].cast(nw.Int64),
        mass=after["mass"].cast(nw.Int64),
        logs=after["logs"].cast(nw.Float64),
    )
    start = steps.group_by("w", "total").agg(
        rest=nw.col("values").sum().cast(nw.Int64), mass=nw.col("mass").sum().cast(nw.Int64), logs=nw.col("logs").sum()
    )
    start = start.with_columns(
        least=nw.lit(None).cast(nw.Int64), round=nw.lit(0).cast(nw.Int64), significant=nw.lit(0).cast(nw.Int64)
    )
    names = ["w", "total", "round", "significant", "rest", "least", "mass", "logs"]
    trail = nw.concat([start.select(*names), moved.select(*names)])
    trail = trail.with_columns(uncertainty=_uncertainty_of_rest())
    alone = (nw.col("round") == 0) & (nw.col("rest") == 1)
    ends = ((nw.col("rest") <= 1) & ~alone) | (nw.col("uncertainty") > options.beta)
    trail = trail.with_columns(ends=ends.cast(nw.Int64))
    ended = nw.col("ends").cum_sum().over("w", order_by="round") - nw.col("ends")
    trail = trail.with_columns(ended=ended).filter(nw.col("ended") == 0)
    return trail.select(
        "w",
        "round",
        _threshold(options).alias("threshold"),
        "significant",
        "rest",
        "uncertainty",
        "least",
        "total",
        last=nw.col("ends") == 1,
    )


def clusters(
    rows: nw.LazyFrame[Any], options: BehaviorOptions, counted: nw.LazyFrame[Any] | None = None
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """The clusters that are worth a profile, and how they were cut, in all four dimensions.

    Args:
        rows: The flows.
        options: The constants of the method.
        counted: True counts of windows whose flows were thinned, as `true_counts` returns them. They decide there.

    Returns:
        Clusters: `cluster` (number), `w`, `dimension` (its place in `DIMENSIONS`), `value`, `flows`, `total`,
            `significant` and `opposite` (flows of the opposite direction: those with the value in the mirrored
            dimension). With `options.frequent` also values with a share of at least alpha, `significant` false.
            With weights also `counted`, the true flows; `flows` are those that the rows stand for.
        Cuts: the columns of `cuts`, with `dimension`.
    """
    kept, trails = [], []
    seen = {dimension: held(value_counts(rows, dimension)) for dimension in DIMENSIONS}
    for place, dimension in enumerate(DIMENSIONS):
        own = seen[dimension]
        counts = own if counted is None else _decided(own, counted.filter(nw.col("dimension") == place))
        weighted = has_weights(rows)
        size = nw.col("size" if weighted else "flows")
        trail = held(cuts(counts, options))
        trails.append(trail.with_columns(dimension=nw.lit(place).cast(nw.Int64)))
        end = trail.filter(nw.col("last")).select("w", "total", "least")
        found = counts.join(end, on="w", how="inner")
        in_set = (size >= nw.col("least")).fill_null(value=False)
        frequent = size.cast(nw.Float64) / nw.col("total") >= options.alpha
        found = found.with_columns(significant=in_set)
        found = found.filter(in_set | frequent if options.frequent else in_set)
        if weighted:
            found = found.select("w", "value", "total", "significant", counted="flows")
            found = found.join(own.select("w", "value", "flows"), on=["w", "value"], how="inner")
        back = seen[MIRROR[dimension]].select("w", "value", opposite="flows")
        found = found.join(back, on=["w", "value"], how="left").with_columns(nw.col("opposite").fill_null(0))
        found = found.with_columns(dimension=nw.lit(place).cast(nw.Int64))
        names = ["w", "dimension", "value", "flows", "total", "significant", "opposite"]
        kept.append(found.select(*names, *(["counted"] if weighted else [])))
    numbered = nw.concat(kept).with_row_index("cluster", order_by=["w", "dimension", "value"])
    return held(numbered.with_columns(nw.col("cluster").cast(nw.Int64))), nw.concat(trails)


def _decided(own: nw.LazyFrame[Any], counted: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The counts of the rows, and the true ones of windows that have them."""
    thinned = counted.select("w").unique()
    names = ["w", "value", "flows", "logs", "values", "size"]
    return held(nw.concat([own.join(thinned, on="w", how="anti").select(*names), counted.select(*names)]))


def _levels(counts: nw.LazyFrame[Any], options: BehaviorOptions) -> nw.LazyFrame[Any]:
    """Distinct counts with how many values have them and the `level` at which they move to S, from 0.

    `listed` values have the count and `mass` flows in all; `values` is their number where unseen ones are reckoned in.
    """
    count, listed = nw.col("flows").cast(nw.Float64), nw.col("listed")
    if "logs" in counts.collect_schema().names():
        sums = {"mass": nw.col("flows").sum(), "logs": nw.col("logs").sum(), "values": nw.col("values").sum()}
        histogram = counts.group_by("w", "size").agg(listed=(nw.col("size") > 0).cast(nw.Int64).sum(), **sums)
        histogram = histogram.rename({"size": "flows"})
    else:
        histogram = counts.group_by("w", "flows").agg(listed=nw.len().cast(nw.Int64))
        histogram = histogram.with_columns(
            mass=nw.col("flows") * listed, logs=count * count.log() * listed, values=listed.cast(nw.Float64)
        )
    histogram = histogram.with_columns(total=nw.col("mass").sum().over("w").cast(nw.Int64))
    if options.mode == "exact":
        rank = nw.col("flows").rank("dense", descending=True).over("w")
        return histogram.with_columns(level=rank.cast(nw.Int64) - 1)
    share = nw.col("flows").cast(nw.Float64) / nw.col("total")
    level = nw.sum_horizontal(*((share < options.alpha * 2.0**-k).cast(nw.Int64) for k in range(ROUNDS)))
    return histogram.with_columns(level=level.cast(nw.Int64))


def _uncertainty_of_rest() -> nw.Expr:
    """H(X) / log |R| of the rest; 0 for one value, null for none."""
    mass = nw.col("mass").cast(nw.Float64)
    entropy = mass.log() - nw.col("logs") / mass
    relative = (entropy / nw.col("rest").cast(nw.Float64).log()).round(12)
    return nw.when(nw.col("rest") > 1).then(relative).otherwise(nw.when(nw.col("rest") == 1).then(nw.lit(0.0)))


def _threshold(options: BehaviorOptions) -> nw.Expr:
    if options.mode == "exact":
        return nw.col("least").cast(nw.Float64) / nw.col("total")
    halvings = (nw.col("round") - 1).cast(nw.Float64)
    return nw.when(nw.col("round") > 0).then(nw.lit(2.0) ** (-halvings) * options.alpha)
