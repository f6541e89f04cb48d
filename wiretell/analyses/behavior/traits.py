"""What a verdict looks at: the labels of a cluster, its kinds of flows, and the state that explains most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wiretell.analyses.behavior.classes import labels_of
from wiretell.analyses.behavior.dimensions import FREE
from wiretell.analyses.behavior.tables import Row

MOST: Final = 0.8
"""The share of bytes from which answers that nobody asked for make a flood: 1 - epsilon of ports."""

HALF: Final = 0.5
"""The share of flows from which a kind of flow, or a state, is what a cluster does."""

ANSWERED: Final = 0.5
"""Flows back per flow from which traffic counts as a dialog."""

MANY: Final = 10
"""Different targets (or sources) below which nothing is called a scan (or a distributed flood)."""

FLOOD_RATE: Final = 10.0
"""Flows per second of one sender to one service from which unanswered ones count as a flood."""

FLOOD_FLOWS: Final = 100
"""Flows of one sender below which nothing is called a flood."""

SWAMPED_FLOWS: Final = 50
"""Flows from many senders below which probes of a host are no flood: a few failed connections are common."""

SWAMPED_RATE: Final = 1.0
"""Flows per second from many senders below which a host is not flooded: scanners of the Internet come all the time."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One cluster, as verdicts see it.

    Attributes:
        cluster: The row of `clusters`.
        main: The row of `states` that explains most.
        labels: 0, 1 or 2 of each free dimension, by its name.
        mirror: The cluster of the opposite direction; None if it is not worth a profile.
    """

    cluster: Row
    main: Row
    labels: dict[str, int]
    mirror: Row | None = None

    @classmethod
    def of(cls, cluster: Row, states: Sequence[Row], mirror: Row | None = None) -> Traits:
        """The traits of a cluster with its dominant states and the cluster of the opposite direction."""
        names = FREE[cluster["dimension"]]
        labels = dict(zip(names, labels_of(cluster["behavior_class"]), strict=True))
        return cls(cluster, main_state(states), labels, mirror)

    def share_of(self, kind: str) -> float:
        """The share of flows of a kind: tcp, udp, icmp, probe, answer."""
        return float(self.cluster[f"{kind}_flows"] / self.cluster["flows"])

    def distinct(self, dimension: str) -> int:
        """Different values of a free dimension; 1 of its own."""
        value = self.cluster[f"distinct_{dimension}"]
        return 1 if value is None else int(value)

    @property
    def protocol(self) -> str:
        """The protocol of most flows."""
        counts = {name: self.cluster[f"{name}_flows"] for name in ("tcp", "udp", "icmp")}
        counts["other"] = self.cluster["flows"] - sum(counts.values())
        return max(counts, key=lambda name: counts[name])

    @property
    def answered(self) -> bool:
        """Whether about as many flows come back as go there."""
        return bool(self.cluster["opposite_flows"] >= ANSWERED * self.cluster["flows"])

    @property
    def probes(self) -> bool:
        """Whether most flows open no conversation: for TCP by the flags, else because nothing comes back.

        A ping is a probe even if it is answered.
        """
        dialog = self.answered and self.share_of("tcp") + self.share_of("icmp") < ANSWERED
        return self.share_of("probe") > HALF and not dialog

    @property
    def reflected(self) -> bool:
        """Whether most bytes are answers of UDP services that were not asked."""
        asked = 0 if self.mirror is None else self.mirror["udp_flows"]
        amplified, size = self.cluster["amplified_bytes"], self.cluster["bytes"]
        flows = self.cluster["amplified_flows"]
        return bool(flows >= MANY and asked < ANSWERED * flows and amplified >= MOST * size)

    @property
    def answers(self) -> bool:
        """Whether most flows only accept, refuse or report."""
        return self.share_of("answer") > HALF

    @property
    def rate(self) -> float:
        """Flows per second from the first to the last packet, of at least a second."""
        seconds = (self.cluster["end"] - self.cluster["start"]).total_seconds()
        return float(self.cluster["flows"] / max(1.0, seconds))

    @property
    def floods(self) -> bool:
        """Whether there are enough flows, fast enough, for a flood of one service."""
        return bool(self.cluster["flows"] >= FLOOD_FLOWS and self.rate >= FLOOD_RATE)

    @property
    def swamped(self) -> bool:
        """Whether there are enough flows, fast enough, for a flood from many senders."""
        return bool(self.cluster["flows"] >= SWAMPED_FLOWS and self.rate >= SWAMPED_RATE)

    @property
    def tries_protocols(self) -> bool:
        """Whether one IP protocol after the other is tried.

        What comes fast between two hosts in one protocol without ports is one flow; so fast flows differ in protocol.
        """
        return self.floods and self.protocol == "other"

    def fixed(self, dimension: str) -> Any:
        """The value of a dimension in the main state (or the key); None for any."""
        if dimension == self.cluster["dimension"]:
            key = self.cluster["key"]
            return int(key) if dimension.endswith("port") else key
        return self.main[dimension]


def main_state(states: Sequence[Row]) -> Row:
    """The longest chain of states in which each keeps at least half of the flows of the one before."""
    main = states[0]
    for depth in (1, 2, 3):
        longer = [row for row in states if row["depth"] == depth and _extends(row, main)]
        best = max(longer, key=lambda row: row["flows"], default=None)
        if best is None or best["flows"] < HALF * main["flows"]:
            break
        main = best
    return main


def _extends(longer: Row, shorter: Row) -> bool:
    names = ("src_ip", "dst_ip", "src_port", "dst_port")
    return all(shorter[name] is None or shorter[name] == longer[name] for name in names)
