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


def test_a_scan_can_be_collected_again_of_names_that_come_once(capture: Path) -> None:
    for scan in (wiretell.scan_packets, wiretell.scan_connections):
        scanned = scan(capture.parent.glob("*.pcap"))  # type: ignore[arg-type]
        assert scanned.collect().height == scanned.collect().height == 10


def test_filters_that_are_pushed_down_give_the_rows_that_they_give_afterwards(capture: Path) -> None:
    packets = wiretell.scan_packets(capture)
    whole = packets.collect()
    port, vlan, source = pl.col("src_port"), pl.col("vlan"), pl.col("src_ip")
    for condition in (
        *(port == 3, port != 3, port.is_in([1, 2, None]), ~port.is_in([1, 2]), port < 2**64, port == 2**63, port > 2.5),
        *(vlan != 5, vlan.is_null(), vlan.ne_missing(5), vlan.eq_missing(None), (vlan == 5) | (port == 3)),
        *(source.is_in(["10.0.0.1", "no address"]), source == "::ffff:10.0.0.1", source >= "10", source.str.starts_with("1")),
    ):  # fmt: skip
        assert packets.filter(condition).collect().equals(whole.filter(condition)), condition
        assert packets.filter(condition).slice(1, 2).collect().equals(whole.filter(condition).slice(1, 2)), condition
