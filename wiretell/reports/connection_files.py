"""A connections table, or one made of it, as JSON lines, CSV and Parquet."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.reports.files import replaced

if TYPE_CHECKING:
    import polars as pl

_BATCH = 10_000
_AHEAD = 2
_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


def json_lines(tables: Iterable[pl.DataFrame]) -> Iterator[str]:
    """The rows as JSON objects, a line each, in pieces; what is null is left out, times are ISO 8601."""
    return _in_order(_told, tables)


def _in_order(tell: Callable[[pl.DataFrame], str], tables: Iterable[pl.DataFrame]) -> Iterator[str]:
    """What is told of each piece of the tables.

    The next ones are told while one is written: engines compute without the lock of the interpreter.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting = deque[Future[str]]()
    with ThreadPoolExecutor(_AHEAD) as threads:
        for batch in (batch for table in tables for batch in table.iter_slices(_BATCH)):
            waiting.append(threads.submit(tell, batch))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _told(batch: pl.DataFrame) -> str:
    """Rows that lack the same columns are written together, without these: there are some dozens of such kinds."""
    import polars as pl
    import polars.selectors as cs

    batch = batch.with_columns(cs.datetime().dt.to_string(_TIME))
    nulls = {column.name: column.null_count() for column in batch}
    mixed = [name for name, number in nulls.items() if 0 < number < batch.height]
    if not mixed:
        return batch.select(name for name, number in nulls.items() if not number).write_ndjson()
    kind = pl.struct(pl.col(mixed).is_null()).alias("_kind")
    lines = [""] * batch.height
    for alike in batch.with_row_index("_row").with_columns(kind).partition_by("_kind", include_key=False):
        rows = alike.drop_in_place("_row").to_list()
        text = alike.select(column.name for column in alike if not column.null_count()).write_ndjson()
        # A line break within a text is escaped.
        for row, line in zip(rows, text.split("\n"), strict=False):
            lines[row] = line
    return "\n".join([*lines, ""])


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
    rest = iter(tables)
    first = next(rest)
    yield ",".join(first.columns) + "\n"
    yield from _in_order(
        lambda batch: batch.write_csv(datetime_format=_TIME, include_header=False), chain([first], rest)
    )
