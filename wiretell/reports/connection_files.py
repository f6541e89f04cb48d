"""A connections table, or one made of it, as JSON lines, CSV and Parquet."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.reports.files import replaced

if TYPE_CHECKING:
    import polars as pl

_BATCH = 50_000
_NULL = re.compile(r',"\w+":null(?=[,}])')
_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


def json_lines(tables: Iterable[pl.DataFrame]) -> Iterator[str]:
    """The rows as JSON objects, a line each, in pieces; what is null is left out, times are ISO 8601."""
    import polars.selectors as cs

    for table in tables:
        for batch in table.iter_slices(_BATCH):
            # Of a flood most columns say nothing.
            told = [column.name for column in batch if column.null_count() < batch.height]
            text = batch.select(told).with_columns(cs.datetime().dt.to_string(_TIME)).write_ndjson()
            # A quote within a text is escaped, so that the pattern is never part of one.
            yield _NULL.sub("", text)


def write_csv(tables: Iterable[pl.DataFrame], target: str) -> None:
    """Writes CSV to a file, or to standard output for `-`; the tables, one at least, have the same columns.

    Raises:
        WiretellError: if the file cannot be written.
    """
    if target == "-":
        sys.stdout.writelines(_csv(tables))
        return
    with replaced(Path(target)) as path, path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv(tables))


def write_parquet(tables: Iterable[pl.DataFrame], target: Path) -> None:
    """Writes a Parquet file; the tables, one at least, have the same columns.

    Raises:
        WiretellError: if the file cannot be written.
    """
    from polars.io.plugins import register_io_source

    rest = iter(tables)
    first = next(rest)

    def source(*_pushed_down: object) -> Iterator[pl.DataFrame]:
        yield first
        yield from rest

    with replaced(target) as path:
        register_io_source(source, schema=first.schema).sink_parquet(path)


def _csv(tables: Iterable[pl.DataFrame]) -> Iterator[str]:
    header = True
    for table in tables:
        if header:
            yield ",".join(table.columns) + "\n"
            header = False
        for batch in table.iter_slices(_BATCH):
            yield batch.write_csv(datetime_format=_TIME, include_header=False)
