"""A summary as a table: schema.SUMMARY in CSV and Parquet."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.reports.files import write_bytes
from wiretell.reports.summary_result import SummaryResult
from wiretell.schema import SUMMARY, Type

if TYPE_CHECKING:
    import polars as pl


def frame(result: SummaryResult) -> pl.DataFrame:
    """The rows as a Polars frame with the columns of schema.SUMMARY."""
    import polars as pl

    types = {
        Type.INT32: pl.Int32(),
        Type.INT64: pl.Int64(),
        Type.FLOAT64: pl.Float64(),
        Type.STRING: pl.String(),
        Type.TIMESTAMP: pl.Int64(),
    }
    raw = {column.name: types[column.type] for column in SUMMARY.columns}
    times = [column.name for column in SUMMARY.columns if column.type is Type.TIMESTAMP]
    rows = pl.DataFrame(result.rows, schema=raw, orient="row")
    return rows.with_columns(pl.col(times).cast(pl.Datetime("us", "UTC")))


def write_csv(result: SummaryResult, target: str) -> None:
    """Writes CSV to a file, or to standard output for `-`.

    Raises:
        WiretellError: if the file cannot be written.
    """
    text = frame(result).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    if target == "-":
        sys.stdout.write(text)
        return
    write_bytes(Path(target), text.encode())


def write_parquet(result: SummaryResult, target: Path) -> None:
    """Writes a Parquet file.

    Raises:
        WiretellError: if the file cannot be written.
    """
    buffer = io.BytesIO()
    frame(result).write_parquet(buffer)
    write_bytes(target, buffer.getvalue())
