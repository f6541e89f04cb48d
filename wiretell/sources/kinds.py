"""Inputs sorted by how they are read: captures, connection logs, tables in Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiretell.errors import InputError, UsageError
from wiretell.sources.opening import Source
from wiretell.sources.recognize import CONN_PATTERN, Kind, describe, recognize


@dataclass(slots=True)
class Sorted:
    """Inputs by kind, each in the order given.

    Attributes:
        captures: Paths of captures or folders of them; `-` for standard input.
        logs: Connection logs, folders of them, or pipes that were looked at.
        tables: Parquet files.
        pipes: The pipes among the captures by name: they were already read from.
        left_out: How many captures lie beside the connection logs of a folder; they are not read.
    """

    captures: list[str] = field(default_factory=list)
    logs: list[str | Source] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    pipes: dict[str, Source] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        """The kinds that there are, in words."""
        named = (("captures", self.captures), ("connection logs", self.logs), ("tables", self.tables))
        return [name for name, inputs in named if inputs]


def sort_inputs(names: Sequence[str]) -> Sorted:
    """Sorts inputs by their content.

    Raises:
        InputError: if an input is missing, unreadable, empty, or nothing that holds packets or connections.
        UsageError: if a pipe is named twice.
    """
    found = Sorted()
    for name in names:
        if Path(name).is_dir():
            is_logs = any(Path(name).glob(CONN_PATTERN))
            (found.logs if is_logs else found.captures).append(name)
            if is_logs and (captures := sum(map(_is_capture, Path(name).iterdir()))):
                found.left_out[name] = captures
            continue
        if name in found.pipes:
            raise UsageError(f"{name} is named twice", hint="a pipe can be read only once")
        recognized = recognize(name)
        if recognized.kind is Kind.LOG:
            found.logs.append(recognized.source)
        elif recognized.kind is Kind.PARQUET:
            found.tables.append(name)
        elif recognized.kind is Kind.FLOW_EXPORT:
            raise InputError(f"{name} is {describe(recognized)}", hint="captures and Zeek connection logs can be read")
        elif recognized.source.stream is not None:
            found.pipes[name] = recognized.source
            found.captures.append(name)
        else:
            found.captures.append(name)
    return found


def _is_capture(path: Path) -> bool:
    try:
        return path.is_file() and recognize(path).kind is Kind.CAPTURE
    except InputError:
        return False
