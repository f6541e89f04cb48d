"""Step 1: the significant clusters: the smallest set of values whose removal leaves a rest that is nearly random.

Xu, Zhang, Bhattacharyya, SIGCOMM 2005, algorithm 1; the figures of DSN 2007, 2.1 fix the schedule of thresholds. One
reading is ours: a value that is alone in its dimension is significant.
"""

from __future__ import annotations

from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, MIRROR
from wiretell.analyses.behavior.encode import Encoded, packed, unpacked
from wiretell.analyses.behavior.held import held, on_engine, rows_of
from wiretell.analyses.behavior.options import BehaviorOptions
from wiretell.analyses.behavior.true_counts import decided, numbers_of
from wiretell.analyses.behavior.weights import number_of, tally

_SUMS: Final = ("values", "mass", "logs")


def value_counts(encoded: Encoded, dimension: str, *, estimated: bool) -> nw.LazyFrame[Any]:
    """How many flows each value has: `w`, `value`, `flows`; if sums over values are estimated, what `tally` says of them."""
    keys = encoded.rows.select(*encoded.weight, key=packed(encoded.bits, "w", dimension))
    if estimated:
        counts = tally(keys).rename({"count": "flows"})
    else:
        counts = keys.group_by("key").agg(flows=number_of(encoded.weighted))
    window, value = unpacked(encoded.bits, "key")
    return counts.with_columns(w=window, value=value).drop("key")


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
    steps = _levels(_histogram(counts), options)
    steps = steps.group_by("w", "total", "level").agg(
        nw.col("listed").sum().cast(nw.Int64),
        nw.col("values").sum().round(0).cast(nw.Int64),
        nw.col("mass").sum().cast(nw.Int64),
        nw.col("logs").sum(),
        least=nw.col("flows").min(),
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
    encoded: Encoded, options: BehaviorOptions, counted: nw.LazyFrame[Any] | None = None
) -> tuple[nw.DataFrame[Any], nw.DataFrame[Any]]:
    """The clusters that are worth a profile, and how they were cut, in all four dimensions.

    Args:
        encoded: The flows.
        options: The constants of the method.
        counted: True counts of windows whose flows were thinned, as `true_counts` returns them. They decide there.

    Returns:
        Clusters: `cluster` (number), `w`, `dimension` (its place in `DIMENSIONS`), `value`, `flows`, `total`,
            `significant` and `opposite` (flows of the opposite direction: those with the value in the mirrored
            dimension). With `options.frequent` also values with a share of at least alpha, `significant` false.
            Of flows with weights also `counted`, the true flows; `flows` are those that the rows stand for.
        Cuts: the columns of `cuts`, with `dimension`.
    """
    kept, trails = [], []
    estimated = not encoded.thinned <= numbers_of(counted)
    seen = {dimension: held(value_counts(encoded, dimension, estimated=estimated)) for dimension in DIMENSIONS}
    size = nw.col("size" if encoded.weighted else "flows")
    columns = ["w", "dimension", "value", "flows", "total", "significant", "opposite"]
    for place, dimension in enumerate(DIMENSIONS):
        own = seen[dimension]
        counts = own
        if encoded.weighted:
            counts = decided(own, None if counted is None else counted.filter(nw.col("dimension") == place))
        trail = rows_of(cuts(counts, options))
        trails.append(trail.with_columns(dimension=nw.lit(place).cast(nw.Int64)))
        end = on_engine(trail.filter(nw.col("last")).select("w", "total", "least"), counts)
        found = counts.join(end, on="w", how="inner")
        in_set = (size >= nw.col("least")).fill_null(value=False)
        frequent = size.cast(nw.Float64) / nw.col("total") >= options.alpha
        found = found.with_columns(significant=in_set)
        found = found.filter(in_set | frequent if options.frequent else in_set)
        if encoded.weighted:
            found = found.select("w", "value", "total", "significant", counted="flows")
            found = found.join(own.select("w", "value", "flows"), on=["w", "value"], how="inner")
        back = seen[MIRROR[dimension]].select("w", "value", opposite="flows")
        found = found.join(back, on=["w", "value"], how="left").with_columns(nw.col("opposite").fill_null(0))
        found = found.with_columns(dimension=nw.lit(place).cast(nw.Int64))
        kept.append(found.select(*columns, *(["counted"] if encoded.weighted else [])))
    found_in_all = rows_of(nw.concat(kept)).sort("w", "dimension", "value").with_row_index("cluster")
    return found_in_all.with_columns(nw.col("cluster").cast(nw.Int64)), nw.concat(trails)


def _histogram(counts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Distinct counts as `flows`; how many values have them (`listed`), the sum of these and of c log c (`mass`, `logs`).

    `values` is how many there are where unseen ones are reckoned in. `flows` is 0 of a row that is no value but a rest.
    """
    if "size" in counts.collect_schema():
        listed = (nw.col("size") > 0).cast(nw.Int64).sum()
        sums = {"mass": nw.col("flows").sum(), "logs": nw.col("logs").sum(), "values": nw.col("values").sum()}
        return counts.group_by("w", "size").agg(listed=listed, **sums).rename({"size": "flows"})
    count, listed = nw.col("flows").cast(nw.Float64), nw.col("listed")
    histogram = counts.group_by("w", "flows").agg(listed=nw.len().cast(nw.Int64))
    sums = {"mass": nw.col("flows") * listed, "logs": count * count.log() * listed, "values": listed.cast(nw.Float64)}
    return histogram.with_columns(**sums)


def _levels(histogram: nw.LazyFrame[Any], options: BehaviorOptions) -> nw.LazyFrame[Any]:
    """The distinct counts with the `total` of the window and the `level` at which they move to S, from 0."""
    histogram = histogram.with_columns(total=nw.col("mass").sum().over("w").cast(nw.Int64))
    if options.mode == "exact":
        rank = nw.col("flows").rank("dense", descending=True).over("w")
        return histogram.with_columns(level=rank.cast(nw.Int64) - 1)
    # A rest, which counts as none, comes after every value.
    flows = nw.when(nw.col("flows") > 0).then(nw.col("flows").cast(nw.Float64)).otherwise(nw.lit(0.5))
    histogram = histogram.with_columns(share=flows / nw.col("total"))
    guess = (nw.lit(options.alpha) / nw.col("share")).log(2).ceil()
    histogram = histogram.with_columns(guess=nw.when(guess > 0).then(guess).otherwise(nw.lit(0.0)))
    # The logarithm may be off by one where a share lies on a threshold; the thresholds themselves are exact.
    late = (nw.col("share") < _threshold_of(nw.col("guess"), options)).cast(nw.Int64)
    early = (nw.col("guess") > 0) & (nw.col("share") >= _threshold_of(nw.col("guess") - 1, options))
    level = nw.col("guess").cast(nw.Int64) + late - early.cast(nw.Int64)
    return histogram.with_columns(level=level).drop("share", "guess")


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
    return nw.when(nw.col("round") > 0).then(_threshold_of(halvings, options))


def _threshold_of(halvings: nw.Expr, options: BehaviorOptions) -> nw.Expr:
    return nw.lit(2.0) ** (halvings * -1) * options.alpha
