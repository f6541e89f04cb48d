"""Reads one log file: finds out its layout as the lines come, hands out typed frames, counts what it cannot use."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from wiretell.errors import InputError
from wiretell.sources.log_facts import Fault, LogFile
from wiretell.sources.opening import Lines, Source
from wiretell.sources.zeek_layout import CONN_TYPES, TABLE_TYPES, Layout, plain_name, sniff
from wiretell.sources.zeek_lines import Texts, json_array, split_json, split_lines, texts_of_records
from wiretell.sources.zeek_values import typed

LINE = "__line"
"""A column that goes along with the rows of a frame: the line each stands on."""

_ID_PARTS = ("orig_h", "orig_p", "resp_h", "resp_p")
_REQUIRED = ("ts", "orig_h", "resp_h")
_ANY_OF = ("conn_state", "duration", "orig_bytes", "orig_pkts")
_ARRAY_ROWS = 50_000
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Tally:
    """Faults by kind over all files: lines left out, and values that could not be used."""

    bad: dict[str, Fault] = field(default_factory=dict)
    altered: dict[str, Fault] = field(default_factory=dict)

    @staticmethod
    def add(faults: dict[str, Fault], kind: str, fault: Fault) -> None:
        """Counts a fault; the first of its kind stays the first."""
        faults[kind] = faults[kind].and_also(fault) if kind in faults else fault


class LogReader:
    """One log file.

    Args:
        source: The input, peeked at.
        tally: Where faults are counted.
        conn_version: How a connection log without a header is to be read; 0 to find out.
        conn: Whether it has to be a connection log.
        block_bytes: About this much is in memory as text at once.
    """

    def __init__(self, source: Source, tally: Tally, *, conn_version: int, conn: bool, block_bytes: int) -> None:
        self._source, self._tally, self._conn_version, self._conn = source, tally, conn_version, conn
        self._block_bytes = block_bytes
        self._lines = Lines(io.BytesIO())
        self._header = Layout()
        self._was_declared = False
        self._layout: Layout | None = None
        self._schema: dict[str, Any] = {}
        self._format: str | None = None
        self._closed: bool | None = None
        self._count = self._rows = 0

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yields the rows that can be used, a block at a time, in portable types and with their `LINE`.

        Raises:
            InputError: if it is no log, or not one of connections where it has to be.
        """
        with self._source.opened() as stream:
            self._lines = Lines(stream, self._block_bytes)
            blocks = self._lines.blocks()
            for texts in self._array(blocks) if self._is_array() else self._blocks(blocks):
                self._count += texts.frame.height + len(texts.bad)
                for kind, number in texts.bad:
                    self._reject(kind, 1, number)
                if texts.frame.height:
                    frame = self._typed(texts)
                    self._rows += frame.height
                    yield frame
        for number in self._lines.overlong:
            self._count += 1
            self._reject("line too long", 1, number)
        if self._format is None and self._conn and self._header.declared:
            self._check_is_conn(self._header.fields, self._header.path)
        if self._format is None and not self._was_declared and not self._lines.interrupted:
            raise self._no_log()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended reading."""
        return self._lines.interrupted

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file as stored."""
        return self._source.bytes_read

    def alter(self, frame: pl.DataFrame, kind: str, where: pl.Series) -> None:
        """Counts the values of a frame that have to be replaced."""
        where = where.fill_null(False)
        if where.any():
            line = frame[LINE][where.arg_max() or 0]
            Tally.add(self._tally.altered, kind, Fault(int(where.sum()), self._source.name, line))

    def facts(self) -> LogFile:
        """What is to be said of the file, once its frames are read."""
        form = self._format or "Zeek TSV"
        warnings = list(self._lines.warnings)
        if self._lines.ended_in_line and form != "Zeek JSON" and not warnings:
            warnings.append("the last line has no line feed, so it may be cut off")
        return LogFile(
            name=self._source.name,
            format=form,
            compression=self._source.compression,
            log=(self._layout or self._header).path or ("conn" if self._conn else None),
            lines=self._count,
            rows=self._rows,
            file_bytes=self._source.stored_bytes,
            closed=bool(self._closed) if form == "Zeek TSV" else None,
            warnings=warnings,
        )

    def _reject(self, kind: str, count: int, line: int) -> None:
        Tally.add(self._tally.bad, kind, Fault(count, self._source.name, line))

    def _typed(self, texts: Texts) -> pl.DataFrame:
        """The columns in portable types; rows without a required value are left out and counted."""
        line = pl.Series(LINE, texts.numbers, dtype=pl.Int64)
        columns = [line]
        rejected: pl.Series | None = None
        required = [name for name in (_REQUIRED if self._conn else ("ts",)) if name in texts.frame.columns]
        problems: list[tuple[str, pl.Series]] = []
        for column in texts.frame.get_columns():
            in_table = self._conn and column.name in TABLE_TYPES
            kind = TABLE_TYPES[column.name] if in_table else texts.layout.type_of(column.name)
            read = typed(column, kind, texts.layout, is_plain=texts.is_plain)
            columns.append(read.values.alias(column.name))
            if column.name not in required:
                if read.bad is not None:
                    problems.append((f"{column.name}: {read.fault}", read.bad))
                continue
            missing = read.values.is_null()
            for fault, where in ((read.fault, read.bad), ("not there", missing)):
                if where is None:
                    continue
                fresh = where if rejected is None else where & ~rejected
                if fresh.any():
                    self._reject(f"{column.name}: {fault}", int(fresh.sum()), line[fresh.arg_max() or 0])
                rejected = where if rejected is None else rejected | where
        frame = pl.DataFrame(columns)
        for kind, where in problems:
            self.alter(frame, kind, where if rejected is None else where & ~rejected)
        return frame if rejected is None or not rejected.any() else frame.filter(~rejected)

    def _blocks(self, blocks: Iterable[tuple[int, bytes]]) -> Iterator[Texts]:
        for number, block in blocks:
            data = block.removeprefix(_BOM) if number == 1 else block
            if number == 1 and data.lstrip(b" \t").startswith(b"#separator"):
                data = data.lstrip(b" \t")
            for start, piece, at_end in _without_comments(data, number, self._comment):
                if texts := self._piece(piece, start, cut_off=at_end and self._lines.ended_in_line):
                    yield texts

    def _comment(self, line: bytes) -> None:
        text = line.decode("utf-8", "backslashreplace")
        if text.startswith("#close"):
            self._closed = True
            return
        after = self._header.with_directive(text)
        self._was_declared = self._was_declared or after.declared
        if after is not self._header:
            self._header, self._layout, self._closed = after, None, False

    def _piece(self, data: bytes, number: int, *, cut_off: bool) -> Texts | None:
        if self._layout is None:
            blank = len(data) - len(data.lstrip(b"\r\n"))
            number += data.count(b"\n", 0, blank)
            data = data[blank:]
            if not data:
                return None
            taken = self._find_layout(data)
            number += data.count(b"\n", 0, taken)
            data = data[taken:]
        if self._layout is None:
            raise self._no_log()
        if self._layout.kind == "json":
            return split_json(data, number, self._layout, self._schema, cut_off=cut_off)
        return split_lines(data, number, self._layout, cut_off=cut_off)

    def _find_layout(self, data: bytes) -> int:
        """Settles how lines are to be read, by the header or by the first ones; returns how many bytes hold names."""
        if data.lstrip().startswith(b"{"):
            self._format, self._layout = "Zeek JSON", Layout(kind="json", path=self._header.path)
            self._schema = self._json_schema(data) if self._conn else {}
        elif self._header.declared:
            self._format, self._layout = "Zeek TSV", self._header
            if self._conn:
                self._check_is_conn(self._header.fields, self._header.path)
        else:
            for line in data.split(b"\n", 20)[:20]:
                found = sniff(line.decode("utf-8", "backslashreplace"), self._conn_version)
                if found:
                    self._layout = found
                    self._format = "Bro 1 text" if found.kind == "bro1" else "Zeek TSV without header"
                    return data.find(line) + len(line) + 1 if found.declared else 0
        return 0

    def _json_schema(self, data: bytes) -> dict[str, Any]:
        """What the fast way reads: the names as the first lines write them, and those of the table that may come."""
        names, nested = _json_names(data)
        plain = {"ts" if name == "@timestamp" and "ts" not in names else plain_name(name) for name in names}
        if names:
            self._check_is_conn([*plain, *(_ID_PARTS if nested else ())], None)
        if nested != ("id" in names) or len(plain) < len(names):
            return {}
        schema: dict[str, Any] = dict.fromkeys(names, pl.String)
        scope = next((name[: -len("orig_h")] for name in names if plain_name(name) == "orig_h"), "")
        for name in CONN_TYPES:
            if name not in plain:
                schema[scope + name if name in _ID_PARTS else name] = pl.String
        if nested:
            for part in _ID_PARTS:
                schema.pop(part, None)
            schema["id"] = pl.Struct(dict.fromkeys(_ID_PARTS, pl.String))
        return schema

    def _check_is_conn(self, fields: Sequence[str], path: str | None) -> None:
        missing = [name for name in (*_REQUIRED, "proto") if name not in fields]
        if not missing and any(name in fields for name in _ANY_OF):
            return
        kind = f"a Zeek {path} log" if path and path != "conn" else "a log"
        lacks = f"without {', '.join(missing)}" if missing else "without durations, bytes or states"
        raise InputError(f"{self._source.name} is {kind} {lacks}, no connection log", hint="give a conn.log")

    def _is_array(self) -> bool:
        head = self._source.head(4096).removeprefix(_BOM).lstrip()
        return head.startswith(b"[") and head[1:].lstrip()[:1] in (b"{", b"]")

    def _array(self, blocks: Iterable[tuple[int, bytes]]) -> Iterator[Texts]:
        self._format = "Zeek JSON"
        decoder = codecs.getincrementaldecoder("utf-8-sig")("backslashreplace")
        records: list[dict[str, Any]] = []
        numbers: list[int] = []
        bad: list[tuple[str, int]] = []
        checked = not self._conn
        for number, (record, fault) in enumerate(json_array(decoder.decode(block) for _, block in blocks), 1):
            if record is None:
                bad.append((fault, number))
            else:
                records.append(record)
                numbers.append(number)
            if len(records) >= _ARRAY_ROWS:
                yield texts_of_records(records, Layout(kind="json"), numbers, bad)
                records, numbers, bad, checked = [], [], [], True
        texts = texts_of_records(records, Layout(kind="json"), numbers, bad)
        if records and not checked:
            self._check_is_conn(texts.frame.columns, None)
        yield texts

    def _no_log(self) -> InputError:
        kind = "connection log of Zeek or Bro" if self._conn else "Zeek log"
        return InputError(
            f"{self._source.name} is no {kind}", hint="a log begins with #separator, with { or with a time"
        )


def _without_comments(data: bytes, number: int, comment: Callable[[bytes], None]) -> Iterator[tuple[int, bytes, bool]]:
    """Cuts a block at its `#` lines, which go to `comment` in order.

    Yields:
        The number of the first line, lines without comments among them, and whether they end the block.
    """
    start = 0
    while start < len(data):
        at = start if data.startswith(b"#", start) else data.find(b"\n#", start) + 1 or len(data)
        if at > start:
            piece = data[start:at]
            yield number, piece, at == len(data)
            number += piece.count(b"\n")
        while data.startswith(b"#", at):
            end = data.find(b"\n", at) + 1 or len(data)
            comment(data[at:end])
            number += 1
            at = end
        start = at


def _json_names(data: bytes, limit: int = 1000) -> tuple[list[str], bool]:
    """The names that the first lines use, as they are written, and whether `id` is a record of its own."""
    names: dict[str, None] = {}
    nested = False
    for line in data.split(b"\n", limit)[:limit]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            names.update(dict.fromkeys(record))
            nested = nested or isinstance(record.get("id"), dict)
    return list(names), nested
