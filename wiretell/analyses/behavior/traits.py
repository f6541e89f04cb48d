"""What a verdict looks at: the labels of a cluster, its kinds of flows, and the state that explains most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wiretell.analyses.behavior.classes import labels_of
from wiretell.analyses.behavior.dimensions import FREE
from wiretell.analyses.behavior.groups import group_name
from wiretell.analyses.behavior.kind_codes import protocol_of
from wiretell.analyses.behavior.tables import Row

MOST: Final = 0.8
"""The share of bytes from which answers that nobody asked for make a flood: 1 - epsilon of ports."""

HALF: Final = 0.5
"""The share of flows from which a kind of flow, or a state, is what a cluster does."""

ANSWERED: Final = 0.5
"""Flows back per flow from which traffic counts as a dialog."""

MANY: Final = 10
"""Different targets (or sources) below which nothing is called a scan (or a distributed flood)."""

NEARLY: Final = 0.05
"""Flows beside a port, per peer, up to which the peers of all flows count as those of the port."""

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
        """The share of flows of a kind: tcp, udp, icmp, probe, query, answer."""
        return float(self.cluster[f"{kind}_flows"] / self.cluster["flows"])

    def distinct(self, dimension: str) -> int:
        """Different values of a free dimension; 1 of its own."""
        value = self.cluster[f"distinct_{dimension}"]
        return 1 if value is None else int(value)

    @property
    def protocol(self) -> str:
        """The protocol that goes with the port: of most flows of the main state of a host, of all flows of a port."""
        return protocol_of(self.cluster if self.cluster["dimension"].endswith("port") else self.main)

    @property
    def answered(self) -> bool:
        """Whether about as many flows come back as go there."""
        return bool(self.cluster["opposite_flows"] >= ANSWERED * self.cluster["flows"])

    @property
    def probes(self) -> bool:
        """Whether most flows open no conversation: for TCP by the flags, else because nothing comes back."""
        return bool(self.unanswered > HALF * self.cluster["flows"])

    @property
    def answered_queries(self) -> int:
        """Flows of 1 to 3 packets that are neither TCP nor ICMP, as far as such flows come back."""
        if self.mirror is None:
            # What comes back is too little for a profile.
            queries = self.share_of("tcp") + self.share_of("icmp") < ANSWERED
            back = self.cluster["opposite_flows"] if queries else 0
        else:
            back = self.mirror["flows"] - self.mirror["tcp_flows"] - self.mirror["icmp_flows"]
        return int(min(self.cluster["query_flows"], back))

    @property
    def unanswered(self) -> int:
        """The probes: flows that open no conversation. A ping is one even if it is answered."""
        return int(self.cluster["probe_flows"]) - self.answered_queries

    def probed(self, dimension: str) -> int:
        """Different values of a free dimension, as many as there are probes at most."""
        return min(self.distinct(dimension), self.unanswered)

    def tried(self, answering: str, asked: str) -> int:
        """How many values are asked, told by those that answer: as many as what goes out has at most."""
        known = None if self.mirror is None else self.mirror[f"distinct_{asked}"]
        told = min(self.distinct(answering), self.cluster["opposite_flows"])
        return int(told if known is None else min(told, known))

    @property
    def unheard(self) -> bool:
        """Whether nobody can be said to answer: a group of hosts, or nothing comes back and TCP does not tell."""
        silent = self.cluster["opposite_flows"] == 0 and self.protocol != "tcp"
        return bool(silent or group_name(self.fixed("dst_ip")) is not None)

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
        kinds = (self.share_of(name) for name in ("tcp", "udp", "icmp"))
        return self.floods and self.protocol == "other" and sum(kinds) < HALF

    def of_probes(self, states: Sequence[Row]) -> Traits:
        """The same of a scan that no state explains: by the port that most of its probes go to, if there are many."""
        if self.main["depth"] > 0 or self.cluster["dimension"] != "src_ip":
            return self
        asked = 2 * self.answered_queries >= self.cluster["query_flows"]
        ports = [row for row in states if row["dst_port"] is not None and row["probe_flows"] >= MANY]
        ports = [row for row in ports if row["probe_flows"] > HALF * row["flows"]]
        ports = [row for row in ports if not (asked and protocol_of(row) in {"udp", "other"})]
        best = min(ports, key=lambda row: (row["depth"], -row["flows"]), default=self.main)
        return replace(self, main=best)

    def mostly(self, side: str) -> bool:
        """Whether the peers of all flows are told beside a port of one side that too many flows do not have."""
        if self.distinct(side) == 1:
            return False
        peers = self.distinct("dst_ip" if self.cluster["dimension"] == "src_ip" else "src_ip")
        return bool(self.cluster["flows"] - self.main["flows"] > NEARLY * peers)

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
