"""Intermediate frames that several steps read: held in memory, so that no engine computes them twice."""

from __future__ import annotations

from typing import Any

import narwhals as nw
from narwhals.typing import IntoFrame


def rows_of(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The rows of a lazy frame; Polars computes them in batches, which takes less memory."""
    if frame.implementation.is_polars():
        return frame.collect(engine="streaming")
    return frame.collect()


def held(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame, computed once, on its own engine."""
    return on_engine(rows_of(frame), frame)


def on_engine(rows: nw.DataFrame[Any], like: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Rows in memory as a lazy frame on the engine of another one."""
    backend = like.implementation
    if backend.is_polars() or backend.is_pandas_like() or backend.is_pyarrow():
        return rows.lazy()
    return rows.lazy(backend=backend)


def lazily(frame: IntoFrame) -> nw.LazyFrame[Any]:
    """Any frame as a lazy one; frames of libraries without lazy queries (PyArrow, pandas) on the default engine."""
    given = nw.from_native(frame)
    eager_only = given.implementation.is_pyarrow() or given.implementation.is_pandas_like()
    if isinstance(given, nw.DataFrame) and eager_only:
        return given.lazy(backend="polars")
    return given.lazy()
