"""Step 3: dominant states: the few values that most of a cluster's flows share, from the most certain dimension on."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE
from wiretell.analyses.behavior.held import held
from wiretell.analyses.behavior.weighted.encode import SHIFT, key
from wiretell.analyses.behavior.weighted.weights import has_weights, number_of, weight_columns

_STEPS = ("first", "second", "third")


def dominant_states(
    rows: nw.LazyFrame[Any], vectors: nw.LazyFrame[Any], values: nw.LazyFrame[Any], delta: float
) -> nw.LazyFrame[Any]:
    """The dominant states of each cluster, all branches, from none to three fixed values.

    Args:
        rows: Flows with the numbers of their clusters.
        vectors: `cluster`, `dimension`, `flows`, `first`, `second`, `third`.
        values: `cluster`, `free`, `value`, `count`: the values with a share of at least delta.
        delta: The conditional share from which a value is kept.

    Returns:
        `cluster`, `depth` (0 to 3), `a`, `b`, `c` (values of the first, second and third dimension; null for any) and
        `count` (flows). A state that another one extends is there, too: their shares tell how much it explains.
    """
    order = held(vectors.select("cluster", "dimension", "flows", *_STEPS))
    nothing = nw.lit(None).cast(nw.Int64)
    none = order.select("cluster", depth=_whole(0), a=nothing, b=nothing, c=nothing, count="flows")
    first = order.join(values, left_on=["cluster", "first"], right_on=["cluster", "free"], how="inner")
    first = first.select("cluster", "dimension", "second", "third", a="value", count="count")
    first = held(first.with_row_index("state", order_by=["cluster", "a"]).with_columns(nw.col("state").cast(nw.Int64)))
    seconds, thirds = [], []
    for place, dimension in enumerate(DIMENSIONS):
        own = first.filter(nw.col("dimension") == place)
        flows = held(_flows_in(rows, order.filter(nw.col("dimension") == place), own, dimension))
        second = _extended(flows, own.select("cluster", "state", "a", parent="count"), "b", delta)
        seconds.append(second)
        inner = second.select(inner="state", key=key("outer", "b"))
        flows = flows.with_columns(key=key("state", "b"))
        flows = flows.join(inner, on="key", how="inner").select("c", *weight_columns(flows), state="inner")
        thirds.append(_extended(flows, second.select("cluster", "state", "a", "b", parent="count"), "c", delta))
    names = ["cluster", "depth", "a", "b", "c", "count"]
    first = first.with_columns(depth=_whole(1), b=nothing, c=nothing)
    second = nw.concat(seconds).with_columns(depth=_whole(2), c=nothing)
    third = nw.concat(thirds).with_columns(depth=_whole(3))
    return held(nw.concat([frame.select(*names) for frame in (none, first, second, third)]))


def _whole(number: int) -> nw.Expr:
    return nw.lit(number).cast(nw.Int64)


def _flows_in(
    rows: nw.LazyFrame[Any], order: nw.LazyFrame[Any], states: nw.LazyFrame[Any], dimension: str
) -> nw.LazyFrame[Any]:
    """The flows of a dimension's clusters that are in a state of depth 1: `state`, `b`, `c` and their weight, if any."""
    cluster, weight = f"{dimension}_cluster", weight_columns(rows)
    inside = rows.filter(~nw.col(cluster).is_null())
    inside = inside.select(*FREE[dimension], *weight, cluster=nw.col(cluster).cast(nw.Int64))
    inside = inside.join(order.select("cluster", *_STEPS), on="cluster", how="inner")
    inside = inside.select(
        "cluster", *weight, **{name: _value_at(step, dimension) for name, step in zip("abc", _STEPS, strict=True)}
    )
    inside = inside.select("b", "c", *weight, key=key("cluster", "a"))
    keys = states.select("state", key=key("cluster", "a"))
    return inside.join(keys, on="key", how="inner").select("state", "b", "c", *weight)


def _value_at(step: str, dimension: str) -> nw.Expr:
    x, y, z = FREE[dimension]
    last = nw.when(nw.col(step) == DIMENSIONS.index(y)).then(nw.col(y)).otherwise(nw.col(z))
    return nw.when(nw.col(step) == DIMENSIONS.index(x)).then(nw.col(x)).otherwise(last)


def _extended(flows: nw.LazyFrame[Any], states: nw.LazyFrame[Any], name: str, delta: float) -> nw.LazyFrame[Any]:
    """The states with one more value each that holds at least delta of their flows, numbered anew as `state`."""
    keys = flows.select(*weight_columns(flows), key=key("state", name))
    counts = keys.group_by("key").agg(count=number_of(has_weights(flows)))
    counts = counts.select("count", outer=nw.col("key") // SHIFT, **{name: nw.col("key") % SHIFT})
    longer = counts.join(states, left_on="outer", right_on="state", how="inner")
    longer = longer.filter(nw.col("count").cast(nw.Float64) / nw.col("parent") >= delta)
    numbered = longer.with_row_index("state", order_by=["outer", name])
    return held(numbered.with_columns(nw.col("state").cast(nw.Int64)))
