"""What each finding is about, so that findings about the same can be told together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from wiretell.analyses.behavior.dimensions import FREE
from wiretell.reports.behavior_result import BehaviorReport, Row

ATTACKS: Final = ("scan", "novel_exploit", "flood")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a story is about.

    Attributes:
        name: The kind of story.
        protocol: tcp, udp, icmp, other; None if it does not matter.
        port: The port that is scanned, flooded or served.
        key: One address that all of it is about, or what the members have in common.
        keys: The targets of floods that are told together.
    """

    name: str
    protocol: str | None = None
    port: int | None = None
    key: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with the profile of its entity in the same window; None if it has none there."""

    row: Row
    profile: Row | None

    @property
    def flows(self) -> int:
        """The flows of the entity in the window."""
        return int(self.profile["flows"]) if self.profile is not None else 0

    def distinct(self, dimension: str) -> int:
        """Different values of a free dimension; 0 if it is not known."""
        return int(self.evidence.get("distinct", {}).get(dimension) or 0)

    @property
    def evidence(self) -> dict[str, Any]:
        """The figures behind the profile."""
        return dict(json.loads(self.profile["evidence"])) if self.profile is not None else {}

    def fixed(self, dimension: str) -> str | None:
        """The value of a dimension in the state that explains most; None for any."""
        if self.profile is None:
            return None
        if dimension == self.row["dimension"]:
            return str(self.row["key"])
        values = str(self.profile["state"]).strip("⟨⟩").split(", ")
        value = dict(zip(FREE[self.row["dimension"]], values, strict=False)).get(dimension, "*")
        return None if value == "*" else value


def found_with_topics(report: BehaviorReport) -> Iterator[tuple[Topic, Found]]:
    """Each finding of a report with its topic: attacks first, then what is not explained by them."""
    profiles = {(row["window"], row["dimension"], row["key"]): row for row in report.profiles}
    found = [Found(row, profiles.get((row["window"], row["dimension"], row["key"]))) for row in report.findings]
    attacks = [(_attack(each), each) for each in found if each.row["kind"] in ATTACKS]
    merged = _floods_by_port([topic for topic, _ in attacks if topic.name == "flood"])
    scanners = {each.row["key"]: topic for topic, each in attacks if _scans(each)}
    attacks = [(merged.get(topic) or _scanner_of(each, scanners) or topic, each) for topic, each in attacks]
    yield from attacks
    explained: dict[Any, Topic] = {}
    for topic, each in attacks:
        explained.setdefault((each.row["window"], each.row["key"]), topic)
        if topic.port is not None:
            explained.setdefault((each.row["window"], str(topic.port)), topic)
    for each in found:
        if each.row["kind"] not in ATTACKS:
            yield _other(each, explained), each


def _attack(found: Found) -> Topic:
    profile, key = found.profile, found.row["key"]
    if profile is None:
        return Topic("scan of host", key=key)
    protocol, port = profile["protocol"], profile["port"]
    if found.row["kind"] == "flood":
        target = key if profile["profile"] == "flood_target" and "ip" in found.row["dimension"] else None
        target = target or found.fixed("dst_ip")
        return Topic("flood", protocol, port, key=target, keys=() if target is None else (target,))
    if profile["profile"] == "scan_target":
        return Topic("scan of host", key=key)
    if found.row["dimension"] == "src_port":
        scanned = found.fixed("dst_port")
        port = int(scanned) if scanned is not None else None
        protocol = found.evidence.get("state_protocol", protocol)
    if port is not None or protocol == "icmp":
        return Topic("scan of port", protocol, port)
    out = found.row["dimension"] != "dst_ip"
    return Topic("scan of host", key=found.fixed("dst_ip" if out else "src_ip") or key)


def _scans(found: Found) -> bool:
    address = not found.row["dimension"].endswith("port")
    return address and found.profile is not None and found.profile["profile"] == "scan"


def _scanner_of(found: Found, scanners: dict[str, Topic]) -> Topic | None:
    """The topic of the scanner who probes most of a scanned host's ports, if he is known."""
    if found.profile is None or found.profile["profile"] != "scan_target":
        return None
    return scanners.get(found.fixed("src_ip" if found.row["dimension"] == "dst_ip" else "dst_ip") or "")


def _floods_by_port(topics: list[Topic]) -> dict[Topic, Topic]:
    """For each topic of a flood the one under which it is told: one target once, targets of one port together."""
    ports: dict[str | None, Topic] = {}
    for topic in topics:
        if topic.key is not None and (topic.key not in ports or topic.port is not None):
            ports[topic.key] = topic
    together: dict[Topic, list[Topic]] = {}
    for topic in dict.fromkeys(topics):
        main = ports.get(topic.key, topic)
        shared = replace(main, keys=()) if main.port is None else Topic("flood", main.protocol, main.port)
        together.setdefault(shared, []).append(topic)
    merged: dict[Topic, Topic] = {}
    for shared, group in together.items():
        keys = tuple(dict.fromkeys(topic.key for topic in group if topic.key is not None))
        merged |= dict.fromkeys(group, replace(shared, keys=keys))
    return merged


def _other(found: Found, explained: dict[Any, Topic]) -> Topic:
    row, profile = found.row, found.profile
    kind, port = row["kind"], row["dimension"].endswith("port")
    if kind == "nothing_stands_out":
        return Topic("nothing")
    if kind == "vanished_server":
        evidence = json.loads(row["evidence"])
        return Topic("servers", evidence.get("protocol"), evidence.get("port"), key=kind)
    attack = explained.get((row["window"], row["key"]))
    if attack is not None:
        return attack
    if kind == "rare_class":
        return Topic("rare", key="port" if port else "host")
    if profile is None:
        return Topic("change", key=row["key"])
    if kind == "new_server":
        return Topic("servers", profile["protocol"], profile["port"], key=kind)
    same = row["key"] if port or profile["profile"] == "other" else profile["profile"]
    return Topic("change", profile["protocol"], None if port else profile["port"], key=same)
