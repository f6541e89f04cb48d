"""Lazy tables of captures: a filter that is pushed down gives the rows that it gives afterwards."""

from __future__ import annotations

import struct
from pathlib import Path

import polars as pl
import pytest

import wiretell
from tests.hand_made import T0_US, udp_packet, write_pcap

NS = pl.Datetime("ns", "UTC")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Packets 300 ns apart, so that several share a microsecond."""
    path = write_pcap(tmp_path / "close.pcap", [(0, udp_packet("10.0.0.1", "10.0.0.2", port)) for port in range(10)])
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 0, 0xA1B23C4D)
    step = (len(data) - 24) // 10
    for index in range(10):
        struct.pack_into("<I", data, 28 + index * step, 300 * index)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("index", range(10))
def test_times_are_compared_to_the_nanosecond(capture: Path, index: int) -> None:
    packets, time = wiretell.scan_packets(capture), pl.col("time")
    whole = packets.collect()
    exact = pl.lit(T0_US * 1000 + 300 * index).cast(NS)
    coarse = whole["time"][index]
    two = whole["time"][index : index + 2].implode()
    for condition in (
        *(term for at in (exact, coarse) for term in (time == at, time != at, time < at, time <= at, time > at, time >= at)),
        *(exact < time, exact >= time, time.is_in(two), ~time.is_in(two), time.is_between(coarse, coarse)),
    ):  # fmt: skip
        assert packets.filter(condition).collect().equals(whole.filter(condition)), condition
