"""A million connections fit into memory, and floods and scans take no longer per packet than a few of them do."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import wiretell
from wiretell.sources.meter_options import MeterOptions

MILLION = 1_000_000
UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""Unit of the peak memory that the system tells."""
_LINK = bytes.fromhex("0200000000010200000000020800")
_IP = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0)
_ENDS = len(_LINK) + len(_IP)
_SYN = struct.pack("!HHIIBBHHH", 40_000, 80, 7, 0, 0x50, 2, 8192, 0, 0)


def flood(path: Path, connections: int, *, seconds: int = 4, scan: bool = False) -> Path:
    """SYNs within some seconds: of many sources to one port, or of one source to many ports of many hosts."""
    frame = bytearray(16) + _LINK + _IP + bytes.fromhex("0b000000c000020a") + _SYN
    length = len(frame) - 16
    record = struct.Struct("<IIII")
    whole = bytearray(len(frame)) * connections
    for number in range(connections):
        second, micro = divmod(number * seconds * 1_000_000 // connections, 1_000_000)
        record.pack_into(frame, 0, 1_767_225_600 + second, micro, length, length)
        if scan:
            struct.pack_into("!IIHH", frame, 16 + _ENDS, 0x0B000000, 0x0C000000 + number // 1000, 40_000, number % 1000)
        else:
            struct.pack_into("!I", frame, 16 + _ENDS, 0x0B000000 + number)
        at = number * len(frame)
        whole[at : at + len(frame)] = frame
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        file.write(whole)
    return path


# A process begins with the peak of the one that starts it: a small one must, not the one that runs the tests.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss)
raise SystemExit(os.waitstatus_to_exitcode(status))
"""


def peak_bytes(capture: Path, *options: str) -> int:
    """Peak memory of `wiretell connections` on a capture, in two threads."""
    command = [sys.executable, "-m", "wiretell", "connections", str(capture), "--ignore-checksums", "--threads", "2"]
    environment = {**os.environ, "TMPDIR": str(capture.parent)}
    line = [sys.executable, "-c", MEASURED, *command, *options]
    measured = subprocess.run(line, stdout=subprocess.PIPE, env=environment, text=True, check=True)
    return int(measured.stdout) * UNIT_BYTES


def test_a_million_connections_of_ten_seconds_are_written_within_600_megabytes(tmp_path: Path) -> None:
    capture, written = flood(tmp_path / "flood.pcap", MILLION, seconds=10), tmp_path / "connections.parquet"
    assert peak_bytes(capture, "--parquet", str(written)) < 600e6
    assert pl.scan_parquet(written).select(pl.len(), pl.col("orig_h").n_unique()).collect().row(0) == (MILLION, MILLION)


def test_a_table_of_a_million_connections_at_once_fits_into_650_megabytes(tmp_path: Path) -> None:
    assert peak_bytes(flood(tmp_path / "flood.pcap", MILLION)) < 650e6


@pytest.mark.parametrize("scan", [False, True])
def test_many_connections_take_no_longer_each_than_few(scan: bool, tmp_path: Path) -> None:
    few, many = 10_000, 160_000
    captures = {number: flood(tmp_path / f"{number}.pcap", number, scan=scan) for number in (few, many)}

    def seconds(number: int) -> float:
        """CPU time of a connection, the least of three readings, in one thread."""
        used = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            table = wiretell.read_connections(captures[number], MeterOptions(ignore_checksums=True, threads=1))
            used.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - before)
            assert table.height == number
        return min(used) / number

    wiretell.read_connections(captures[few])
    assert seconds(many) < 3 * seconds(few)
