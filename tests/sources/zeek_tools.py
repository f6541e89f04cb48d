"""Makes logs for tests, and reads them in the plainest way there is."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

FIELDS = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
    "ip_proto",
]
TYPES = [
    "time",
    "string",
    "addr",
    "port",
    "addr",
    "port",
    "enum",
    "string",
    "interval",
    "count",
    "count",
    "string",
    "bool",
    "bool",
    "count",
    "string",
    "count",
    "count",
    "count",
    "count",
    "set[string]",
    "count",
]
ROW = [
    "1517336042.090842",
    "Ci85EB2",
    "10.55.182.100",
    "14291",
    "10.233.233.5",
    "80",
    "tcp",
    "http",
    "3.000158",
    "719",
    "336",
    "SF",
    "T",
    "F",
    "0",
    "ShADadFf",
    "10",
    "1131",
    "4",
    "508",
    "(empty)",
    "6",
]


def compressors() -> dict[str, Callable[[bytes], bytes]]:
    """The compressions that are read, with what makes them."""
    from backports import zstd

    return {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}


def tsv(
    rows: Iterable[Sequence[str]],
    fields: Sequence[str] = FIELDS,
    types: Sequence[str] = TYPES,
    *,
    separator: str = "\t",
    path: str = "conn",
    close: bool = True,
) -> str:
    escaped = "".join(f"\\x{ord(letter):02x}" for letter in separator)
    head = [
        f"#separator {escaped}",
        separator.join(("#set_separator", ",")),
        separator.join(("#empty_field", "(empty)")),
        separator.join(("#unset_field", "-")),
        separator.join(("#path", path)),
        separator.join(("#open", "2024-04-19-00-00-01")),
        separator.join(("#fields", *fields)),
        separator.join(("#types", *types)),
    ]
    tail = [separator.join(("#close", "2024-04-19-01-00-00"))] if close else []
    return "\n".join([*head, *(separator.join(row) for row in rows), *tail]) + "\n"


def plain_count(data: bytes) -> int:
    """Lines with a record, counted without any of the code under test."""
    lines = [line for line in data.split(b"\n") if line.strip() and not line.lstrip().startswith(b"#")]
    return len(lines)


def decompressed(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def shared(*parts: str) -> Path:
    """A folder of the shared data; the test is skipped where it is missing."""
    base = os.environ.get("WIRETELL_SHARED")
    root = Path(base) if base else Path(__file__).resolve().parents[3] / "shared"
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no shared data: {'/'.join(parts)}")
    return path


def as_json(rows: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)
