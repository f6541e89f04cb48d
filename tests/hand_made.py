"""Hand-made rows of the tables, and a capture of hand-made packets."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.schema import CONNECTIONS, FLOWS

T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
T0_US = 1_795_251_600_000_000


def flow(
    src: str = "10.0.0.1",
    dst: str = "93.184.216.34",
    src_port: int = 40000,
    dst_port: int = 443,
    protocol: int = 6,
    *,
    packets: int = 10,
    size: int = 1000,
    payload: int = 600,
    fragments: int = 0,
    at: float = 0.0,
    lasts: float = 1.0,
    window: float | None = None,
) -> dict[str, Any]:
    """A row of flows; times are seconds after `T0`."""
    start = T0 + timedelta(seconds=at)
    return {
        "window": None if window is None else T0 + timedelta(seconds=window),
        "start": start,
        "end": start + timedelta(seconds=lasts),
        "src_ip": src,
        "dst_ip": dst,
        "src_port": src_port,
        "dst_port": dst_port,
        "protocol": protocol,
        "packets": packets,
        "bytes": size,
        "payload_bytes": payload,
        "bytes_squared": size * size / packets,
        "fragments": fragments,
        "tcp_flags": 0,
        "end_reason": 4,
        "sampling": 1,
    }


def flows(*rows: dict[str, Any]) -> pl.DataFrame:
    """A flows table."""
    return pl.DataFrame(list(rows), schema=polars_schema(FLOWS), orient="row")


def connection(
    orig: str = "10.0.0.1",
    resp: str = "93.184.216.34",
    resp_port: int = 443,
    proto: str = "tcp",
    *,
    at: float = 0.0,
    lasts: float | None = 1.0,
    **values: object,
) -> dict[str, Any]:
    """A row of connections; times are seconds after `T0`."""
    row: dict[str, Any] = {
        "ts": T0 + timedelta(seconds=at),
        "uid": "C1",
        "orig_h": orig,
        "orig_p": 40000,
        "resp_h": resp,
        "resp_p": resp_port,
        "proto": proto,
        "service": None,
        "duration": lasts,
        "orig_bytes": 100,
        "resp_bytes": 900,
        "conn_state": "SF",
        "orig_pkts": 5,
        "orig_ip_bytes": 300,
        "resp_pkts": 5,
        "resp_ip_bytes": 1100,
    }
    return row | values


def connections(*rows: dict[str, Any]) -> pl.DataFrame:
    """A connections table."""
    return pl.DataFrame(list(rows), schema=polars_schema(CONNECTIONS), orient="row")


def udp_packet(
    src: str, dst: str, src_port: int = 40000, dst_port: int = 53, *, payload: int = 20, flags: int = 0, offset: int = 0
) -> bytes:
    """An Ethernet frame with a UDP datagram in IPv4 or IPv6; `flags` 2 is don't-fragment, 1 more-fragments."""
    udp = struct.pack("!HHHH", src_port, dst_port, 8 + payload, 0) + bytes(payload)
    source, destination = ip_address(src).packed, ip_address(dst).packed
    if len(source) == 16:
        header = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + source + destination
        return bytes(12) + b"\x86\xdd" + header + udp
    fields = (0x45, 0, 20 + len(udp), 1, flags << 13 | offset // 8, 64, 17, 0)
    return bytes(12) + b"\x08\x00" + struct.pack("!BBHHHBBH", *fields) + source + destination + udp


def write_pcap(path: Path, packets: Iterable[tuple[float, bytes]]) -> Path:
    """A capture of `(seconds after T0, frame)`."""
    data = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for at, frame in packets:
        seconds, micros = divmod(T0_US + round(at * 1e6), 1_000_000)
        data += struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path
