"""Files that are there whole or not at all."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import WiretellError

if TYPE_CHECKING:
    import polars as pl

_MOST_LINKS = 40
"""Links that the system follows, one after the other."""


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the file's place when all is written; after a failure nothing is left.

    A link stays one: the file that it leads to is replaced. What is no file, and what is open already, as /dev/stdout is
    wherever it leads to, is written to as it is.

    Raises:
        WiretellError: if the file cannot be written, as on a full disk.
        BrokenPipeError: if it is a pipe, and its reader went away.
    """
    temporary = None
    try:
        if path.exists() and (not path.is_file() or _is_open(path)):
            yield path
            return
        target = path.resolve()
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
        temporary = None
    except BrokenPipeError:
        raise
    except Exception as error:
        reason = refusal(error)
        if reason is None:
            raise
        raise WiretellError(f"{path}: cannot write: {reason}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _is_open(path: Path) -> bool:
    """Whether a path leads to a file through one that is open: /dev/stdout, /dev/fd/3, a link to them."""
    for _ in range(_MOST_LINKS):
        if Path("/proc") in path.parent.resolve().parents:
            return True
        if not path.is_symlink():
            return False
        path = path.parent / path.readlink()
    return False


def refusal(error: Exception) -> str | None:
    """Why the system refused to write, in words; None if the error is of another kind.

    Polars hands on what the system said in errors of its own.
    """
    text = " ".join(str(error).split())
    if isinstance(error, OSError):
        return error.strerror or text.partition(" (os error")[0]
    if type(error).__module__ != "polars.exceptions":
        return None
    told = re.search(r"([^:]+) \(os error \d+\)", text)
    if told is not None:
        return told[1].strip()
    return "its end could not be written" if "transport error" in text else None


def write_text(path: Path, text: str) -> None:
    """Writes a small text file, whole or not at all.

    Raises:
        WiretellError: if it cannot be written.
    """
    write_bytes(path, text.encode(errors="replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a small file, whole or not at all.

    Raises:
        WiretellError: if it cannot be written.
    """
    with replaced(path) as temporary:
        temporary.write_bytes(data)


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Writes tables as Parquet files of a folder, which is made if it is not there.

    Raises:
        WiretellError: if that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WiretellError(f"{folder}: cannot make the folder: {error.strerror}") from error
    for name, table in tables.items():
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        write_bytes(folder / f"{name}.parquet", buffer.getvalue())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
