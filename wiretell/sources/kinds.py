"""Inputs sorted by how they are read: captures, connection logs, tables in Parquet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiretell.errors import InputError
from wiretell.sources.opening import Source
from wiretell.sources.recognize import CONN_PATTERN, Kind, describe, recognize


@dataclass(slots=True)
class Sorted:
    """Inputs by kind, each in the order given.

    Attributes:
        captures: Paths of captures or folders of them; `-` for standard input.
        logs: Connection logs, folders of them, or pipes that were looked at.
        tables: Parquet files.
        prefix: What was read of standard input to recognize a capture in it.
    """

    captures: list[str] = field(default_factory=list)
    logs: list[str | Source] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    prefix: bytes | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds that there are, in words."""
        named = (("captures", self.captures), ("connection logs", self.logs), ("tables", self.tables))
        return [name for name, inputs in named if inputs]


def sort_inputs(names: Sequence[str]) -> Sorted:
    """Sorts inputs by their content.

    A pipe that holds a capture becomes standard input of this process, from which the meter reads.

    Raises:
        InputError: if an input is missing, unreadable, empty, or nothing that holds packets or connections.
    """
    found = Sorted()
    for name in names:
        if Path(name).is_dir():
            is_logs = any(Path(name).glob(CONN_PATTERN))
            (found.logs if is_logs else found.captures).append(name)
            continue
        recognized = recognize(name)
        if recognized.kind is Kind.LOG:
            found.logs.append(recognized.source)
        elif recognized.kind is Kind.PARQUET:
            found.tables.append(name)
        elif recognized.kind is Kind.FLOW_EXPORT:
            raise InputError(f"{name} is {describe(recognized)}", hint="captures and Zeek connection logs can be read")
        elif recognized.source.stream is not None:
            found.prefix = _as_standard_input(recognized.source)
            found.captures.append("-")
        else:
            found.captures.append(name)
    return found


def _as_standard_input(source: Source) -> bytes:
    """Makes a pipe that was looked at standard input; returns the bytes that are gone from it."""
    if source.stream is not None and source.name != "-":
        os.dup2(source.stream.fileno(), 0)
    return source.prefix
