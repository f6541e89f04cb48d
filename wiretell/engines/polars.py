"""Polars: the embedded default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretell.schema import Table, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def completed(frame: pl.LazyFrame, table: Table, usual: Mapping[str, int | None]) -> pl.LazyFrame:
    """The columns of a table that a frame has, in their types, and those named here with what is usual where it lacks them."""
    import polars as pl

    there = set(frame.collect_schema().names())
    return frame.select(
        (pl.col(name) if name in there else pl.lit(usual[name]).alias(name)).cast(kind)
        for name, kind in polars_schema(table).items()
        if name in there or name in usual
    )


def owned(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its texts copied: one that is a view into a batch would keep all of that batch in memory."""
    import polars as pl

    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(pl.concat_str(pl.lit(""), pl.col(name)).alias(name) for name in texts)
