"""Planted truth through the whole path: what the synthesizer did to the packets, the connections table tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import wiretell
from wiretell._native import synthesize

CLASSES = {
    "lost_before": "lost_upstream_pkts",
    "lost_after": "lost_downstream_pkts",
    "spurious": "spurious_pkts",
    "reordered": "reordered_pkts",
    "duplicated": "duplicate_pkts",
}


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The capture, and what is true of it."""
    folder = tmp_path_factory.mktemp("losses")
    capture, truth = folder / "losses.pcap", folder / "truth.jsonl"
    synthesize(
        str(capture), str(truth), seed=3, packets=100_000, rate=2000.0, duration=None, snaplen=65_535,
        scenario="losses", surge_factor=10, start_ns=1_735_689_600_000_000_000,
    )  # fmt: skip
    return capture, [json.loads(line) for line in truth.read_text().splitlines()]


@pytest.fixture(scope="module")
def pairs(trace: tuple[Path, list[dict[str, Any]]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Of each connection what is true and what is told."""
    capture, lines = trace
    told = wiretell.read_connections(capture)
    rows = {(row["orig_h"], row["orig_p"], row["resp_h"], row["resp_p"]): row for row in told.rows(named=True)}
    connections = [line for line in lines if line["kind"] == "connection"]
    return [(line, rows[line["orig_h"], line["orig_p"], line["resp_h"], line["resp_p"]]) for line in connections]


@pytest.fixture(scope="module")
def planted(
    trace: tuple[Path, list[dict[str, Any]]], pairs: list[tuple[dict[str, Any], dict[str, Any]]]
) -> pl.DataFrame:
    """One row per direction: planted and told numbers of each class, and how its sender fills in IP ids."""
    capture, lines = trace
    hidden = without_a_hole(capture)
    ids = {address: line["ip_id"] for line in lines if line["kind"] == "host" for address in line["addresses"]}
    found = []
    for line, row in pairs:
        for side in ("orig", "resp"):
            sender = line[f"{side}_h"]
            kind = "IPv6" if ":" in sender else ids[sender]
            found.append({"ids": kind, **counts(line, row, side, hidden)})
    return pl.DataFrame(found)


def counts(line: dict[str, Any], row: dict[str, Any], side: str, hidden: set[int]) -> dict[str, int]:
    both: dict[str, int] = {}
    for planted, told in CLASSES.items():
        frames = line[f"{side}_{planted}_frames"]
        seen = [frame for frame in frames if planted != "lost_before" or frame not in hidden]
        both |= {f"planted_{planted}": len(seen), f"told_{planted}": row[f"{side}_{told}"] or 0}
    return both


def without_a_hole(capture: Path) -> set[int]:
    """Frames at or past all sequence numbers before them: nobody can see that a copy of them was lost earlier."""
    packets = wiretell.scan_packets(capture).collect().with_row_index("frame", 1)
    packets = packets.filter(protocol=6)
    tops: dict[tuple[str, int, str, int], int] = {}
    hidden = set()
    columns = ("frame", "src_ip", "src_port", "dst_ip", "dst_port", "tcp_seq", "payload_len", "tcp_flags")
    for frame, src, src_port, dst, dst_port, seq, length, flags in packets.select(columns).iter_rows():
        key = (src, src_port, dst, dst_port)
        top = tops.setdefault(key, seq)
        if (seq - top) % 2**32 < 2**31:
            hidden.add(frame)
        end = (seq + length + (flags >> 1 & 1)) % 2**32
        if 0 < (end - top) % 2**32 < 2**31:
            tops[key] = end
    return hidden


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_of_harm_is_told_with_precision_and_recall_of_99_percent(planted: pl.DataFrame, name: str) -> None:
    there, told = planted[f"planted_{name}"], planted[f"told_{name}"]
    both = planted.select(pl.min_horizontal(f"planted_{name}", f"told_{name}").sum()).item()
    assert there.sum() > 5
    assert both / told.sum() >= 0.99
    assert both / there.sum() >= 0.99


@pytest.mark.parametrize("kind", ["IPv6", "zero", "random", "counter"])
def test_it_does_not_matter_what_ip_ids_say(planted: pl.DataFrame, kind: str) -> None:
    rows = planted.filter(ids=kind)
    there = sum(rows[f"planted_{name}"].sum() for name in CLASSES)
    told = sum(rows[f"told_{name}"].sum() for name in CLASSES)
    both = sum(rows.select(pl.min_horizontal(f"planted_{name}", f"told_{name}").sum()).item() for name in CLASSES)
    assert there > 100
    assert both / told >= 0.99
    assert both / there >= 0.99


def test_packets_and_keep_alives_are_all_counted(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for line, row in pairs:
        for side in ("orig", "resp"):
            assert row[f"{side}_num_pkts"] == line[f"{side}_pkts"]
            assert row[f"{side}_keep_alives"] == line[f"{side}_keep_alives"]


@pytest.mark.parametrize(("side", "truth"), [("resp", "handshake_server_ns"), ("orig", "handshake_client_ns")])
def test_round_trips_of_handshakes_are_exact_or_not_told(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]], side: str, truth: str
) -> None:
    told = [(row[f"{side}_handshake_rtt_s"], line) for line, row in pairs]
    clean = [pair for pair in told if not pair[1]["orig_syn_retries"] + pair[1]["resp_syn_retries"]]
    assert len(clean) > 200
    for value, line in clean:
        assert value == pytest.approx(line[truth] / 1e9, abs=1e-6)
    assert all(value is None or value == pytest.approx(line[truth] / 1e9, rel=0.01) for value, line in told)
