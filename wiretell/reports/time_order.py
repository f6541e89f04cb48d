"""Connections in order of time, however many: what does not fit into memory waits in temporary files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from wiretell.errors import WiretellError

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

_IN_MEMORY_BYTES = 24 << 20
_RANGE_ROWS = 20_000
_GROUP_ROWS = 16_384
_ORDER = ("ts", "uid")


class _Run(NamedTuple):
    """A temporary file, and the first and last time in it; None where a row has none, which is before all times."""

    path: Path
    first: datetime | None
    last: datetime | None

    def is_within(self, lower: datetime | None, upper: datetime | None) -> bool:
        """Whether it has times from `lower` on and before `upper`; None is no bound."""
        late = lower is None or (self.last is not None and self.last >= lower)
        return late and (upper is None or self.first is None or self.first < upper)


class TimeOrder:
    """Takes batches in any order, gives them in order of `ts` and `uid`; may be read more than once.

    Batches beyond a size go to disk as sorted Parquet files; they are read back range by range of time. A context
    manager: its files go when it ends.
    """

    def __init__(self, in_memory_bytes: int = _IN_MEMORY_BYTES, range_rows: int = _RANGE_ROWS) -> None:
        self._limit = in_memory_bytes
        self._range_rows = range_rows
        self._waiting: list[pl.DataFrame] = []
        self._bytes = 0
        self._files: list[_Run] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, batch: pl.DataFrame) -> None:
        """Takes rows.

        Raises:
            WiretellError: if a temporary file cannot be written.
        """
        self._waiting.append(batch)
        self._bytes += int(batch.estimated_size())
        if self._bytes > self._limit:
            self._spill()

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows in order, in pieces; at least one, which may be empty.

        Raises:
            WiretellError: if a temporary file cannot be written or read.
        """
        if not self._files:
            whole = self._sorted()
            self._waiting = [whole]
            yield from whole.iter_slices(self._range_rows) if whole.height else [whole]
            return
        if self._waiting:
            self._spill()
        yield from self._merged()

    def _sorted(self) -> pl.DataFrame:
        import polars as pl

        return pl.concat(self._waiting).sort(*_ORDER, maintain_order=True)

    def _spill(self) -> None:
        import polars as pl

        rows = self._sorted()
        self._waiting, self._bytes = [], 0
        if not rows.height:
            return
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="wiretell-")
            path = Path(self._folder.name) / f"{len(self._files)}.parquet"
            rows.write_parquet(path, compression="lz4", row_group_size=_GROUP_ROWS)
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise WiretellError(
                f"cannot write temporary files into {tempfile.gettempdir()}: {reason}", hint="set TMPDIR"
            ) from error
        times = rows["ts"]
        self._files.append(_Run(path, times.item(0), times.item(-1)))

    def _merged(self) -> Iterator[pl.DataFrame]:
        import polars as pl

        times = pl.scan_parquet([run.path for run in self._files]).select("ts").collect()["ts"].drop_nulls().sort()
        bounds = times.gather_every(self._range_rows).unique(maintain_order=True).to_list()[1:]
        for lower, upper in zip([None, *bounds], [*bounds, None], strict=True):
            # Most files are of other times, and each takes a while to be opened.
            runs = pl.scan_parquet([run.path for run in self._files if run.is_within(lower, upper)])
            if lower is not None:
                runs = runs.filter(pl.col("ts") >= lower)
            if upper is not None:
                runs = runs.filter((pl.col("ts") < upper) | pl.col("ts").is_null())
            yield runs.collect().sort(*_ORDER, maintain_order=True)
