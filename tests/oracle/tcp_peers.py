"""What tshark's `tcp.analysis` and tcptrace say of each direction of the TCP connections of a capture."""

from __future__ import annotations

import csv
import gzip
import ipaddress
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from tests.oracle.tcp_numbers import FIELDS, Key, Numbers

GOLDEN = Path(__file__).parent.parent / "golden" / "tcp.tsv.gz"
_AGAIN = ("retransmission", "fast_retransmission", "spurious_retransmission")
_ANALYSIS = (*_AGAIN, "out_of_order", "keep_alive", "zero_window_probe", "duplicate_ack", "zero_window")
_PACKET = ("frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport")
_FIELDS = tuple(dict.fromkeys((*_PACKET, *(f"tcp.analysis.{name}" for name in _ANALYSIS), *FIELDS)))
_COUNTED = (
    "data_pkts", "again", "out_of_order", "keep_alives", "probes_with_payload", "keep_alives_at_fin", "dup_acks", "idle_dup_acks",
    "copied_dup_acks", "doubtful_dup_acks", "sacked_updates", "zero_windows", "ends", "ends_again", "resets_with_payload",
    "empty_copies", "doubtful_copies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Direction:
    """What the two say of one direction; -1 where tcptrace does not know it.

    Attributes:
        capture: Path below ../shared/data.
        src: Source address.
        src_port: Its port.
        dst: Destination address.
        dst_port: Its port.
        data_pkts: tshark: segments with payload.
        again: tshark: of these, retransmissions of any kind.
        out_of_order: tshark: of these, out of order.
        keep_alives: tshark: keep-alives and zero window probes, with and without payload.
        probes_with_payload: tshark: of these, those with payload.
        keep_alives_at_fin: tshark: of these, those without payload and with the number of a FIN before.
        dup_acks: tshark: duplicate acknowledgments.
        idle_dup_acks: tshark: of these, those that acknowledge all that the other side has sent.
        copied_dup_acks: tshark: of the others, those that had come before with their IP id.
        doubtful_dup_acks: tshark: of the others, those without an IP id that come again at once.
        sacked_updates: tshark: window updates with selective acknowledgments while data is under way.
        zero_windows: tshark: segments that close the window.
        ends: tshark: SYN and FIN.
        ends_again: tshark: of these, those without payload whose number had come before.
        resets_with_payload: tshark: resets with payload.
        empty_copies: tshark: packets without payload that had come before with their IP id, resets left out.
        doubtful_copies: tshark: packets without payload and IP id that come again at once.
        trace_data_pkts: tcptrace: segments with payload.
        trace_unique_bytes: tcptrace: bytes of the stream.
        trace_again: tcptrace: retransmitted segments with payload.
        trace_out_of_order: tcptrace: segments out of order.
    """

    capture: str
    src: str
    src_port: int
    dst: str
    dst_port: int
    data_pkts: int
    again: int
    out_of_order: int
    keep_alives: int
    probes_with_payload: int
    keep_alives_at_fin: int
    dup_acks: int
    idle_dup_acks: int
    copied_dup_acks: int
    doubtful_dup_acks: int
    sacked_updates: int
    zero_windows: int
    ends: int
    ends_again: int
    resets_with_payload: int
    empty_copies: int
    doubtful_copies: int
    trace_data_pkts: int
    trace_unique_bytes: int
    trace_again: int
    trace_out_of_order: int

    @property
    def key(self) -> Key:
        return self.src, self.src_port, self.dst, self.dst_port


def ask(path: Path, name: str) -> list[Direction]:
    """The directions with payload of one capture, in order of their ends."""
    by_tshark, by_tcptrace = tshark(path), tcptrace(path)
    rows = []
    for key in sorted(by_tshark):
        counts = by_tshark[key]
        if counts["data_pkts"]:
            values: list[Any] = [name, *key, *(counts[told] for told in _COUNTED)]
            values += by_tcptrace.get(key, (-1, -1, -1, -1))
            rows.append(Direction(*values))
    return rows


def tshark(path: Path) -> dict[Key, Counter[str]]:
    """Counts by direction; packets within tunnels and within ICMP are left out."""
    wanted = [word for field in _FIELDS for word in ("-e", field)]
    preferences = ["-o", "ip.defragment:FALSE", "-o", "ip.tso_support:TRUE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            ["tshark", "-n", "-r", str(path), *preferences, "-2", "-T", "fields", "-E", "occurrence=f", *wanted],
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC", "XDG_CONFIG_HOME": empty, "HOME": empty},
            capture_output=True,
            check=False,
        )
    found: dict[Key, Counter[str]] = {}
    numbers = Numbers()
    for line in done.stdout.decode(errors="replace").split("\n")[:-1]:
        row = dict(zip(_FIELDS, line.split("\t"), strict=True))
        layers = row["frame.protocols"].split(":")
        if not row["tcp.srcport"] or sum(layer in ("ip", "ipv6", "icmp", "icmpv6", "gre") for layer in layers) != 1:
            continue
        version = "ip" if "ip" in layers else "ipv6"
        ends = (str(ipaddress.ip_address(row[f"{version}.{end}"])) for end in ("src", "dst"))
        key = (next(ends), int(row["tcp.srcport"]), next(ends), int(row["tcp.dstport"]))
        counts = found.setdefault(key, Counter())
        counts.update(_counts(row))
        counts.update(numbers.take(row, key))
    return found


def _counts(row: dict[str, str]) -> Iterable[str]:
    said = {name for name in _ANALYSIS if row[f"tcp.analysis.{name}"]}
    probe = said & {"keep_alive", "zero_window_probe"}
    if int(row["tcp.len"] or 0) > 0:
        yield "data_pkts"
        if said & set(_AGAIN) and not probe:
            yield "again"
        if "out_of_order" in said and not said & set(_AGAIN):
            yield "out_of_order"
    if probe:
        yield "keep_alives"
        if int(row["tcp.len"] or 0) > 0:
            yield "probes_with_payload"
    if "duplicate_ack" in said:
        yield "dup_acks"
    if "zero_window" in said:
        yield "zero_windows"


def tcptrace(path: Path) -> dict[Key, tuple[int, int, int, int]]:
    """Segments with payload, unique bytes, retransmissions and segments out of order, by direction."""
    done = subprocess.run(["tcptrace", "-n", "-l", "--csv", str(path)], capture_output=True, check=False)
    lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line and not line.startswith("#")]
    found: dict[Key, list[int]] = {}
    for row in csv.DictReader(lines, skipinitialspace=True):
        try:
            ends = [(_address(row[f"host_{end}"]), int(row[f"port_{end}"])) for end in "ab"]
        except (TypeError, ValueError):
            continue
        for (source, to), way in ((ends, "a2b"), (ends[::-1], "b2a")):
            names = ("actual_data_pkts", "unique_bytes_sent", "rexmt_data_pkts", "outoforder_pkts")
            told = [int(row[f"{name}_{way}"]) for name in names]
            before = found.setdefault((*source, *to), [0, 0, 0, 0])
            found[*source, *to] = [one + other for one, other in zip(before, told, strict=True)]
    return {key: (told[0], told[1], told[2], told[3]) for key, told in found.items()}


def _address(text: str) -> str:
    """An address of tcptrace, which writes `::1` as `:0001`."""
    half = text.startswith(":") and not text.startswith("::")
    return str(ipaddress.ip_address(f":{text}" if half else text))


def write(rows: Iterable[Direction], made_by: str, path: Path = GOLDEN) -> None:
    """Writes the golden file: a line per direction, the same bytes for the same rows."""
    text = f"# {made_by}\n" + "".join("\t".join(map(str, astuple(row))) + "\n" for row in rows)
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode())


def read(path: Path = GOLDEN) -> Iterator[Direction]:
    """The lines of the golden file."""
    kinds: list[Any] = [int if field.type == "int" else str for field in fields(Direction)]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                values: list[Any] = line.rstrip("\n").split("\t")
                yield Direction(*(kind(text) for kind, text in zip(kinds, values, strict=True)))
