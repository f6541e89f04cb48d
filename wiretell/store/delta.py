"""One Delta table: created when first needed, windows replaced atomically, conflicts tried again."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wiretell.engines.polars import polars_schema
from wiretell.errors import InputError, NotSupported, SchemaError
from wiretell.schema import Table

if TYPE_CHECKING:
    import polars as pl
    from deltalake import DeltaTable

TRIES: Final = 40
"""Attempts of a commit that other writers get ahead of."""

T = TypeVar("T")


class DeltaFolder:
    """One table of the store.

    Args:
        table: Its columns.
        uri: Its folder: a path or an URL.
        options: Of the object store, such as keys and region.
    """

    def __init__(self, table: Table, uri: str, options: Mapping[str, str]) -> None:
        self.table = table
        self.uri = uri
        self.options = dict(options)

    def open(self) -> DeltaTable | None:
        """The table as it is now; None if there is none yet."""
        delta = _library()
        try:
            found: DeltaTable = delta.DeltaTable(self.uri, storage_options=self.options)
        except delta.exceptions.TableNotFoundError:
            return None
        except (OSError, delta.exceptions.DeltaError) as error:
            raise InputError(f"{self.uri}: {_reason(error)}") from error
        return found

    def scan(self) -> pl.LazyFrame:
        """The rows, lazy; none if there is no table yet."""
        import polars as pl

        found = self.open()
        if found is None:
            return pl.LazyFrame(schema=polars_schema(self.table))
        return pl.scan_delta(found)

    def replace(self, windows: Sequence[datetime], rows: pl.DataFrame) -> None:
        """Puts the rows in place of all rows of the windows, in one commit.

        Raises:
            SchemaError: if the rows are not those of the table.
        """
        wanted = polars_schema(self.table)
        if rows.schema != wanted:
            raise SchemaError(f"{self.table.name}: columns are {list(rows.schema.items())}, not {list(wanted.items())}")
        delta = _library()
        predicate = f"window IN ({', '.join(_literal(window) for window in windows)})"

        def commit() -> None:
            self._create()
            delta.write_deltalake(
                self.uri, rows, mode="overwrite", predicate=predicate, storage_options=self.options or None
            )

        _again_on_conflict(commit)

    def delete_before(self, moment: datetime) -> None:
        """Deletes the rows of all windows that start before a time."""

        def commit() -> None:
            found = self.open()
            if found is not None:
                found.delete(f"window < {_literal(moment)}")

        _again_on_conflict(commit)

    def compact(self) -> tuple[int, int]:
        """Writes small files together.

        Returns:
            Files removed and files added.
        """

        def commit() -> tuple[int, int]:
            found = self.open()
            if found is None:
                return 0, 0
            done = found.optimize.compact()
            return int(done["numFilesRemoved"]), int(done["numFilesAdded"])

        return _again_on_conflict(commit)

    def vacuum(self, hours: float) -> int:
        """Deletes files that no version of the last hours needs, those of killed writers, too.

        Returns:
            How many files were deleted.
        """
        found = self.open()
        if found is None:
            return 0
        return len(found.vacuum(int(hours), dry_run=False, enforce_retention_duration=False))

    def size(self) -> tuple[int, int]:
        """Files and bytes of the table as it is now."""
        found = self.open()
        if found is None:
            return 0, 0
        import polars as pl

        actions = pl.DataFrame(found.get_add_actions(flatten=True))
        return actions.height, int(actions["size_bytes"].sum()) if actions.height else 0

    def _create(self) -> None:
        """Creates the table without rows, so that two writers do not both create it with theirs."""
        if self.open() is not None:
            return
        import polars as pl

        delta = _library()
        empty = pl.DataFrame(schema=polars_schema(self.table))
        delta.write_deltalake(self.uri, empty, mode="ignore", storage_options=self.options or None)


def _again_on_conflict(commit: Callable[[], T]) -> T:
    """Runs a commit until no other writer is in its way; at most `TRIES` times."""
    failed = _library().exceptions.CommitFailedError
    for attempt in range(1, TRIES + 1):
        try:
            return commit()
        except failed:
            if attempt == TRIES:
                raise
            time.sleep(random.uniform(0, min(0.5, 0.01 * 2**attempt)))
    raise AssertionError("unreachable")


def _literal(moment: datetime) -> str:
    return f"'{moment.isoformat()}'"


def _reason(error: Exception) -> str:
    """What went wrong in one line: the layer that noticed and the cause, without the chain between them."""
    text = re.sub(r"\x1b\[[0-9;]*m|↳", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if not line.startswith("<")]
    if not causes:
        return type(error).__name__
    told = re.search("<Message>(.*?)</Message>", text)
    cause = told[1] if told else causes[-1]
    layer = causes[0].split(" -> ")[-1]
    return cause if layer == cause else f"{layer}: {cause}"


def _library() -> Any:
    try:
        import deltalake
        import deltalake.exceptions
    except ImportError as error:
        raise NotSupported("the store needs deltalake", hint="pip install 'wiretell[store]'") from error
    return deltalake
