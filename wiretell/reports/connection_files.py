"""A connections table, or one made of it, as JSON lines, CSV and Parquet."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.reports.files import replaced, write_bytes

if TYPE_CHECKING:
    import polars as pl

_BATCH = 50_000
_NULL = re.compile(r',"\w+":null(?=[,}])')
_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


def json_lines(table: pl.DataFrame) -> Iterator[str]:
    """The rows as JSON objects, a line each, in pieces; what is null is left out, times are ISO 8601."""
    import polars.selectors as cs

    for batch in table.iter_slices(_BATCH):
        text = batch.with_columns(cs.datetime().dt.to_string(_TIME)).write_ndjson()
        # A quote within a text is escaped, so that the pattern is never part of one.
        yield _NULL.sub("", text)


def write_csv(table: pl.DataFrame, target: str) -> None:
    """Writes CSV to a file, or to standard output for `-`.

    Raises:
        WiretellError: if the file cannot be written.
    """
    if target == "-":
        sys.stdout.write(",".join(table.columns) + "\n")
        for batch in table.iter_slices(_BATCH):
            sys.stdout.write(batch.write_csv(datetime_format=_TIME, include_header=False))
        return
    with replaced(Path(target)) as path:
        table.write_csv(path, datetime_format=_TIME)


def write_parquet(table: pl.DataFrame, target: Path) -> None:
    """Writes a Parquet file.

    Raises:
        WiretellError: if the file cannot be written.
    """
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    write_bytes(target, buffer.getvalue())
