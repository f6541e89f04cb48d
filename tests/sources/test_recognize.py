from __future__ import annotations

import io
import os
import struct
import threading
from pathlib import Path

import polars as pl
import pytest

from tests.sources.zeek_tools import ROW, as_json, compressors, tsv
from wiretell.errors import InputError
from wiretell.sources.recognize import Kind, describe, recognize
from wiretell.sources.zeek_log import read_connections

PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
JSON = as_json(
    [{"ts": 1.5, "uid": "C", "id.orig_h": "1.1.1.1", "id.resp_h": "2.2.2.2", "proto": "tcp", "conn_state": "SF"}]
)
SAMPLES: dict[str, tuple[bytes, Kind, str, str | None]] = {
    "pcap": (PCAP, Kind.CAPTURE, "pcap", None),
    "pcap, other order": (PCAP[:4][::-1] + PCAP[4:], Kind.CAPTURE, "pcap", None),
    "nanoseconds": (b"\x4d\x3c\xb2\xa1" + PCAP[4:], Kind.CAPTURE, "nanosecond pcap", None),
    "pcapng": (b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a", Kind.CAPTURE, "pcapng", None),
    "tsv": (tsv([ROW]).encode(), Kind.LOG, "Zeek TSV", "conn"),
    "dns": (tsv([], ["ts", "query"], ["time", "string"], path="dns").encode(), Kind.LOG, "Zeek TSV", "dns"),
    "no header": ("\t".join(ROW).encode() + b"\n", Kind.LOG, "Zeek TSV without header", "conn"),
    "json": (JSON.encode(), Kind.LOG, "Zeek JSON", "conn"),
    "array": (b"[\n " + JSON.encode() + b"]", Kind.LOG, "Zeek JSON", "conn"),
    "json dns": (b'{"_path":"dns","ts":1.0}\n', Kind.LOG, "Zeek JSON", "dns"),
    "bro 1": (b"1.5 0.5 1.1.1.1 2.2.2.2 http 1 80 tcp 1 2 SF L\n", Kind.LOG, "Bro 1 text", "conn"),
    "netflow 5": (struct.pack("!HH", 5, 1) + bytes(68), Kind.FLOW_EXPORT, "NetFlow v5", None),
    "netflow 9": (struct.pack("!HHIIIIHH", 9, 1, 1, 1, 1, 1, 0, 12) + bytes(8), Kind.FLOW_EXPORT, "NetFlow v9", None),
    "ipfix": (struct.pack("!HHIIIHH", 10, 28, 1, 1, 1, 2, 12) + bytes(8), Kind.FLOW_EXPORT, "IPFIX", None),
    "text": (b"Lorem ipsum\ndolor\n", Kind.UNKNOWN, "", None),
    "other json": (b'{"hello": 1}\n', Kind.UNKNOWN, "", None),
    "noise": (bytes(range(256)), Kind.UNKNOWN, "", None),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("compression", [None, "gzip", "bzip2", "xz", "zstd"])
def test_an_input_is_recognized_by_content(tmp_path: Path, name: str, compression: str | None) -> None:
    content, kind, form, table = SAMPLES[name]
    path = tmp_path / "input.bin"
    path.write_bytes(compressors()[compression](content) if compression else content)
    found = recognize(path)
    assert (found.kind, found.format, found.table, found.compression) == (kind, form, table, compression)
    assert describe(found)


def test_parquet_tells_its_table(tmp_path: Path) -> None:
    for table, columns in (
        ("flows", ["src_ip", "dst_ip", "packets"]),
        ("connections", ["orig_h", "resp_h", "proto"]),
        (None, ["a"]),
    ):
        pl.DataFrame({name: ["1"] for name in columns}).write_parquet(tmp_path / "t")
        found = recognize(tmp_path / "t")
        assert (found.kind, found.table) == (Kind.PARQUET, table)


@pytest.mark.parametrize("name", SAMPLES)
def test_of_a_pipe_no_byte_is_lost(name: str) -> None:
    content = SAMPLES[name][0] + bytes(200_000)
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    found = recognize(f"/dev/fd/{reading}")
    assert found.source.is_pipe
    assert found.source.prefix == content[: len(found.source.prefix)]
    with found.source.raw() as stream:
        assert stream.read() == content
    assert found.source.stream is not None
    found.source.stream.close()
    writer.join()
    os.close(reading)


def test_standard_input_is_recognized_and_then_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(tsv([ROW] * 5000).encode())))
    found = recognize("-")
    assert (found.kind, found.table) == (Kind.LOG, "conn")
    assert read_connections([found.source]).frame.height == 5000


def test_a_live_capture_is_recognized_by_its_file_header_alone() -> None:
    reading, writing = os.pipe()
    os.write(writing, PCAP)
    found = recognize(f"/dev/fd/{reading}")  # would wait for ever for more
    assert found.kind is Kind.CAPTURE
    assert found.source.stream is not None
    found.source.stream.close()
    os.close(writing)
    os.close(reading)


def test_missing_empty_and_folder_are_input_errors(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for name, message in (("missing", "no such file"), ("empty", "is empty"), (".", "is a folder")):
        with pytest.raises(InputError, match=message):
            recognize(tmp_path / name)
