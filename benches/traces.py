"""The traces that are measured: synthesized once, kept in bench-out/."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).parents[1] / "bench-out"
SEED = 1


def wiretell() -> str:
    """The `wiretell` of this environment."""
    return str(Path(sys.executable).parent / "wiretell")


def trace(packets: int, snaplen: int, command: str | None = None) -> Path:
    """A trace of that many packets, synthesized unless it is there.

    Args:
        packets: Number of packets.
        snaplen: Bytes kept of each.
        command: Another synthesizer: a command line with `{out}`, `{packets}`, `{snaplen}` and `{seed}`.
    """
    OUT.mkdir(exist_ok=True)
    path = OUT / f"synth-{packets}-{snaplen}.pcap"
    if path.exists():
        return path
    half = path.with_suffix(".part")
    line = command or f"{wiretell()} synth {{out}} --packets {{packets}} --snaplen {{snaplen}} --seed {{seed}}"
    words = [word.format(out=half, packets=packets, snaplen=snaplen, seed=SEED) for word in line.split()]
    print(f"synthesizing {path.name}", file=sys.stderr)
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    half.rename(path)
    return path


def flood(connections: int) -> Path:
    """A flood of SYN segments from forged addresses on one server: each is a connection of one packet.

    Args:
        connections: Number of connections, and of packets.
    """
    OUT.mkdir(exist_ok=True)
    path = OUT / f"flood-{connections}.pcap"
    if path.exists():
        return path
    print(f"writing {path.name}", file=sys.stderr)
    drawn = random.Random(SEED)
    server = bytes((192, 0, 2, 10))
    link = bytes.fromhex("0200000000010200000000020800")
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for number in range(connections):
            source = struct.pack(">I", 0x0B00_0000 + number)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, drawn.getrandbits(16), 0, 64, 6, 0, source, server)
            tcp = struct.pack(
                ">HHIIBBHHH", drawn.randrange(1024, 65_536), 80, drawn.getrandbits(32), 0, 0x50, 2, 8192, 0, 0
            )
            ip = ip[:10] + _checksum(ip) + ip[12:]
            pseudo = source + server + struct.pack(">HH", 6, len(tcp))
            frame = link + ip + tcp[:16] + _checksum(pseudo + tcp) + tcp[18:]
            second, micro = divmod(number * 10, 1_000_000)
            file.write(struct.pack("<IIII", 1_767_225_600 + second, micro, len(frame), len(frame)) + frame)
    half.rename(path)
    return path


def _checksum(data: bytes) -> bytes:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF)
