"""Flows that were cut at window borders, put together again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.frames import kept
from wiretell.settings import IDLE_TIMEOUT_SECONDS

AT_BORDER: Final = 2
"""The `end_reason` of a flow that a window border ended."""

_KEY: Final = ("src_ip", "dst_ip", "src_port", "dst_port", "protocol")
_SUMS: Final = ("packets", "bytes", "payload_bytes", "bytes_squared", "fragments")


def crossings(flows: IntoFrame, width_seconds: float, idle_seconds: float = IDLE_TIMEOUT_SECONDS) -> tuple[Any, Any]:
    """The flows of which pieces may go on after a border, as the pieces and put together; all others are whole.

    Put together they are as metered without windows, if no clock stepped back across a border and no flow was evicted.

    Args:
        flows: A `flows` table that was cut, with at least its key, `window`, `start`, `end`, `end_reason` and
            `sampling`; eager or lazy, of any engine that Narwhals knows.
        width_seconds: The width of its windows.
        idle_seconds: The idle timeout of its flows.

    Returns:
        Two lazy frames, of the same engine if it has windows over groups, with the same columns but `window`, `tcp_flags`,
        `vlan` and `exporter`.
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
    # Most flows that begin or end near a border do not cross it.
    near = frame.filter((goes_on | may_be_later).fill_null(value=False))
    near = kept(near.select(*names, _goes_on=nw.when(goes_on).then(nw.lit(1)).otherwise(nw.lit(0))))
    keys = near.group_by(*_KEY).agg(nw.col("_goes_on").max(), _pieces=nw.len())
    keys = keys.filter((nw.col("_goes_on") > 0) & (nw.col("_pieces") > 1)).select(*_KEY)
    keys = kept(keys.with_row_index("flow", order_by=list(_KEY)))
    pieces = kept(near.drop("_goes_on").join(keys, on=list(_KEY), how="inner"))
    return nw.to_native(pieces.select(*names)), nw.to_native(_joined(pieces, names, idle))


def _joined(pieces: nw.LazyFrame[Any], names: list[str], idle: timedelta) -> nw.LazyFrame[Any]:
    """The pieces, those of one flow as one row; flows of one key have the same number as `flow`."""
    earlier = {name: nw.col(name).shift(1).over("flow", order_by="start") for name in ("end", "end_reason")}
    pieces = pieces.with_columns(earlier_end=earlier["end"], earlier_reason=earlier["end_reason"])
    follows = (nw.col("earlier_reason") == AT_BORDER) & (nw.col("start") <= nw.col("earlier_end") + nw.lit(idle))
    pieces = pieces.with_columns(begins=nw.when(follows.fill_null(value=False)).then(nw.lit(0)).otherwise(nw.lit(1)))
    pieces = pieces.with_columns(number=nw.col("begins").cum_sum().over("flow", order_by="start"))
    schema = pieces.collect_schema()
    whole = pieces.group_by("flow", "number").agg(
        *(nw.col(name).min() for name in (*_KEY, "start")),
        *(nw.col(name).sum() for name in _SUMS if name in names),
        *(nw.col(name).max() for name in ("end", "end_reason", "sampling")),
    )
    # DuckDB adds integers up to wider ones.
    return kept(whole.select(*(nw.col(name).cast(schema[name]) for name in names)))
