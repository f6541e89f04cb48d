"""Flows for tests, from the few columns that a test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.schema import FLOWS

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

Flow = Mapping[str, Any]


def flow(src_ip: str, dst_ip: str, src_port: int, dst_port: int, **others: Any) -> dict[str, Any]:
    """One flow: a TCP conversation of ten packets unless told otherwise."""
    start = others.get("start", NOON)
    packets = others.get("packets", 10)
    protocol = others.get("protocol", 6)
    size = others.get("size", 400)
    return {
        "window": NOON,
        "start": start,
        "end": start + timedelta(seconds=1),
        "src_ip": src_ip,
        "dst_ip": dst_ip,
        "src_port": src_port,
        "dst_port": dst_port,
        "protocol": protocol,
        "vlan": None,
        "packets": packets,
        "bytes": packets * size,
        "payload_bytes": packets * (size - 40),
        "bytes_squared": float(packets * size * size),
        "fragments": 0,
        "tcp_flags": 0x1B if protocol == 6 else 0,
        "end_reason": 1,
        "exporter": None,
        "sampling": 1,
    } | {name: value for name, value in others.items() if name != "size"}


def syn(src_ip: str, dst_ip: str, src_port: int, dst_port: int, **others: Any) -> dict[str, Any]:
    """A connection attempt that nobody answers."""
    return flow(
        src_ip, dst_ip, src_port, dst_port, **{"packets": 1, "size": 40, "tcp_flags": 2, "payload_bytes": 0} | others
    )


def table(flows: Iterable[Flow]) -> pl.DataFrame:
    """A `flows` table."""
    return pl.DataFrame(list(flows), schema=polars_schema(FLOWS))


def host(number: int, network: int = 10) -> str:
    """An address of a network."""
    return f"{network}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def rows(frame: Any) -> list[dict[str, Any]]:
    """The rows of a result, whatever engine made it."""
    return [dict(row) for row in frame.iter_rows(named=True)]
