"""The traces that are measured: synthesized once, kept in bench-out/."""

from __future__ import annotations

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
