"""Inputs sorted by how they are read: captures, logs, tables in Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiretell.errors import InputError, UsageError
from wiretell.sources.opening import Source
from wiretell.sources.recognize import Kind, describe, log_pattern, recognize

_LOG_NAME = re.compile(r"\.log(\.(gz|bz2|xz|zst))?$")


@dataclass(slots=True)
class Sorted:
    """Inputs by kind, each in the order given.

    Attributes:
        captures: Paths of captures or folders of them; `-` for standard input.
        logs: Logs, folders of them, or pipes that were looked at.
        tables: Parquet files.
        pipes: The pipes among the captures by name: they were already read from.
        left_out: How many captures lie beside the logs of a folder; they are not read.
        logs_left_out: How many logs lie below the captures of a folder; they are not read.
        kind_of_logs: Which logs are looked for, in words.
    """

    captures: list[str] = field(default_factory=list)
    logs: list[str | Source] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    pipes: dict[str, Source] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    logs_left_out: dict[str, int] = field(default_factory=dict)
    kind_of_logs: str = "connection logs"

    @property
    def kinds(self) -> list[str]:
        """The kinds that there are, in words."""
        named = (("captures", self.captures), (self.kind_of_logs, self.logs), ("tables", self.tables))
        return [name for name, inputs in named if inputs]

    def require_one_kind(self, hint: str) -> None:
        """Refuses inputs of several kinds.

        Args:
            hint: What to do instead.

        Raises:
            UsageError: naming the kinds.
        """
        if len(self.kinds) > 1:
            raise UsageError(f"inputs of several kinds: {' and '.join(self.kinds)}", hint=hint)


def sort_inputs(names: Sequence[str], logs: Sequence[str] = ("conn",)) -> Sorted:
    """Sorts inputs by their content.

    Args:
        names: As the user named them.
        logs: The logs that make a folder one of logs.

    Raises:
        InputError: if an input is missing, unreadable, empty, or nothing that holds packets or connections.
        UsageError: if a pipe is named twice.
    """
    found = Sorted() if tuple(logs) == ("conn",) else Sorted(kind_of_logs="logs")
    for name in names:
        if Path(name).is_dir():
            is_logs = _is_of_logs(Path(name), logs)
            (found.logs if is_logs else found.captures).append(name)
            if is_logs and (captures := sum(1 for _ in _captures(Path(name)))):
                found.left_out[name] = captures
            if not is_logs and (below := _logs_below(Path(name), logs)):
                found.logs_left_out[name] = below
            continue
        if name in found.pipes:
            raise UsageError(f"{name} is named twice", hint="a pipe can be read only once")
        recognized = recognize(name)
        if recognized.kind is Kind.LOG:
            found.logs.append(recognized.source)
        elif recognized.kind is Kind.PARQUET:
            found.tables.append(name)
        elif recognized.kind is Kind.FLOW_EXPORT:
            raise InputError(
                f"{name} is {describe(recognized)}", hint=f"captures and Zeek {found.kind_of_logs} can be read"
            )
        elif recognized.source.stream is not None:
            found.pipes[name] = recognized.source
            found.captures.append(name)
        else:
            found.captures.append(name)
    return found


def _is_of_logs(folder: Path, logs: Sequence[str]) -> bool:
    """Whether the logs of a folder are to be read: those in it, or in folders below if there are no captures."""
    patterns = [log_pattern(log) for log in logs]
    if any(any(folder.glob(pattern)) for pattern in patterns):
        return True
    return any(any(folder.rglob(pattern)) for pattern in patterns) and not any(_captures(folder))


def _logs_below(folder: Path, logs: Sequence[str]) -> int:
    """How many files in a folder and those below are named as such logs."""
    return len({path for log in logs for path in folder.rglob(log_pattern(log)) if path.is_file()})


def _captures(folder: Path) -> Iterator[Path]:
    """The captures in a folder and those below; what is named as a log is not looked at: an archive has many."""
    return (path for path in folder.rglob("*") if not _LOG_NAME.search(path.name) and _is_capture(path))


def _is_capture(path: Path) -> bool:
    try:
        return path.is_file() and recognize(path).kind is Kind.CAPTURE
    except InputError:
        return False
