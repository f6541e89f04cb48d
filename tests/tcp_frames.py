"""Frames of TCP connections, made by hand, for captures in tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
Frame = tuple[float, bytes]


class Talk:
    """Two ends of a connection; each call is one packet that the monitor sees."""

    def __init__(self, client: str = "10.0.0.1", server: str = "10.0.9.9", port: int = 80, *, ids: int = 1) -> None:
        self.ends = (client, 40000), (server, port)
        self.frames: list[Frame] = []
        self.ids = [ids, 30_000]

    def say(
        self,
        at: float,
        side: int,
        seq: int,
        ack: int,
        flags: int = ACK,
        data: bytes = b"",
        *,
        ip_id: int | None = None,
        window: int = 60_000,
    ) -> None:
        """One packet of side 0, the client, or 1, the server; without an id the sender counts on."""
        if ip_id is None:
            ip_id = self.ids[side]
            self.ids[side] = (ip_id + 1) & 0xFFFF
        source, target = self.ends[side], self.ends[1 - side]
        self.frames.append((at, _frame(source, target, seq, ack, flags, data, ip_id, window)))

    def handshake(self, at: float = 0.0) -> None:
        """The three packets that open it; data then begins at 101 and at 501."""
        self.say(at, 0, 100, 0, SYN)
        self.say(at + 0.02, 1, 500, 101, SYN | ACK)
        self.say(at + 0.021, 0, 101, 501)

    def close(self, at: float, client_seq: int, server_seq: int) -> None:
        """FINs of both and the last acknowledgment."""
        self.say(at, 0, client_seq, server_seq, FIN | ACK)
        self.say(at + 0.02, 1, server_seq, client_seq + 1, FIN | ACK)
        self.say(at + 0.021, 0, client_seq + 1, server_seq + 1)


def _frame(
    source: tuple[str, int],
    target: tuple[str, int],
    seq: int,
    ack: int,
    flags: int,
    data: bytes,
    ip_id: int,
    window: int,
) -> bytes:
    addresses = ip_address(source[0]).packed, ip_address(target[0]).packed
    tcp = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 5 << 4, flags, window, 0, 0) + data
    if len(addresses[0]) == 16:
        pseudo = b"".join(addresses) + struct.pack("!II", len(tcp), 6)
    else:
        pseudo = b"".join(addresses) + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum([pseudo, tcp])) + tcp[18:]
    if len(addresses[0]) == 16:
        header = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + b"".join(addresses)
        return bytes(12) + b"\x86\xdd" + header + tcp
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), ip_id, 0, 64, 6, 0) + b"".join(addresses)
    header = header[:10] + struct.pack("!H", checksum([header])) + header[12:]
    return bytes(12) + b"\x08\x00" + header + tcp


def checksum(parts: Sequence[bytes]) -> int:
    """The Internet checksum (RFC 1071)."""
    data = b"".join(parts)
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
