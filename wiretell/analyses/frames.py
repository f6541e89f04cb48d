"""What analyses need of frames beyond Narwhals' expressions: a small table beside another, and its rows."""

from __future__ import annotations

from typing import Any

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.errors import SchemaError
from wiretell.schema import Table, Type

_NUMPY = "numpy.dtypes"
_NULLABLE = {
    Type.INT16: "Int16",
    Type.INT32: "Int32",
    Type.INT64: "Int64",
    Type.FLOAT64: "Float64",
    Type.BOOLEAN: "boolean",
}


def check_table(frame: Any, tables: str, *marks: str) -> None:
    """Checks that a frame has one of the columns by which tables are told.

    Raises:
        SchemaError: if it has none.
    """
    if not set(marks) & set(frame.collect_schema().names()):
        raise SchemaError(
            f"the frame is no table of {tables}: it has no {' and no '.join(marks)}",
            hint="docs/tables.md has the columns",
        )


def beside(frame: nw.LazyFrame[Any], data: dict[str, list[Any]]) -> nw.LazyFrame[Any]:
    """A small table on the engine of another frame, to join with it: Int64 and String columns."""
    schema = {
        name: nw.String() if isinstance(next((value for value in column if value is not None), 0), str) else nw.Int64()
        for name, column in data.items()
    }
    backend = frame.implementation
    if backend.is_polars() or backend.is_pandas_like() or backend.is_pyarrow():
        return nw.from_dict(data, schema, backend=backend).lazy()
    return nw.from_dict(data, schema, backend="pyarrow").lazy(backend=backend)


def collected(frame: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The rows of a lazy frame; Polars computes them in batches, which takes less memory and is faster."""
    if frame.implementation.is_polars():
        return frame.collect(engine="streaming")
    return frame.collect()


def kept(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The same table, for several uses: computed once where the engine is of this process, else left to its planner."""
    backend = frame.implementation
    if backend.is_spark_like():
        return frame
    rows = collected(frame)
    return rows.lazy(backend=backend) if backend.is_duckdb() else rows.lazy()


def rows_of(frames: list[nw.LazyFrame[Any]]) -> list[dict[str, Any]]:
    """The rows of several small frames of one shape: Polars computes all at once, other engines one after the other."""
    if frames[0].implementation.is_polars():
        return collected(nw.concat(frames)).rows(named=True)
    return [row for frame in frames for row in collected(frame).rows(named=True)]


def nullable(frame: IntoFrame, table: Table) -> Any:
    """A frame on any engine; of pandas its columns of NumPy, which has no null but NaN, in types that have one.

    Args:
        frame: The frame, in columns of the table.
        table: What types its columns have.
    """
    given: Any = nw.from_native(frame)
    if not given.implementation.is_pandas():
        return given
    native = given.to_native()
    types = {
        column.name: _NULLABLE[column.type]
        for column in table.columns
        if column.type in _NULLABLE and column.name in native and type(native[column.name].dtype).__module__ == _NUMPY
    }
    return nw.from_native(native.astype(types))
