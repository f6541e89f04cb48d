"""Zeek and Bro logs as tables: conn.log as the connections table, any other log as it stands.

TSV in any column order, with or without a header, JSON lines, a JSON array, the text of Bro 1.x; plain, gzip, bzip2, xz
or zstd; a file, several, a folder or a pipe, which is opened once. A bad line is counted with its kind and the number
of the first one; it ends nothing. The formats: Zeek `scripts/base/frameworks/logging/writers/ascii.zeek`,
`scripts/base/protocols/conn/main.zeek`; Bro 1.5 `policy/conn.bro`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from wiretell.errors import UsageError
from wiretell.schema import CONN_LOG, CONNECTIONS, Type
from wiretell.sources.log_facts import LogFacts, LogFile
from wiretell.sources.opening import Source, expand, peek
from wiretell.sources.recognize import log_pattern
from wiretell.sources.zeek_reader import LINE, LogReader, Tally
from wiretell.sources.zeek_values import TIME

Progress = Callable[[int, int | None, int], None]
MAX_PORT = 65535
_BLOCK_BYTES = 16 << 20
_POLARS: dict[Type, Any] = {
    Type.INT16: pl.Int16(),
    Type.INT32: pl.Int32(),
    Type.INT64: pl.Int64(),
    Type.FLOAT64: pl.Float64(),
    Type.STRING: pl.String(),
    Type.BOOLEAN: pl.Boolean(),
    Type.TIMESTAMP: TIME,
}
_TABLE: dict[str, Any] = {column.name: _POLARS[column.type] for column in CONNECTIONS.columns}
_CONN_LOG: dict[str, Any] = {name: _TABLE[name] for name in CONN_LOG}


@dataclass(frozen=True, slots=True)
class Connections:
    """What logs say of connections.

    Attributes:
        frame: The rows in the columns and types of `schema.CONN_LOG`, in the order of the logs. Behind them, those of
            the rest of `schema.CONNECTIONS` that a log has, and what else was asked for.
        facts: Files, lines, rows, and what was not used.
    """

    frame: pl.DataFrame
    facts: LogFacts


@dataclass(frozen=True, slots=True)
class Log:
    """A log of any kind: its rows under Zeek's names and in portable types, and what is to be said of it."""

    frame: pl.DataFrame
    facts: LogFacts


def read_connections(
    inputs: Sequence[str | os.PathLike[str] | Source],
    *,
    conn_version: int = 0,
    extra: bool | Iterable[str] = False,
    block_bytes: int = _BLOCK_BYTES,
    on_progress: Progress | None = None,
) -> Connections:
    """Reads connection logs as one table.

    Ctrl-C ends reading; what was read so far is returned, with `facts.interrupted` set.

    What the table must not lack is filled where a log lacks it, and counted: `uid` by `#` and the number of the row,
    a port by 0, `proto` by `unknown_transport`.

    Args:
        inputs: Files, folders (their `conn*.log*` but no `conn-summary*`, also of folders below), `-` for standard
            input, or peeked sources.
        conn_version: How a log without a header is to be read: 1 as that of Bro 1.x, 2 as that of Bro 2 and
            Zeek, 0 by its first line.
        extra: Whether to keep columns that the table does not have, such as labels: all, none, or by name.
        block_bytes: About this much of a log is in memory as text at once.
        on_progress: Called after each block with bytes read, bytes in all (None if a pipe is among the inputs), and
            rows.

    Raises:
        InputError: if an input is missing, empty, unreadable or no connection log.
        UsageError: if conn_version is none of 0, 1 and 2.
    """
    if conn_version not in (0, 1, 2):
        raise UsageError(f"conn-version {conn_version}: only 0, 1 and 2 are known", hint="0 finds out by itself")
    wanted = extra if isinstance(extra, bool) else frozenset(extra)
    tally, files, frames = Tally(), list[LogFile](), [pl.DataFrame(schema=_CONN_LOG)]
    items = expand(inputs, log_pattern("conn"), without="conn-summary*")
    done = _Done(_bytes_in_all(items), on_progress)
    interrupted = False
    for item in items:
        reader = LogReader(peek(item), tally, conn_version=conn_version, conn=True, block_bytes=block_bytes)
        try:
            for part in reader.frames():
                frames.append(_as_connections(part, wanted, reader))
                done.tell(reader.bytes_read, part.height)
            interrupted = reader.interrupted
        except KeyboardInterrupt:
            interrupted = True
        files.append(reader.facts())
        done.close(files[-1])
        if interrupted:
            break
    frame = _with_uids(pl.concat(frames, how="diagonal_relaxed"))
    facts = replace(_facts(frame, files, tally), interrupted=interrupted)
    facts.warnings.extend(_implausible(frame))
    return Connections(frame, facts)


