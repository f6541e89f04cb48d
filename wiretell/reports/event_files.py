"""Events written as they come: the seed's meta.log, CSV, Parquet. Each file is there whole or not at all."""

from __future__ import annotations

import errno
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from wiretell.errors import WiretellError
from wiretell.reports.files import refusal, replaced

if TYPE_CHECKING:
    import polars as pl

META_HEAD = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tmeta\n"
    "#fields\tts\tname\tsize\n#types\ttime\tstring\tcount\n"
)
_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"
_PART_ROWS = 1_000_000


class EventFiles:
    """Takes events, a frame at a time, into files; made by `event_files`."""

    def __init__(self, stack: ExitStack, meta_log: str | None, csv: str | None, parquet: Path | None) -> None:
        self._meta = None if meta_log is None else stack.enter_context(_opened(meta_log))
        self._csv = None if csv is None else stack.enter_context(_opened(csv))
        self._parts = None if parquet is None else stack.enter_context(_parts_of(parquet))
        self._has_head = False

    def add(self, frame: pl.DataFrame) -> None:
        """Writes events; the first frame tells the columns."""
        if self._meta is not None:
            self._meta.write((b"" if self._has_head else META_HEAD.encode()) + meta_lines(frame))
        if self._csv is not None:
            # As text: what Polars writes itself fails without an error number.
            self._csv.write(frame.write_csv(datetime_format=_TIME, include_header=not self._has_head).encode())
        if self._parts is not None:
            self._parts.add(frame)
        self._has_head = True


@contextmanager
def event_files(
    *, meta_log: str | None = None, csv: str | None = None, parquet: Path | None = None
) -> Iterator[EventFiles]:
    """Files that take events as they come and are in place at the end; `-` is standard output.

    Args:
        meta_log: For the columns of the seed's meta.log (`ts`, `name`, `size`) in Zeek's TSV form.
        csv: For all columns as CSV.
        parquet: For all columns as Parquet.

    Raises:
        WiretellError: if a file cannot be written.
        BrokenPipeError: if standard output is a pipe, and its reader went away.
    """
    with ExitStack() as stack:
        yield EventFiles(stack, meta_log, csv, parquet)


def meta_lines(frame: pl.DataFrame) -> bytes:
    """The lines of a meta.log for these events: time with six decimals, name, size."""
    import polars as pl

    ticks = pl.col("ts").dt.timestamp("us")
    text = (ticks // 1_000_000).cast(pl.String) + "." + (ticks % 1_000_000).cast(pl.String).str.zfill(6)
    rows = frame.select(text.alias("ts"), "name", "size")
    return rows.write_csv(separator="\t", include_header=False).encode()


@contextmanager
def _opened(target: str) -> Iterator[_Output]:
    if target == "-":
        sys.stdout.flush()
        output = _Output("standard output", sys.stdout.buffer)
        yield output
        output.flush()
        return
    with replaced(Path(target)) as path, path.open("wb") as file:
        yield _Output(target, file)


class _Output:
    """A file that is named in what is said when it cannot be written: several are written side by side."""

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name, self._file = name, file

    def write(self, data: bytes) -> None:
        with self._told():
            self._file.write(data)

    def flush(self) -> None:
        with self._told():
            self._file.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            said = " is closed" if error.errno == errno.EBADF else f": cannot write: {refusal(error)}"
            raise WiretellError(f"{self._name}{said}") from error


class _Parts:
    """Rows spooled into files of a million, so that a long capture needs no room in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self.files: list[Path] = []

    def add(self, frame: pl.DataFrame) -> None:
        self._frames.append(frame)
        self._rows += frame.height
        if self._rows >= _PART_ROWS:
            self.spool()

    def spool(self) -> None:
        import polars as pl

        if self._frames:
            path = self._folder / f"{len(self.files):06d}.parquet"
            pl.concat(self._frames, rechunk=False).write_parquet(path)
            self.files.append(path)
            self._frames, self._rows = [], 0


@contextmanager
def _parts_of(target: Path) -> Iterator[_Parts]:
    import polars as pl

    # Beside the target: there is room for the whole where there is room for the parts.
    with (
        replaced(target) as path,
        tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder,
    ):
        parts = _Parts(Path(folder))
        yield parts
        parts.spool()
        pl.scan_parquet(parts.files).sink_parquet(path)
