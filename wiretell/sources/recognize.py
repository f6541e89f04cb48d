"""What an input is, by its first bytes: a capture, a log, a table, a flow export. Names are not asked.

Of a pipe the bytes that were looked at are gone from it: `Recognized.source` holds them. Its `open()` yields all bytes,
and a reader that takes the pipe itself has to be given `source.prefix` as the bytes in front.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wiretell.errors import InputError
from wiretell.sources.opening import Source, peek
from wiretell.sources.zeek_layout import Layout, plain_name, sniff


def log_pattern(log: str) -> str:
    """Names of logs of a kind in a folder, such as `conn`, for `Path.glob`."""
    return f"{log}*.log*"


_CAPTURES: tuple[tuple[bytes, str], ...] = (
    (b"\xa1\xb2\xc3\xd4", "pcap"),
    (b"\xd4\xc3\xb2\xa1", "pcap"),
    (b"\xa1\xb2\x3c\x4d", "nanosecond pcap"),
    (b"\x4d\x3c\xb2\xa1", "nanosecond pcap"),
    (b"\xa1\xb2\xcd\x34", "modified pcap"),
    (b"\x34\xcd\xb2\xa1", "modified pcap"),
    (b"\x0a\x0d\x0d\x0a", "pcapng"),
)
_OTHER_CAPTURES: tuple[tuple[bytes, str], ...] = (
    (b"snoop\x00\x00\x00", "snoop"),
    (b"GMBU", "NetMon 2"),
    (b"RTSS", "NetMon 1"),
    (b"XCP\x00", "Sniffer"),
    (b"TRSNIFF", "Sniffer"),
    (b"\x7fNAM", "other capture"),
)


class Kind(Enum):
    """What can be read in what way."""

    CAPTURE = "capture"
    LOG = "log"
    PARQUET = "parquet"
    FLOW_EXPORT = "flow export"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Recognized:
    """What an input is.

    Attributes:
        kind: How it is to be read.
        format: What it is in words: `pcap`, `Zeek TSV`, `NetFlow v9`, ...
        table: Which log (`conn`, `dns`, ...) or which table of Parquet (`flows`, `connections`); None if nothing tells.
        compression: `gzip`, ... or None.
        source: The input with the bytes that were looked at.
    """

    kind: Kind
    format: str
    table: str | None
    compression: str | None
    source: Source


def recognize(name: str | os.PathLike[str] | Source) -> Recognized:
    """Tells what an input is.

    Raises:
        InputError: if it is missing, a folder, unreadable or empty.
    """
    source = peek(name)
    compression = source.compression
    head = source.head()
    if compression == "lz4":  # the capture reader takes it; logs in lz4 are not known
        return Recognized(Kind.CAPTURE, "lz4", None, compression, source)
    kind, form, table = _of_bytes(head)
    if kind is Kind.PARQUET:
        table = _parquet_table(source)
    return Recognized(kind, form, table, compression, source)


def require(found: Recognized, kind: Kind) -> Recognized:
    """The same, if it is of that kind.

    Raises:
        InputError: if it is of another kind.
    """
    if found.kind is kind:
        return found
    raise InputError(f"{found.source.name} is {describe(found)}, not a {kind.value}")


def describe(found: Recognized) -> str:
    """What it is, in words that fit into a sentence."""
    if found.kind is Kind.UNKNOWN:
        return "of no kind that is known"
    return " ".join(word for word in (found.compression, found.format, found.table, found.kind.value) if word)


def _of_bytes(head: bytes) -> tuple[Kind, str, str | None]:
    for magic, form in _CAPTURES:
        if head.startswith(magic):
            return Kind.CAPTURE, form, None
    if head.startswith(b"PAR1"):
        return Kind.PARQUET, "Parquet", None
    if head[:2] in (b"\x0c\xa5", b"\xa5\x0c"):
        return Kind.FLOW_EXPORT, "nfdump file", None
    for magic, form in _OTHER_CAPTURES:
        if head.startswith(magic):
            return Kind.UNKNOWN, form, None
    if log := _log(head):
        return Kind.LOG, *log
    if export := _datagram(head):
        return Kind.FLOW_EXPORT, export, None
    return Kind.UNKNOWN, "", None


def _log(head: bytes) -> tuple[str, str | None] | None:
    if b"\x00" in head:
        return None
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if text.startswith("#separator") or text.startswith("#fields"):
        layout = Layout()
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            layout = layout.with_directive(line)
        return "Zeek TSV", layout.path or _by_fields(list(layout.fields))
    if text.startswith(("{", "[")):
        fields = _json_fields(text)
        return None if fields is None else ("Zeek JSON", _by_fields(fields))
    for line in text.splitlines()[:20]:
        if layout_found := sniff(line):
            form = "Bro 1 text" if layout_found.kind == "bro1" else "Zeek TSV without header"
            return form, _by_fields(list(layout_found.fields))
    return None


def _json_fields(text: str) -> list[str] | None:
    start = text.find("{")
    if start < 0 or text[:start].strip(" \r\n\t["):
        return None
    try:
        record, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    names = {plain_name("ts" if name == "@timestamp" else name) for name in record}
    if isinstance(record.get("id"), dict):
        names |= set(record["id"])
    if not names & {"ts", "uid", "orig_h", "_path"}:
        return None
    path = record.get("_path") or record.get("@stream")
    return [f"_path={path}"] if isinstance(path, str) else sorted(names)


def _by_fields(fields: list[str]) -> str | None:
    """Which log it is, by the columns that only that one has."""
    if fields and fields[0].startswith("_path="):
        return fields[0].removeprefix("_path=")
    names = set(fields)
    marks = {
        "conn": ("proto", "conn_state"),
        "dns": ("qtype_name",),
        "http": ("status_code", "method"),
        "ssl": ("cipher",),
        "ssh": ("auth_success",),
        "files": ("fuid", "mime_type"),
        "weird": ("name", "peer"),
        "notice": ("note",),
    }
    for log, needed in marks.items():
        if names.issuperset(needed):
            return log
    return "conn" if {"proto", "orig_h", "resp_h"} <= names and names & {"duration", "orig_bytes"} else None


def _datagram(head: bytes) -> str | None:
    """A raw flow export datagram, by version and lengths that fit."""
    if len(head) < 20:
        return None
    version, second = struct.unpack_from("!HH", head)
    if version == 10 and 16 <= second <= len(head) + 65_535 and _set_fits(head, 16, ipfix=True):
        return "IPFIX"
    if version == 9 and 0 < second < 1000 and _set_fits(head, 20, ipfix=False):
        return "NetFlow v9"
    if version == 5 and 0 < second <= 30 and len(head) >= 24 + 48 * second:
        return "NetFlow v5"
    if struct.unpack_from("!I", head)[0] == 5 and struct.unpack_from("!I", head, 4)[0] in (1, 2):
        return "sFlow v5"
    return None


def _set_fits(head: bytes, at: int, *, ipfix: bool) -> bool:
    if len(head) < at + 4:
        return False
    set_id, length = struct.unpack_from("!HH", head, at)
    known = (2, 3) if ipfix else (0, 1)
    return bool((set_id in known or set_id >= 256) and length >= 4)


def _parquet_table(source: Source) -> str | None:
    if source.is_pipe:
        return None
    import polars as pl

    try:
        names = set(pl.read_parquet_schema(Path(source.name)))
    except (OSError, pl.exceptions.PolarsError):
        return None
    if {"src_ip", "dst_ip", "packets"} <= names:
        return "flows"
    return "connections" if {"orig_h", "resp_h", "proto"} <= names else None