def read_log(
    inputs: str | os.PathLike[str] | Source | Sequence[str | os.PathLike[str] | Source],
    *,
    pattern: str = "*.log*",
    block_bytes: int = _BLOCK_BYTES,
) -> Log:
    """Reads a log of any kind: every column under its own name (`id.orig_h` as `orig_h`), in portable types.

    Sets and vectors become texts with their elements joined by commas.

    Args:
        inputs: One or several files of one kind, a folder, `-`, or sources that were peeked at.
        pattern: Which files of a folder.
        block_bytes: About this much of a log is in memory as text at once.

    Raises:
        InputError: if an input is missing, empty, unreadable or no log.
    """
    several = [inputs] if isinstance(inputs, (str, os.PathLike, Source)) else inputs
    tally, files, frames = Tally(), list[LogFile](), list[pl.DataFrame]()
    for item in expand(several, pattern):
        reader = LogReader(peek(item), tally, conn_version=0, conn=False, block_bytes=block_bytes)
        frames += [frame.drop(LINE) for frame in reader.frames()]
        files.append(reader.facts())
    frame = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
    return Log(frame, _facts(frame, files, tally))


class _Done:
    """How far reading several files is."""

    def __init__(self, total: int | None, on_progress: Progress | None) -> None:
        self._before, self._rows, self._total, self._on_progress = 0, 0, total, on_progress

    def tell(self, bytes_read: int, rows: int) -> None:
        self._rows += rows
        if self._on_progress is not None:
            self._on_progress(self._before + bytes_read, self._total, self._rows)

    def close(self, file: LogFile) -> None:
        self._before += file.file_bytes or 0


def _bytes_in_all(items: Iterable[str | Source]) -> int | None:
    """The size of all files; None if one is no file, or is missing, which is told when it is opened."""
    paths = [Path(item.name if isinstance(item, Source) else item) for item in items]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None


def _as_connections(frame: pl.DataFrame, extra: bool | frozenset[str], reader: LogReader) -> pl.DataFrame:
    """The frame in the columns and types of the table; what must not be null is filled and counted."""
    columns: list[pl.Series] = []
    for name, dtype in _TABLE.items():
        if name not in frame.columns and name not in _CONN_LOG:
            continue
        if name in frame.columns:
            values = frame[name].cast(dtype, strict=False)
        else:
            values = pl.Series(name, [None], dtype=dtype).new_from_index(0, frame.height)
        if name in ("orig_p", "resp_p"):
            reader.alter(frame, f"{name}: beyond {MAX_PORT}", values > MAX_PORT)
            reader.alter(frame, f"{name}: not there", values.is_null())
            values = values.fill_null(0)
        elif name == "proto":
            reader.alter(frame, "proto: not there", values.is_null())
            values = values.str.to_lowercase().fill_null("unknown_transport")
        columns.append(values.alias(name))
    others = [name for name in frame.columns if name not in _TABLE and name != LINE]
    kept = [name for name in others if extra is True or (extra and name in extra)]
    return pl.DataFrame(columns + [frame[name] for name in kept])


def _with_uids(frame: pl.DataFrame) -> pl.DataFrame:
    if not frame["uid"].null_count():
        return frame
    made = pl.format("#{}", pl.int_range(1, pl.len() + 1))
    return frame.with_columns(pl.col("uid").fill_null(made))


def _facts(frame: pl.DataFrame, files: list[LogFile], tally: Tally) -> LogFacts:
    start = end = None
    if frame.schema.get("ts") == TIME and frame.height:
        last = pl.col("ts").dt.epoch("us")
        if frame.schema.get("duration") == pl.Float64:
            last = last + (pl.col("duration").fill_null(0.0) * 1e6).round().cast(pl.Int64, strict=False).fill_null(0)
        first_us, last_us = frame.select(pl.col("ts").min().dt.epoch("us"), last.max().alias("last")).row(0)
        start, end = (None if first_us is None else first_us * 1000), (None if last_us is None else last_us * 1000)
    lines, rows = sum(file.lines for file in files), sum(file.rows for file in files)
    return LogFacts(files, lines, rows, dict(tally.bad), dict(tally.altered), start, end)


def _implausible(frame: pl.DataFrame) -> list[str]:
    """One line for each direction whose payload cannot have been in its packets: told, never set to zero."""
    lines = []
    for side, who in (("orig", "originators"), ("resp", "responders")):
        payload, carried = pl.col(f"{side}_bytes"), pl.col(f"{side}_ip_bytes") + pl.col("missed_bytes").fill_null(0)
        found = frame.filter(payload > carried)
        if found.height:
            uid = found["uid"][0]
            lines.append(
                f"{who} with more payload than their packets carried: {found.height}, the first in {uid}; "
                "it is counted from sequence numbers and kept as it is"
            )
    return lines
