"""Step 3: dominant states: the few values that most of a cluster's flows share, from the most certain dimension on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import narwhals as nw

from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE
from wiretell.analyses.behavior.encode import Encoded, packed, unpacked
from wiretell.analyses.behavior.held import held, on_engine, rows_of
from wiretell.analyses.behavior.kind_codes import COUNTS, counts_by_kind, summed
from wiretell.analyses.behavior.uncertainty import Members

_STEPS = ("first", "second", "third")


def dominant_states(
    encoded: Encoded,
    clusters: dict[str, Members],
    vectors: nw.DataFrame[Any],
    values: nw.DataFrame[Any],
    delta: float,
) -> nw.DataFrame[Any]:
    """The dominant states of each cluster, all branches, from none to three fixed values.

    Args:
        encoded: The flows.
        clusters: What `members` finds.
        vectors: `cluster`, `w`, `dimension`, `value`, `flows`, `first`, `second`, `third`.
        values: `cluster`, `free`, `value`, `count`, `share`: at least the values with a share of delta^3.
        delta: The conditional share from which a value is kept.

    Returns:
        `cluster`, `depth` (0 to 3), `a`, `b`, `c` (values of the first, second and third dimension; null for any),
        `count` (flows), and of these `tcp_flows`, `udp_flows`, `icmp_flows`, `probe_flows` (null at depth 0, where they
        are those of the cluster). A state that another one extends is there, too: their shares tell how much it explains.
    """
    nothing = nw.lit(None).cast(nw.Int64)
    none = vectors.select("cluster", depth=_whole(0), a=nothing, b=nothing, c=nothing, count="flows")
    order = vectors.select("cluster", "w", "dimension", "value", *_STEPS)
    tops = values.filter(nw.col("share") >= delta).select("cluster", "free", "count", a="value")
    first = order.join(tops, left_on=["cluster", "first"], right_on=["cluster", "free"], how="inner")
    first = _numbered(first.with_columns(key=packed(encoded.bits, "w", "value", "a")))
    found = [none.with_columns(nothing.alias(name) for name in COUNTS)]
    for place, dimension in enumerate(DIMENSIONS):
        own = first.filter(nw.col("dimension") == place)
        inside = encoded.rows.filter(clusters[dimension].inside)
        parts = [part for step in FREE[dimension] for part in _flows_in(encoded, inside, own, dimension, step)]
        if not parts:
            continue
        flows = held(nw.concat(parts))
        kinds = rows_of(counts_by_kind(flows.select("kind", *encoded.weight, key="state"), weighted=encoded.weighted))
        told = own.join(summed(kinds).drop("count"), left_on="state", right_on="key", how="inner")
        found.append(told.with_columns(depth=_whole(1), b=nothing, c=nothing))
        # A state's share of its cluster is at least delta^depth, and so is that of each of its values: few can extend.
        able = _able(own.select("cluster", "state", free="second"), values, delta**2, encoded.bits)
        states = own.select("cluster", "third", "state", "a", parent="count")
        second = _extended(encoded, flows, states, "b", able, delta)
        if not len(second):
            continue
        inner = second.select(inner="state", key=packed(encoded.bits, "outer", "b"))
        flows = flows.with_columns(key=packed(encoded.bits, "state", "b"))
        flows = flows.filter(nw.col("key").is_in(inner["key"].to_list()))
        flows = flows.join(on_engine(inner, flows), on="key", how="inner").select(
            "c", "kind", *encoded.weight, state="inner"
        )
        able = _able(second.select("cluster", "state", free="third"), values, delta**3, encoded.bits)
        states = second.select("cluster", "state", "a", "b", parent="count")
        third = _extended(encoded, flows, states, "c", able, delta)
        found += [second.with_columns(depth=_whole(2), c=nothing), third.with_columns(depth=_whole(3))]
    return nw.concat([frame.select("cluster", "depth", "a", "b", "c", "count", *COUNTS) for frame in found])


def _whole(number: int) -> nw.Expr:
    return nw.lit(number).cast(nw.Int64)


def _numbered(states: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    return states.with_row_index("state").with_columns(nw.col("state").cast(nw.Int64))


def _flows_in(
    encoded: Encoded, inside: nw.LazyFrame[Any], states: nw.DataFrame[Any], dimension: str, step: str
) -> Iterator[nw.LazyFrame[Any]]:
    """The flows in states of depth 1 of one dimension's clusters that fix one free dimension: `state`, `kind`, `b`, `c`.

    And their weight, if any. Nothing where there is no such state.
    """
    mine = states.filter(nw.col("first") == DIMENSIONS.index(step))
    if not len(mine):
        return
    one, other = (free for free in FREE[dimension] if free != step)
    wanted = mine.select("key", "state", straight=nw.col("second") == DIMENSIONS.index(one))
    key = packed(encoded.bits, "w", dimension, step)
    flows = inside.select(one, other, "kind", *encoded.weight, key=key).filter(
        nw.col("key").is_in(wanted["key"].to_list())
    )
    flows = flows.join(on_engine(wanted, flows), on="key", how="inner")
    yield flows.select(
        "state",
        "kind",
        *encoded.weight,
        b=nw.when(nw.col("straight")).then(nw.col(one)).otherwise(nw.col(other)),
        c=nw.when(nw.col("straight")).then(nw.col(other)).otherwise(nw.col(one)),
    )


def _able(states: nw.DataFrame[Any], values: nw.DataFrame[Any], least: float, bits: int) -> list[int]:
    """The values that a state can have in its next dimension, with its number: of enough flows in the cluster."""
    frequent = values.filter(nw.col("share") >= least * (1 - 1e-9)).select("cluster", "free", "value")
    found = states.join(frequent, on=["cluster", "free"], how="inner")
    keys: list[int] = found.select(key=packed(bits, "state", "value"))["key"].to_list()
    return keys


def _extended(
    encoded: Encoded, flows: nw.LazyFrame[Any], states: nw.DataFrame[Any], name: str, able: list[int], delta: float
) -> nw.DataFrame[Any]:
    """The states with one more value each that holds at least delta of their flows, numbered anew as `state`."""
    keys = flows.select("kind", *encoded.weight, key=packed(encoded.bits, "state", name))
    kinds = counts_by_kind(keys.filter(nw.col("key").is_in(able)), weighted=encoded.weighted)
    outer, value = unpacked(encoded.bits, "key")
    counts = summed(rows_of(kinds)).select("count", *COUNTS, outer=outer, **{name: value})
    longer = counts.join(states, left_on="outer", right_on="state", how="inner")
    return _numbered(longer.filter(nw.col("count").cast(nw.Float64) / nw.col("parent") >= delta))
