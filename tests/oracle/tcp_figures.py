"""The TCP figures that wiretell has in common with tshark or tcptrace, and what wiretell says of each direction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.tcp_numbers import Key
from tests.oracle.tcp_peers import Direction
from wiretell.sources.connections import find_connections

Ours = Counter[str]
NAMES = (
    "data_pkts", "rexmit_pkts", "rexmit_seen_pkts", "lost_upstream_pkts", "duplicate_pkts", "reordered_pkts",
    "keep_alives", "window_probes", "dup_acks", "zero_windows", "unique_bytes", "bad_checksums",
    "syn_rexmit_pkts", "payload_bytes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that both sides have."""

    name: str
    peer: str
    theirs: Callable[[Direction], int]
    ours: Callable[[Ours], int]

    @property
    def title(self) -> str:
        return f"{self.name}, {self.peer}"


FIGURES = (
    Figure("segments with payload", "tshark", lambda t: t.data_pkts, lambda o: o["data_pkts"]),
    Figure(
        "sent again, copied or overtaken",
        "tshark",
        lambda t: t.again + t.out_of_order,
        lambda o: o["rexmit_pkts"] + o["duplicate_pkts"] + o["reordered_pkts"],
    ),
    Figure("overtaken", "tshark", lambda t: t.out_of_order, lambda o: o["reordered_pkts"]),
    Figure(
        "keep-alives and window probes",
        "tshark",
        lambda t: t.keep_alives,
        lambda o: o["keep_alives"] + o["window_probes"],
    ),
    Figure("duplicate acknowledgments", "tshark", lambda t: t.dup_acks, lambda o: o["dup_acks"]),
    Figure(
        "whether a window closed", "tshark", lambda t: int(t.zero_windows > 0), lambda o: int(o["zero_windows"] > 0)
    ),
    Figure("segments with payload", "tcptrace", lambda t: t.trace_data_pkts, lambda o: o["data_pkts"]),
    Figure("bytes of the stream", "tcptrace", lambda t: t.trace_unique_bytes, lambda o: o["unique_bytes"]),
    Figure(
        "sent again or copied",
        "tcptrace",
        lambda t: t.trace_again,
        lambda o: o["rexmit_seen_pkts"] + o["duplicate_pkts"],
    ),
    Figure(
        "filling a hole",
        "tcptrace",
        lambda t: t.trace_out_of_order,
        lambda o: o["reordered_pkts"] + o["lost_upstream_pkts"],
    ),
)


def told(path: Path) -> dict[Key, Ours]:
    """What wiretell says by direction; connections between the same ends are added up."""
    sides = ("orig", "resp")
    columns = ["proto", "history", *(f"{side}_{name}" for side in sides for name in ("h", "p", *NAMES))]
    frame = find_connections(path, columns=columns).frame.filter(proto="tcp")
    found: dict[Key, Ours] = defaultdict(Counter)
    for row in frame.rows(named=True):
        for near, far in (sides, sides[::-1]):
            counts = found[row[f"{near}_h"], row[f"{near}_p"], row[f"{far}_h"], row[f"{far}_p"]]
            counts.update({name: row[f"{near}_{name}"] or 0 for name in NAMES})
            counts["bad_checksums_of_both"] += sum(row[f"{side}_bad_checksums"] for side in sides)
            history = row["history"] or ""
            letters = history if near == "orig" else history.swapcase()
            counts["begun"] += "S" in history
            counts["peer_resets"] += "r" in letters
            counts["peer_syn_rexmits"] += row[f"{far}_syn_rexmit_pkts"] or 0
            counts["peer_zero_windows"] += row[f"{far}_zero_windows"] or 0
            counts["connections"] += 1
    return found
