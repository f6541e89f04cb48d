"""From the lines of a log to columns of texts: the fast way for blocks of sound lines, line by line where one is not.

The fast way hands a block to the CSV or JSON reader of Polars and is taken only when counting shows that every line has
exactly its fields; anything else is read line by line, so that every bad line is counted with its number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from wiretell.sources.zeek_layout import Layout, plain_name

_ALWAYS = ("ts", "orig_h", "orig_p", "resp_h", "resp_p", "proto")
CUT_OFF = "cut off at the end of the file"


@dataclass(slots=True)
class Texts:
    """Some lines of a log as columns of texts.

    Attributes:
        frame: One row per line that could be read, all columns String; null: the field is not there.
        layout: How the values are to be read.
        numbers: Line number of each row; a range where no line is left out.
        bad: `(kind of fault, line number)` of the lines left out.
        is_plain: Whether it is known that no value is escaped or written as empty.
    """

    frame: pl.DataFrame
    layout: Layout
    numbers: Sequence[int]
    bad: list[tuple[str, int]] = field(default_factory=list)
    is_plain: bool = False


def split_lines(data: bytes, first: int, layout: Layout, *, cut_off: bool = False) -> Texts:
    """Reads whole lines without comments among them by a layout with fields.

    Args:
        data: The lines; each ends with a line feed.
        first: The number of the first one.
        layout: How they are to be read.
        cut_off: Whether the last line had no line feed, so that a fault in it is put down to that.
    """
    data = _utf8(data.replace(b"\r\n", b"\n") if b"\r" in data else data)
    count = data.count(b"\n")
    if layout.kind == "tsv" and len(separator := layout.separator.encode()) == 1:
        fields = len(layout.fields)
        if data.count(separator) == count * (fields - 1):
            frame = _read_separated(data, layout.fields, layout.separator)
            if frame.height == count and frame[frame.columns[-1]].null_count() == 0:
                plain = b"\\" not in data and layout.empty.encode() not in data
                return Texts(frame, layout, range(first, first + count), is_plain=plain)
    lines = data.decode().split("\n")[:-1]
    return _line_by_line(lines, first, layout, cut_off)


def split_json(data: bytes, first: int, layout: Layout, schema: dict[str, Any], *, cut_off: bool = False) -> Texts:
    """Reads JSON lines.

    Args:
        data: The lines; each ends with a line feed.
        first: The number of the first one.
        layout: How the values are to be read.
        schema: Names in the log and their types for the fast way; empty to take every field there is.
        cut_off: Whether the last line had no line feed.
    """
    count = data.count(b"\n")
    if schema:
        try:
            frame = pl.read_ndjson(data, schema=schema)
        except (pl.exceptions.PolarsError, UnicodeDecodeError):
            frame = pl.DataFrame()
        if frame.height == count:
            frame = _plain_columns(frame)
            # A name that is spelled in another way would be missed by the schema, and be null.
            if all(name in frame.columns and not frame[name].null_count() for name in _ALWAYS):
                return Texts(frame, layout, range(first, first + count))
    records: list[dict[str, Any]] = []
    numbers: list[int] = []
    bad: list[tuple[str, int]] = []
    lines = data.split(b"\n")[:-1]
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            at_end = cut_off and number == first + len(lines) - 1
            bad.append((CUT_OFF if at_end else "not JSON", number))
            continue
        if isinstance(record, dict):
            records.append(record)
            numbers.append(number)
        else:
            bad.append(("JSON, but no record", number))
    return texts_of_records(records, layout, numbers, bad)


def json_array(pieces: Iterator[str]) -> Iterator[tuple[dict[str, Any] | None, str]]:
    """Yields the records of a JSON array (or of JSON values one after the other) as they come, in bounded memory.

    Yields:
        A record, or None and what is wrong; after a fault nothing follows.
    """
    decoder = json.JSONDecoder()
    buffer, position, done = "", 0, False
    while True:
        while position < len(buffer) and buffer[position] in " \t\r\n,[]":
            position += 1
        if position < len(buffer):
            try:
                value, position = decoder.raw_decode(buffer, position)
            except (ValueError, RecursionError):
                if done or len(buffer) - position > 4 << 20:
                    yield None, CUT_OFF if done else "not JSON"
                    return
            else:
                yield (value, "") if isinstance(value, dict) else (None, "JSON, but no record")
                continue
        elif done:
            return
        piece = next(pieces, None)
        done = piece is None
        buffer, position = buffer[position:] + (piece or ""), 0


def texts_of_records(
    records: list[dict[str, Any]], layout: Layout, numbers: list[int], bad: list[tuple[str, int]]
) -> Texts:
    """JSON records as columns of texts by plain names, with the types that their values have; `id` is taken apart."""
    flat = [_flat(record) for record in records]
    names = list(dict.fromkeys(name for row in flat for name in row))
    columns = {name: [row.get(name) for row in flat] for name in names}
    types = tuple(_type_of(values) for values in columns.values())
    frame = pl.DataFrame(
        [pl.Series(name, [_text(value) for value in values], dtype=pl.String) for name, values in columns.items()]
    )
    return Texts(frame, replace(layout, fields=tuple(names), types=types), numbers, bad)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        if name == "id" and isinstance(value, dict):
            row.update(value)
        else:
            row[plain_name("ts" if name == "@timestamp" and "ts" not in record else name)] = value
    return row


def _type_of(values: list[Any]) -> str:
    """Zeek's type for a column of JSON values."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int"
    if kinds and kinds <= {int, float}:
        return "double"
    return "vector" if kinds == {list} else "string"


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _plain_columns(frame: pl.DataFrame) -> pl.DataFrame:
    if isinstance(frame.schema.get("id"), pl.Struct):
        frame = frame.unnest("id")
    timed = "ts" not in frame.columns or frame["ts"].null_count() == frame.height
    if timed and "@timestamp" in frame.columns:
        frame = frame.drop("ts", strict=False).rename({"@timestamp": "ts"})
    return frame.rename({name: plain_name(name) for name in frame.columns})


