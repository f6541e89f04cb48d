"""Connections inside of tunnels name the connections around them, which are rows, too, whatever the number of shares."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

import wiretell
from tests.hand_made import udp_packet, write_pcap
from wiretell.sources.meter_options import MeterOptions

Row = dict[str, Any]
THREADS = (1, 2, 5)


def rows_of(capture: Path, threads: int, *, decap: bool = True) -> list[Row]:
    table = wiretell.read_connections(capture, MeterOptions(decap=decap, threads=threads, ignore_checksums=True))
    return table.sort("ts", "uid").rows(named=True)


def parents(rows: list[Row]) -> dict[str, set[str]]:
    """Originators of the tunnels around a connection, by its originator."""
    by_uid = {row["uid"]: row["orig_h"] for row in rows}
    return {
        row["orig_h"]: {by_uid[uid] for uid in row["tunnel_parents"].split(",")}
        for row in rows
        if row["tunnel_parents"] is not None
    }


def in_ip(source: str, target: str, frame: bytes) -> bytes:
    """A packet in an IPv4 packet (RFC 2003)."""
    inner = frame[14:]
    fields = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(inner), 1, 0, 64, 4, 0)
    return frame[:14] + fields + ip_address(source).packed + ip_address(target).packed + inner


def in_vxlan(source: str, target: str, source_port: int, frame: bytes) -> bytes:
    outer = udp_packet(source, target, source_port, 4789, payload=8 + len(frame))
    return outer[: -8 - len(frame)] + b"\x08" + bytes(7) + frame


@pytest.mark.parametrize("threads", THREADS)
def test_a_tunnel_is_a_row_and_what_it_carries_names_it(threads: int, tmp_path: Path) -> None:
    packets = [
        (number / 100, in_ip("192.0.2.1", "192.0.2.2", udp_packet(f"10.0.0.{number}", "10.0.9.9")))
        for number in range(1, 20)
    ]
    rows = rows_of(write_pcap(tmp_path / "ipip.pcap", [*packets, (1.0, udp_packet("10.1.1.1", "10.0.9.9"))]), threads)
    (tunnel,) = [row for row in rows if row["orig_h"] == "192.0.2.1"]
    assert (tunnel["orig_pkts"], tunnel["ip_proto"], tunnel["tunnel_parents"]) == (19, 4, None)
    assert parents(rows) == {f"10.0.0.{number}": {"192.0.2.1"} for number in range(1, 20)}


@pytest.mark.parametrize("threads", THREADS)
def test_a_connection_has_all_tunnels_that_carried_it_and_of_nested_ones_the_innermost(
    threads: int, tmp_path: Path
) -> None:
    there, back = udp_packet("10.0.0.1", "10.0.9.9"), udp_packet("10.0.9.9", "10.0.0.1", 53, 40000)
    packets = [
        (0.0, in_ip("203.0.113.1", "203.0.113.2", in_vxlan("192.0.2.1", "192.0.2.2", 3001, there))),
        (0.1, in_vxlan("192.0.2.2", "192.0.2.1", 3002, back)),
        (0.2, in_vxlan("192.0.2.1", "192.0.2.2", 3001, there)),
    ]
    rows = rows_of(write_pcap(tmp_path / "vxlan.pcap", packets), threads)
    assert parents(rows) == {"10.0.0.1": {"192.0.2.1", "192.0.2.2"}, "192.0.2.1": {"203.0.113.1"}}
    assert {row["orig_h"]: (row["service"], row["orig_pkts"], row["resp_pkts"]) for row in rows} == {
        "10.0.0.1": (None, 2, 1),
        "192.0.2.1": ("vxlan", 2, 0),
        "192.0.2.2": ("vxlan", 1, 0),
        "203.0.113.1": (None, 1, 0),
    }


def test_without_a_look_inside_there_is_the_tunnel_only(tmp_path: Path) -> None:
    frame = in_ip("192.0.2.1", "192.0.2.2", udp_packet("10.0.0.1", "10.0.9.9"))
    (row,) = rows_of(write_pcap(tmp_path / "ipip.pcap", [(0.0, frame)]), 1, decap=False)
    assert (row["orig_h"], row["tunnel_parents"]) == ("192.0.2.1", None)


def test_any_number_of_shares_tells_the_same_of_real_tunnels(shared_data: Path) -> None:
    within = 0
    for capture in sorted((shared_data / "pcap/zeek/tunnels").rglob("*.pcap*")):
        if capture.suffix not in (".pcap", ".pcapng") or not capture.is_file():
            continue
        rows = rows_of(capture, 1)
        within += len(parents(rows))
        assert rows == rows_of(capture, 5), capture.name
    assert within >= 20
