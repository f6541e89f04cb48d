"""A capture that holds each packet twice says the same of how well it was carried, and that there are copies."""

from __future__ import annotations

import struct
from pathlib import Path

import polars as pl

import wiretell
from wiretell._native import synthesize

FIGURES = (
    "rexmit_pkts", "rexmit_seen_pkts", "lost_upstream_pkts", "reordered_pkts", "dup_acks", "unique_bytes", "unseen_bytes",
)  # fmt: skip
_SECOND = 1_000_000_000


def test_copies_are_copies_and_nothing_else(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.pcap", tmp_path / "twice.pcap"
    synthesize(
        str(once), str(tmp_path / "truth.jsonl"), seed=5, packets=30_000, rate=2000.0, duration=None, snaplen=65_535,
        scenario="mix", surge_factor=10, start_ns=1_735_689_600_000_000_000,
    )  # fmt: skip
    doubled(once, twice)
    found = [_sides(path) for path in (once, twice)]
    both = found[0].join(found[1], on=["orig_h", "orig_p", "resp_h", "resp_p", "ts", "side"], suffix="_twice")
    assert both.height == found[0].height == found[1].height > 1000
    assert all(both.filter(pl.col(name) > 0).height for name in ("rexmit_pkts", "dup_acks"))
    for name in FIGURES:
        assert (both[name] == both[f"{name}_twice"]).all(), name
    # A second SYN without an IP id counts as sent again where not enough other packets came twice.
    differ = both.filter(pl.col("syn_rexmit_pkts") != pl.col("syn_rexmit_pkts_twice")).height
    assert differ < 0.003 * both.height
    # Before the first payload, an acknowledgment without an IP id can have been sent twice.
    pkts, copies, before = (int(both[name].sum()) for name in ("pkts", "duplicate_pkts_twice", "duplicate_pkts"))
    assert 0.97 * pkts < copies - before <= pkts


def _sides(path: Path) -> pl.DataFrame:
    """A row per direction of TCP of which something was measured."""
    frame = wiretell.read_connections(path).filter(proto="tcp")
    keys = ["orig_h", "orig_p", "resp_h", "resp_p", "ts"]
    names = (*FIGURES, "syn_rexmit_pkts", "duplicate_pkts", "data_pkts", "pkts")
    sides = [
        frame.select(*keys, pl.lit(side).alias("side"), *(pl.col(f"{side}_{name}").alias(name) for name in names))
        for side in ("orig", "resp")
    ]
    return pl.concat(sides).filter(pl.col("data_pkts") > 0)


def doubled(source: Path, target: Path) -> None:
    """Writes each packet of a pcap file with times in nanoseconds a second time, two microseconds later."""
    data = source.read_bytes()
    assert data[:4] == struct.pack("<I", 0xA1B23C4D)
    at = 24
    with target.open("wb") as file:
        file.write(data[:24])
        while at < len(data):
            seconds, nanos, kept, _ = struct.unpack_from("<IIII", data, at)
            rest = data[at + 8 : at + 16 + kept]
            for later in (0, 2000):
                file.write(struct.pack("<II", *divmod(seconds * _SECOND + nanos + later, _SECOND)) + rest)
            at += 16 + kept
