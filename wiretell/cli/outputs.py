"""Files to write, checked before anything is read: each has its folder, and none takes the place of an input."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from wiretell.errors import InputError, UsageError

Target = tuple[str, str | Path | None]
"""An option and where it writes; None and `-` are no files."""


def check_outputs(outputs: Iterable[Target], inputs: Iterable[str | Path | None] = ()) -> None:
    """Checks that each file can be where it is wanted.

    Args:
        outputs: The options that write, and their files.
        inputs: Files, folders, and `-` for standard input; None is none.

    Raises:
        UsageError: naming the first option whose file has no folder, is a folder, is that of another option, or is an
            input or one of the files that are read of an input that is a folder.
    """
    there = _there(outputs)
    if not there:
        return
    for name in inputs:
        if name is None:
            continue
        option = there.get(_identity(name) or "")
        if option is not None:
            what = "standard input" if str(name) == "-" else name
            raise UsageError(f"{option} would overwrite the input {what}", hint="write to another file")
        option = _within(name, there)
        if option is not None:
            raise UsageError(f"{option} would overwrite a file of the input {name}", hint="write to another folder")


def outputs_in(option: str, folder: Path | None, names: Iterable[str] = ()) -> list[Target]:
    """The files of an option that writes into a folder, which need not be there; none without it.

    Raises:
        UsageError: if it is a file.
    """
    if folder is None or not folder.exists():
        return []
    if not folder.is_dir():
        raise UsageError(f"{option} {folder}: is no folder", hint="name a folder; it is made if it is not there")
    return [(option, folder / name) for name in names]


def _there(outputs: Iterable[Target]) -> dict[str, str]:
    """The options whose files are there already, with the names of the files, by identity."""
    wanted: dict[str, str] = {}
    there: dict[str, str] = {}
    for option, target in outputs:
        if target is None or str(target) == "-":
            continue
        path = Path(target)
        if not path.parent.is_dir():
            raise UsageError(f"{option} {path}: cannot write: no such folder", hint=f"mkdir -p {path.parent}")
        if path.is_dir():
            raise UsageError(f"{option} {path}: is a folder", hint="name a file in it")
        if path.exists() and not path.is_file():
            continue
        identity = _identity(path)
        key = identity or os.path.realpath(path)
        if key in wanted:
            raise UsageError(f"{wanted[key]} and {option} want the same file", hint="give each a file of its own")
        wanted[key] = option
        if identity is not None:
            there[identity] = f"{option} {path}"
    return there


def _identity(name: str | Path) -> str | None:
    """What tells a regular file from any other, through links as well; None for what is none."""
    try:
        status = os.fstat(0) if str(name) == "-" else Path(name).stat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}" if stat.S_ISREG(status.st_mode) else None


def _within(name: str | Path, there: Mapping[str, str]) -> str | None:
    """The option whose file would be read as one of an input that is a folder."""
    if str(name) == "-" or not Path(name).is_dir():
        return None
    for path in _files(name):
        option = there.get(_identity(path) or "")
        if option is not None and _is_read(path):
            return option
    return None


def _files(folder: str | Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names)


def _is_read(path: Path) -> bool:
    from wiretell.sources.event_inputs import LOGS
    from wiretell.sources.recognize import Kind, recognize

    try:
        found = recognize(path)
    except InputError:
        return False
    # A log that does not say which it is has no table.
    return found.kind is Kind.CAPTURE or (found.kind is Kind.LOG and found.table in {None, *LOGS})
