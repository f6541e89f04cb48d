"""The store: one folder of Delta tables; a window is written whole or not at all.

Each table is replaced window by window in one commit. The table `windows` is written last and says which windows are
whole in all tables; only those are read. So a writer that is killed leaves what was there, and its own window is
computed again. Other programs read each table by itself, and join with `windows` if they want the same guarantee.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wiretell.engines.polars import polars_schema
from wiretell.errors import InputError, UsageError
from wiretell.schema import CLUSTERS, FINDINGS, FLOWS, PROFILES, STATES, SUMMARY, THRESHOLDS, WINDOWS, Table
from wiretell.store.delta import DeltaFolder

if TYPE_CHECKING:
    import polars as pl

STORED: Final[dict[str, Table]] = {
    table.name: table for table in (THRESHOLDS, CLUSTERS, STATES, PROFILES, FINDINGS, SUMMARY, FLOWS)
}
"""The tables of a store; each has a column `window`."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What the store holds of one table."""

    name: str
    rows: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What the store holds.

    Attributes:
        windows: How many windows are complete.
        first: Start of the first of them; None without any.
        last: Start of the last of them.
        incomplete: Windows whose writer was stopped.
        tables: By table.
    """

    windows: int
    first: datetime | None
    last: datetime | None
    incomplete: int
    tables: tuple[TableInfo, ...]


class Store:
    """Results by window.

    Args:
        uri: The folder: a path, or an URL such as `s3://bucket/prefix`.
        options: Of the object store; keys and region are also taken from the environment.
    """

    def __init__(self, uri: str, options: Mapping[str, str] | None = None) -> None:
        self.uri = uri.rstrip("/") or uri
        self._options = dict(options or {})
        self._windows = self._folder(WINDOWS)

    def _folder(self, table: Table) -> DeltaFolder:
        return DeltaFolder(table, f"{self.uri}/{table.name}", self._options)

    def write(self, windows: Sequence[datetime], tables: Mapping[str, Any]) -> None:
        """Replaces windows in the given tables; what other tables hold of them stays.

        Args:
            windows: The windows; those without rows are emptied.
            tables: Frames by the names of `STORED`: Polars, or anything that speaks Arrow. Rows of other windows are
                refused.

        Raises:
            UsageError: if a table is not one of the store's or has rows of another window.
            SchemaError: if a frame does not have the table's columns.
        """
        if not windows:
            return
        frames = {name: _checked(name, frame, windows) for name, frame in tables.items()}
        known = self._complete()
        if any(known.get(window, False) for window in windows):
            self._mark(windows, complete=False)
        for name, frame in frames.items():
            self._folder(STORED[name]).replace(windows, frame)
        self._mark(windows, complete=True)

    def windows(self) -> list[datetime]:
        """The complete windows, in order."""
        return sorted(window for window, complete in self._complete().items() if complete)

    def read(self, name: str, *, since: datetime | None = None, until: datetime | None = None) -> pl.LazyFrame:
        """The rows of a table in complete windows.

        Args:
            name: One of `STORED`.
            since: Only windows that start at this time or later.
            until: Only windows that start before this time.
        """
        import polars as pl

        if name not in STORED:
            raise UsageError(f"the store has no table {name}", hint=f"it has {', '.join(STORED)}")
        rows = self._folder(STORED[name]).scan()
        if since is not None:
            rows = rows.filter(pl.col("window") >= since)
        if until is not None:
            rows = rows.filter(pl.col("window") < until)
        whole = self._windows.scan().filter(pl.col("complete")).select("window").unique()
        return rows.join(whole, on="window", how="semi").select(*STORED[name].names)

    def history(self, key: str, *, since: datetime | None = None) -> pl.DataFrame:
        """What an address or a port did over time, a row per window and dimension."""
        import polars as pl

        mine = pl.col("key") == key
        volumes = [
            "window",
            "dimension",
            "key",
            "packets",
            "bytes",
            "ru_src_ip",
            "ru_dst_ip",
            "ru_src_port",
            "ru_dst_port",
        ]
        clusters = self.read("clusters", since=since).filter(mine).select(*volumes)
        profiles = self.read("profiles", since=since).filter(mine)
        joined = profiles.join(clusters, on=["window", "dimension", "key"], how="left")
        return joined.sort("window", "dimension", descending=[False, True]).collect()

    def compact(self) -> dict[str, tuple[int, int]]:
        """Writes the small files of each table together: files removed and added, by table."""
        return {table.name: self._folder(table).compact() for table in (*STORED.values(), WINDOWS)}

    def expire(self, before: datetime, *, keep_versions_hours: float = 1.0) -> int:
        """Forgets the windows that start before a time, and deletes files that nobody needs any more.

        Args:
            before: Windows that start at this time or later stay.
            keep_versions_hours: Files of versions younger than this stay, for readers that still use them.

        Returns:
            How many files were deleted.
        """
        for table in (WINDOWS, *STORED.values()):
            self._folder(table).delete_before(before)
        return sum(self._folder(table).vacuum(keep_versions_hours) for table in (*STORED.values(), WINDOWS))

    def info(self) -> StoreInfo:
        """What the store holds."""
        import polars as pl

        known = self._complete()
        whole = sorted(window for window, complete in known.items() if complete)
        tables = []
        for name, table in STORED.items():
            files, size = self._folder(table).size()
            count = self.read(name).select(pl.len()).collect().item() if files else 0
            tables.append(TableInfo(name, count, files, size))
        return StoreInfo(
            windows=len(whole),
            first=whole[0] if whole else None,
            last=whole[-1] if whole else None,
            incomplete=len(known) - len(whole),
            tables=tuple(tables),
        )

    def _complete(self) -> dict[datetime, bool]:
        rows = self._windows.scan().select("window", "complete").collect()
        return dict(rows.iter_rows())

    def _mark(self, windows: Sequence[datetime], *, complete: bool) -> None:
        import polars as pl

        rows = [{"window": window, "complete": complete, "written": datetime.now(UTC)} for window in windows]
        self._windows.replace(windows, pl.DataFrame(rows, schema=polars_schema(WINDOWS)))


def open_store(uri: str | os.PathLike[str], *, create: bool = False) -> Store:
    """A store.

    Args:
        uri: A folder, or an URL of an object store.
        create: Whether a folder that is not there is made.

    Raises:
        InputError: if the folder has no name, is missing, holds no store, or cannot be made.
    """
    text = os.fspath(uri)
    if not text:
        raise InputError("the name of the store is empty", hint="a folder, or s3://bucket/prefix")
    if "://" not in text:
        folder = Path(text)
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{text} is not a folder")
        if not create and not any((folder / name / "_delta_log").is_dir() for name in (*STORED, WINDOWS.name)):
            raise InputError(f"{text}: no store there", hint=f"wiretell behavior CAPTURE --store {text} makes one")
        if not folder.is_dir():
            try:
                folder.mkdir(parents=True)
            except OSError as error:
                raise InputError(f"{text}: {error.strerror}") from error
    return Store(text)


def _checked(name: str, frame: Any, windows: Sequence[datetime]) -> pl.DataFrame:
    import polars as pl

    if name not in STORED:
        raise UsageError(f"the store has no table {name}", hint=f"it has {', '.join(STORED)}")
    rows = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)
    strangers = rows.filter(~pl.col("window").is_in(list(windows)) | pl.col("window").is_null())
    if strangers.height:
        raise UsageError(f"{name} has {strangers.height:,} rows of windows that are not being written")
    return rows
