"""Result tables: rows as Python values to frames with the declared columns, on the engine's eager side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import narwhals as nw

from wiretell.schema import Table, Type

_TYPES: Final[dict[Type, nw.dtypes.DType]] = {
    Type.INT16: nw.Int16(),
    Type.INT32: nw.Int32(),
    Type.INT64: nw.Int64(),
    Type.FLOAT64: nw.Float64(),
    Type.STRING: nw.String(),
    Type.BOOLEAN: nw.Boolean(),
    Type.BINARY: nw.Binary(),
    Type.TIMESTAMP: nw.Datetime("us", "UTC"),
}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = Mapping[str, Any]


def table_of(table: Table, rows: Iterable[Row], backend: nw.Implementation) -> nw.DataFrame[Any]:
    """The rows as a frame with the columns and types of a table, in its order; lazy engines get a PyArrow one."""
    listed = list(rows)
    data = {column.name: [row[column.name] for row in listed] for column in table.columns}
    schema = {column.name: _TYPES[column.type] for column in table.columns}
    return nw.from_dict(data, schema, backend="polars" if backend.is_polars() else "pyarrow")


def dicts(frame: nw.DataFrame[Any]) -> list[dict[str, Any]]:
    """The rows of a frame as dictionaries."""
    return [dict(row) for row in frame.iter_rows(named=True)]


def moment(microseconds: int) -> datetime:
    """A time from microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)
