"""Step 3: dominant states: the few values that most of a cluster's flows share, from the most certain dimension on."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE
from wiretell.analyses.behavior.encode import Encoded, packed, unpacked
from wiretell.analyses.behavior.held import held, rows_of

_STEPS = ("first", "second", "third")


def dominant_states(
    encoded: Encoded, vectors: nw.LazyFrame[Any], values: nw.LazyFrame[Any], delta: float
) -> nw.LazyFrame[Any]:
    """The dominant states of each cluster, all branches, from none to three fixed values.

    Args:
        encoded: The flows.
        vectors: `cluster`, `w`, `dimension`, `value`, `flows`, `first`, `second`, `third`.
        values: `cluster`, `free`, `value`, `count`, `share`: at least the values with a share of delta^3.
        delta: The conditional share from which a value is kept.

    Returns:
        `cluster`, `depth` (0 to 3), `a`, `b`, `c` (values of the first, second and third dimension; null for any) and
        `count` (flows). A state that another one extends is there, too: their shares tell how much it explains.
    """
    order = held(vectors.select("cluster", "w", "dimension", "value", "flows", *_STEPS))
    nothing = nw.lit(None).cast(nw.Int64)
    none = order.select("cluster", depth=_whole(0), a=nothing, b=nothing, c=nothing, count="flows")
    tops = values.filter(nw.col("share") >= delta).select("cluster", "free", "count", a="value")
    first = order.join(tops, left_on=["cluster", "first"], right_on=["cluster", "free"], how="inner")
    first = first.with_columns(key=packed(encoded.bits, "w", "value", "a"))
    first = held(first.with_row_index("state", order_by=["cluster", "a"]).with_columns(nw.col("state").cast(nw.Int64)))
    seconds, thirds = [], []
    for place, dimension in enumerate(DIMENSIONS):
        own = first.filter(nw.col("dimension") == place)
        flows = held(nw.concat([_flows_in(encoded, own, dimension, step) for step in FREE[dimension]]))
        # A state's share of its cluster is at least delta^depth, and so is that of each of its values: few can extend.
        able = _able(own.select("cluster", "state", free="second"), values, delta**2, encoded.bits)
        key = packed(encoded.bits, "state", "b")
        second = _extended(
            flows.filter(key.is_in(able)),
            own.select("cluster", "third", "state", "a", parent="count"),
            "b",
            delta,
            encoded.bits,
        )
        seconds.append(second)
        inner = held(second.select(inner="state", key=packed(encoded.bits, "outer", "b")))
        flows = flows.with_columns(key=key).filter(nw.col("key").is_in(rows_of(inner)["key"].to_list()))
        flows = flows.join(inner, on="key", how="inner").select("c", state="inner")
        able = _able(second.select("cluster", "state", free="third"), values, delta**3, encoded.bits)
        flows = flows.filter(packed(encoded.bits, "state", "c").is_in(able))
        states = second.select("cluster", "state", "a", "b", parent="count")
        thirds.append(_extended(flows, states, "c", delta, encoded.bits))
    names = ["cluster", "depth", "a", "b", "c", "count"]
    first = first.with_columns(depth=_whole(1), b=nothing, c=nothing)
    second = nw.concat(seconds).with_columns(depth=_whole(2), c=nothing)
    third = nw.concat(thirds).with_columns(depth=_whole(3))
    return held(nw.concat([frame.select(*names) for frame in (none, first, second, third)]))


def _whole(number: int) -> nw.Expr:
    return nw.lit(number).cast(nw.Int64)


def _flows_in(encoded: Encoded, states: nw.LazyFrame[Any], dimension: str, step: str) -> nw.LazyFrame[Any]:
    """The flows in states of depth 1 of one dimension's clusters that fix one free dimension: `state`, `b`, `c`."""
    mine = states.filter(nw.col("first") == DIMENSIONS.index(step))
    one, other = (free for free in FREE[dimension] if free != step)
    straight = nw.col("second") == DIMENSIONS.index(one)
    wanted = held(mine.select("key", "state", straight=straight))
    key = packed(encoded.bits, "w", dimension, step)
    flows = encoded.rows.select(one, other, key=key).filter(nw.col("key").is_in(rows_of(wanted)["key"].to_list()))
    flows = flows.join(wanted, on="key", how="inner")
    return flows.select(
        "state",
        b=nw.when(nw.col("straight")).then(nw.col(one)).otherwise(nw.col(other)),
        c=nw.when(nw.col("straight")).then(nw.col(other)).otherwise(nw.col(one)),
    )


def _able(states: nw.LazyFrame[Any], values: nw.LazyFrame[Any], least: float, bits: int) -> list[int]:
    """The values that a state can have in its next dimension, with its number: of enough flows in the cluster."""
    frequent = values.filter(nw.col("share") >= least * (1 - 1e-9)).select("cluster", "free", "value")
    found = states.join(frequent, on=["cluster", "free"], how="inner")
    return rows_of(found.select(key=packed(bits, "state", "value")))["key"].to_list()


def _extended(
    flows: nw.LazyFrame[Any], states: nw.LazyFrame[Any], name: str, delta: float, bits: int
) -> nw.LazyFrame[Any]:
    """The states with one more value each that holds at least delta of their flows, numbered anew as `state`."""
    counts = flows.select(key=packed(bits, "state", name)).group_by("key").agg(count=nw.len().cast(nw.Int64))
    outer, value = unpacked(bits, "key")
    counts = counts.select("count", outer=outer, **{name: value})
    longer = counts.join(states, left_on="outer", right_on="state", how="inner")
    longer = longer.filter(nw.col("count").cast(nw.Float64) / nw.col("parent") >= delta)
    numbered = longer.with_row_index("state", order_by=["outer", name])
    return held(numbered.with_columns(nw.col("state").cast(nw.Int64)))