def _line_by_line(lines: list[str], first: int, layout: Layout, cut_off: bool) -> Texts:
    wanted = len(layout.fields)
    rows: list[list[str]] = []
    numbers: list[int] = []
    bad: list[tuple[str, int]] = []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        row = _bro1_fields(line) if layout.kind == "bro1" else line.split(layout.separator)
        if len(row) == wanted:
            rows.append(row)
            numbers.append(number)
        elif cut_off and number == first + len(lines) - 1:
            bad.append((CUT_OFF, number))
        else:
            bad.append(("too few fields" if len(row) < wanted else "too many fields", number))
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in layout.fields]
    schema = dict.fromkeys(layout.fields, pl.String)
    return Texts(pl.DataFrame(dict(zip(layout.fields, columns, strict=True)), schema=schema), layout, numbers, bad)


def _bro1_fields(line: str) -> list[str]:
    """The fields of a Bro 1.x line: `addl` may hold spaces or be missing; `L` and `X` say where its originator is."""
    row = line.split(None, 12)
    if len(row) == 12:
        row.append("?")
    if len(row) == 13:
        row[4] = "?" if row[4] in ("-", "other") else row[4].rstrip("?")
        row[11] = {"L": "T", "X": "F"}.get(row[11], row[11])
    return row


def _read_separated(data: bytes, fields: Sequence[str], separator: str) -> pl.DataFrame:
    header = separator.join(f"c{number}" for number in range(len(fields))).encode() + b"\n"
    try:
        frame = pl.read_csv(
            header + data, separator=separator, quote_char=None, infer_schema=False, truncate_ragged_lines=True
        )
    except pl.exceptions.PolarsError:
        return pl.DataFrame({"c0": []})
    frame.columns = list(fields)
    return frame


def _utf8(data: bytes) -> bytes:
    """The bytes, where they are no UTF-8 escaped as Zeek would."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace").encode()
    return data
