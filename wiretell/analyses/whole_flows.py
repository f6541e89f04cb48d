"""Flows that were cut at window borders, put together again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.settings import IDLE_TIMEOUT_SECONDS

AT_BORDER: Final = 2
"""The `end_reason` of a flow that a window border ended."""

_KEY: Final = ("src_ip", "dst_ip", "src_port", "dst_port", "protocol")
_SUMS: Final = ("packets", "bytes", "payload_bytes", "bytes_squared", "fragments")


def whole_flows(flows: IntoFrame, width_seconds: float, idle_seconds: float = IDLE_TIMEOUT_SECONDS) -> Any:
    """The flows as if they had been metered without windows: a piece that a border ended goes on in the next one.

    Args:
        flows: A `flows` table that was cut, with at least its key, `window`, `start`, `end`, `end_reason` and
            `sampling`; eager or lazy, of any engine that Narwhals knows.
        width_seconds: The width of its windows.
        idle_seconds: The idle timeout of its flows.

    Returns:
        A lazy frame, of the same engine if it has windows over groups, with the same columns but `window`, `tcp_flags`, `vlan` and `exporter`. As
        metered whole, if no clock stepped back across a border and no flow was evicted.
    """
    given = nw.from_native(flows)
    eager_only = given.implementation.is_pyarrow() or given.implementation.is_pandas_like()
    # These have no windows over groups.
    frame = given.lazy(backend="polars") if isinstance(given, nw.DataFrame) and eager_only else given.lazy()
    names = [name for name in frame.collect_schema().names() if name not in {"window", "tcp_flags", "vlan", "exporter"}]
    idle, width = timedelta(seconds=idle_seconds), timedelta(seconds=width_seconds)
    border = nw.col("window") + nw.lit(width)
    goes_on = (nw.col("end_reason") == AT_BORDER) & (nw.col("end") + nw.lit(idle) >= border)
    may_be_later = nw.col("start") <= nw.col("window") + nw.lit(idle)
    at_border = (goes_on | may_be_later).fill_null(value=False)
    near, rest = frame.filter(at_border), frame.filter(~at_border).select(*names)
    # Only keys of which a piece goes on: most flows that begin or end near a border do not cross it.
    keys = near.filter(goes_on).select(*_KEY).unique()
    crossing = near.join(keys, on=list(_KEY), how="semi").select(*names)
    single = near.join(keys, on=list(_KEY), how="anti").select(*names)
    return nw.to_native(nw.concat([rest, single, _joined(crossing, names, idle)]))


def _joined(pieces: nw.LazyFrame[Any], names: list[str], idle: timedelta) -> nw.LazyFrame[Any]:
    """The pieces, those of one flow as one row."""
    earlier = {name: nw.col(name).shift(1).over(*_KEY, order_by="start") for name in ("end", "end_reason")}
    pieces = pieces.with_columns(earlier_end=earlier["end"], earlier_reason=earlier["end_reason"])
    follows = (nw.col("earlier_reason") == AT_BORDER) & (nw.col("start") <= nw.col("earlier_end") + nw.lit(idle))
    pieces = pieces.with_columns(begins=nw.when(follows.fill_null(value=False)).then(nw.lit(0)).otherwise(nw.lit(1)))
    pieces = pieces.with_columns(number=nw.col("begins").cum_sum().over(*_KEY, order_by="start"))
    schema = pieces.collect_schema()
    whole = pieces.group_by(*_KEY, "number").agg(
        *(nw.col(name).sum() for name in _SUMS if name in names),
        nw.col("start").min(),
        nw.col("end").max(),
        nw.col("end_reason").max(),
        nw.col("sampling").max(),
    )
    # DuckDB adds integers up to wider ones.
    return whole.select(*(nw.col(name).cast(schema[name]) for name in names))
