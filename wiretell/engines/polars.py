"""Polars: the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretell.schema import Table, Type

if TYPE_CHECKING:
    import polars as pl


def polars_schema(table: Table) -> pl.Schema:
    """The table's columns as Polars types."""
    import polars as pl

    types = {
        Type.INT16: pl.Int16(),
        Type.INT32: pl.Int32(),
        Type.INT64: pl.Int64(),
        Type.FLOAT64: pl.Float64(),
        Type.STRING: pl.String(),
        Type.BOOLEAN: pl.Boolean(),
        Type.BINARY: pl.Binary(),
        Type.TIMESTAMP: pl.Datetime("us", "UTC"),
        Type.TIMESTAMP_NS: pl.Datetime("ns", "UTC"),
    }
    return pl.Schema({column.name: types[column.type] for column in table.columns})


def empty(table: Table) -> pl.DataFrame:
    """The table without rows."""
    import polars as pl

    return pl.DataFrame(schema=polars_schema(table))


def owned(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its texts copied: one that is a view into a batch would keep all of that batch in memory."""
    import polars as pl

    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(pl.concat_str(pl.lit(""), pl.col(name)).alias(name) for name in texts)
