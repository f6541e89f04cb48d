"""The golden file: what tshark counts in one capture, as one line, and the canonical digests in it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden" / "tshark.tsv.gz"

Flow = tuple[str, str, int, int, int]
"""Source, destination, source port, destination port, protocol."""
Counts = tuple[int, int]
"""Packets, bytes of IP length."""


@dataclass(frozen=True, slots=True)
class Golden:
    """What tshark says of one capture; of nested IP headers the outermost one counts, fragments are not put together.

    Attributes:
        name: Path below ../shared/data.
        status: `ok`, `cut` (the file ends in the middle of a record), `broken` (a record that cannot be) or `refused`.
        capinfos: Packets that capinfos counts; -1 where it refuses the file.
        records: Packets that tshark reads.
        wire_bytes: Bytes they had on the wire.
        captured_bytes: Bytes kept of them.
        first_ns: Earliest time, nanoseconds since 1970; 0 without packets.
        last_ns: Latest time.
        ipv4: Packets whose outermost IP header is IPv4.
        ipv6: Packets whose outermost IP header is IPv6.
        arp: Packets whose outermost network protocol is ARP or RARP.
        ip_bytes: IP length of the IP packets.
        fragments_first: First fragments.
        fragments_later: Later fragments.
        dont_fragment: IPv4 packets with DF.
        protocols: `protocol:packets:bytes` in order, joined by commas.
        sources: Distinct source addresses.
        sources_digest: Digest of packets and bytes by source.
        destinations: Distinct destination addresses.
        destinations_digest: Digest of packets and bytes by destination.
        flows: Distinct 5-tuples.
        flows_digest: Digest of packets and bytes by 5-tuple.
    """

    name: str
    status: str
    capinfos: int
    records: int
    wire_bytes: int
    captured_bytes: int
    first_ns: int
    last_ns: int
    ipv4: int
    ipv6: int
    arp: int
    ip_bytes: int
    fragments_first: int
    fragments_later: int
    dont_fragment: int
    protocols: str
    sources: int
    sources_digest: str
    destinations: int
    destinations_digest: str
    flows: int
    flows_digest: str


def protocols_text(totals: Mapping[int, Counts]) -> str:
    """Totals by protocol as the golden file writes them."""
    return ",".join(f"{protocol}:{packets}:{octets}" for protocol, (packets, octets) in sorted(totals.items()))


def digest(totals: Mapping[str, Counts] | Mapping[Flow, Counts]) -> str:
    """A short digest of totals by key, whatever their order."""
    lines = sorted(f"{key}\t{packets}\t{octets}" for key, (packets, octets) in totals.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def read_golden(path: Path = GOLDEN) -> dict[str, Golden]:
    """The golden file by capture name."""
    kinds = [int if field.type == "int" else str for field in fields(Golden)]
    golden = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                values = [kind(text) for kind, text in zip(kinds, line.rstrip("\n").split("\t"), strict=True)]
                golden[str(values[0])] = Golden(*values)  # type: ignore[arg-type]
    return golden


def write_golden(rows: Iterable[Golden], remark: str, path: Path = GOLDEN) -> None:
    """Writes the golden file, the same bytes for the same rows."""
    lines = [f"# {remark}", "# " + "\t".join(field.name for field in fields(Golden))]
    lines += ["\t".join(str(value) for value in astuple(row)) for row in sorted(rows, key=lambda row: row.name)]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0))
