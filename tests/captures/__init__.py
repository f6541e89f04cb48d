"""Captures made up for tests, byte by byte from the RFCs."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 101)
"""A pcap header: little-endian, nanoseconds, raw IP."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet; the version of IP follows from the source, an address of the other version is mapped into it."""

    time_ns: int
    src: str
    dst: str
    protocol: int
    src_port: int = 0
    dst_port: int = 0
    payload: int = 0
    flags: int = 0

    @property
    def addresses(self) -> tuple[str, str]:
        """Source and destination, of one version of IP."""
        if ":" not in self.src and ":" in self.dst:
            return self.src, "198.51.100.9"
        if ":" in self.src and ":" not in self.dst:
            return self.src, "2001:db8::9"
        return self.src, self.dst

    @property
    def segment(self) -> bytes:
        """Transport header and payload."""
        ports = struct.pack(">HH", self.src_port, self.dst_port)
        data = bytes(self.payload)
        if self.protocol == 6:
            return ports + struct.pack(">IIBBHHH", 1, 0, 5 << 4, self.flags, 1024, 0, 0) + data
        if self.protocol == 17:
            return ports + struct.pack(">HH", 8 + self.payload, 0) + data
        if self.protocol == 132:
            return ports + bytes(8) + data
        if self.protocol == 1:
            return struct.pack(">BBHI", self.src_port, self.dst_port, 0, 0) + data
        return bytes(4) + data

    @property
    def packet(self) -> bytes:
        """IP header, transport header and payload."""
        src, dst = (ipaddress.ip_address(address).packed for address in self.addresses)
        segment = self.segment
        if len(src) == 4:
            return (
                struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, self.protocol, 0) + src + dst + segment
            )
        return struct.pack(">IHBB", 6 << 28, len(segment), self.protocol, 64) + src + dst + segment

    @property
    def ip_length(self) -> int:
        """IP length."""
        return len(self.packet)

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """The 5-tuple as the flows table has it."""
        ports = (self.src_port, self.dst_port) if self.protocol in (1, 6, 17, 132) else (0, 0)
        return (*self.addresses, *ports, self.protocol)


def record(time_ns: int, data: bytes, wire: int | None = None) -> bytes:
    """One record of a nanosecond pcap."""
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds, fraction, len(data), len(data) if wire is None else wire) + data


def capture_of(sent: Iterable[Sent], path: Path) -> Path:
    """Writes a capture with these packets in this order."""
    path.write_bytes(HEADER + b"".join(record(packet.time_ns, packet.packet) for packet in sent))
    return path
