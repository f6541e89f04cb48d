"""Findings: what deserves a look, most important first."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.behavior.changes import (
    Entity,
    Pasts,
    behavior_changes,
    new_servers,
    vanished_servers,
)
from wiretell.analyses.behavior.core import Behavior
from wiretell.analyses.behavior.dimensions import DIMENSIONS, MIRROR
from wiretell.analyses.behavior.held import lazily, rows_of
from wiretell.analyses.behavior.tables import Row, dicts, table_of
from wiretell.schema import FINDINGS

KNOW, LOOK, ACT = 1, 2, 3

RARE_SHARE: Final = 0.05
"""A class with at most this share of the clusters of its dimension is rare, once there are enough of them."""

ENOUGH_CLUSTERS: Final = 20
"""Clusters of a dimension below which no class is called rare."""

KNOWN_EXPLOIT_PORTS: Final = frozenset(
    {21, 22, 23, 25, 53, 80, 81, 110, 111, 123, 135, 137, 139, 143, 161, 389, 443, 445, 1433, 1434, 1900, 2323, 3306}
    | {3389, 5060, 5432, 5555, 5900, 6379, 7547, 8000, 8080, 8443, 9200, 11211, 27017, 37215}
)  # fmt: skip
"""Ports that are scanned all the time; exploits of others are novel until the history has seen them."""


def findings(result: Behavior, history: Behavior | None = None) -> nw.DataFrame[Any]:
    """What deserves a look in some windows, each compared with those before it.

    Args:
        result: The windows to judge.
        history: Earlier windows, from the store; later ones than those of the result are not looked at.

    Returns:
        The table `findings`, by window, the most severe first.
    """
    new, old = _by_window(result), _by_window(history) if history is not None else {}
    pasts = Pasts()
    found: list[dict[str, Any]] = []
    for window in sorted(new.keys() | old.keys()):
        if window in new:
            mine = new[window]
            found.extend(_of_window(window, mine.clusters, mine.profiles, mine.ends, pasts))
        # What is analyzed anew replaces what the history has of the same window.
        known = new.get(window) or old[window]
        pasts.add(window, known.clusters, known.profiles)
    found.sort(key=lambda row: (row["window"], -row["severity"], -row["weight"], row["kind"], row["sentence"]))
    return table_of(FINDINGS, found, nw.from_native(result.clusters).implementation)


@dataclass(slots=True)
class _Window:
    """The rows of one window: clusters, profiles, the ends of the searches for clusters."""

    clusters: list[Row] = field(default_factory=list)
    profiles: list[Row] = field(default_factory=list)
    ends: list[Row] = field(default_factory=list)


def _by_window(result: Behavior) -> dict[datetime, _Window]:
    windows: dict[datetime, _Window] = defaultdict(_Window)
    for row in dicts(result.thresholds):
        if row["last"]:
            windows[row["window"]].ends.append(row)
    for row in dicts(result.clusters):
        windows[row["window"]].clusters.append(row)
    for row in dicts(result.profiles):
        windows[row["window"]].profiles.append(row)
    return windows


def _of_window(
    window: datetime, clusters: Sequence[Row], profiles: Sequence[Row], ends: Sequence[Row], pasts: Pasts
) -> Iterator[dict[str, Any]]:
    by_entity = {(row["dimension"], row["key"]): row for row in profiles}
    weights = {(row["dimension"], row["key"]): row["share"] for row in clusters}
    told: set[Entity] = set()

    def finding(kind: str, severity: int, row: Row, sentence: str, evidence: Any, since: datetime) -> dict[str, Any]:
        entity = (row["dimension"], row["key"])
        text = evidence if isinstance(evidence, str) else json.dumps(evidence, ensure_ascii=False)
        return {
            **{"window": window, "kind": kind, "severity": severity, "since": since, "sentence": sentence},
            **{"dimension": row["dimension"], "key": row["key"], "evidence": text, "weight": weights.get(entity, 0.0)},
        }

    for row in _once_per_host(profiles):
        since = pasts.since(row, window)
        if row["profile"] in {"scan", "scan_target"}:
            novel = _is_novel(row, pasts.scanned_ports)
            kind, severity = ("novel_exploit", ACT) if novel else ("scan", KNOW if _is_port(row) else LOOK)
            words = f"{row['sentence']}; this port is not among the usual targets" if novel else row["sentence"]
            told.add((row["dimension"], row["key"]))
            yield finding(kind, severity, row, words, row["evidence"], since)
        elif row["profile"] in {"flood_source", "flood_target"}:
            told.add((row["dimension"], row["key"]))
            yield finding("flood", LOOK if _is_port(row) else ACT, row, row["sentence"], row["evidence"], since)
    for cluster, evidence in behavior_changes(clusters, pasts.entities):
        row = by_entity[cluster["dimension"], cluster["key"]]
        words = f"{_entity(row)} changed its behavior: now {_it(row)}"
        yield finding("behavior_change", LOOK, row, words, evidence, window)
    for row in new_servers(profiles, pasts):
        yield finding("new_server", LOOK, row, f"{row['key']} is new as a server: {_it(row)}", row["evidence"], window)
    for row, served in vanished_servers(profiles, pasts):
        what = f"port {row['port']}/{row['protocol']}" if row["port"] is not None else "its ports"
        words = f"{row['key']} served {what} in {served} windows and no longer does"
        evidence = {"last_window": row["window"].isoformat(), **{name: row[name] for name in ("port", "protocol")}}
        yield finding("vanished_server", LOOK, row, words, evidence, window)
    sending: set[str] = set()
    for cluster, share in _rare(clusters):
        entity = (cluster["dimension"], cluster["key"])
        if cluster["dimension"] == "src_ip":
            sending.add(cluster["key"])
        elif cluster["dimension"] == "dst_ip" and cluster["key"] in sending:
            continue
        if entity not in told:
            row = by_entity[entity]
            words = f"{_entity(row)} behaves like few others (class {row['behavior_class']}): {_it(row)}"
            yield finding("rare_class", KNOW, row, words, {"class_share": round(share, 4)}, window)
    for end in ends:
        if end["significant"] == 0 and end["rest"] > 1 / 0.02:
            words = f"no {end['dimension']} stands out: {end['total_flows']:,} flows spread over {end['rest']:,} values"
            evidence = {"uncertainty": end["uncertainty"], "values": end["rest"]}
            yield finding("nothing_stands_out", KNOW, {**end, "key": ""}, words, evidence, window)


def _once_per_host(profiles: Sequence[Row]) -> Iterator[Row]:
    """The profiles without those that say the same of the same address from the other direction.

    A flood is told by what comes in, everything else by what goes out.
    """
    told_by = {"flood_target": "dst_ip"}
    said = {
        (row["key"], row["profile"]) for row in profiles if row["dimension"] == told_by.get(row["profile"], "src_ip")
    }
    for row in profiles:
        other = MIRROR[told_by.get(row["profile"], "src_ip")]
        if row["dimension"] == other and (row["key"], row["profile"]) in said:
            continue
        yield row


def _is_novel(row: Row, seen_ports: set[tuple[Any, Any]]) -> bool:
    """Whether a scan's dominant state is unusual: one port that is neither a usual target nor in the history."""
    if row["profile"] != "scan" or row["dimension"] != "src_ip" or row["port"] is None:
        return False
    return row["port"] not in KNOWN_EXPLOIT_PORTS and (row["port"], row["protocol"]) not in seen_ports


def _rare(clusters: Sequence[Row]) -> Iterator[tuple[Row, float]]:
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    for cluster in clusters:
        by_dimension[cluster["dimension"]].append(cluster)
    for dimension in DIMENSIONS:
        members = by_dimension[dimension]
        counts = Counter(cluster["behavior_class"] for cluster in members)
        for cluster in members if len(members) >= ENOUGH_CLUSTERS else []:
            share = counts[cluster["behavior_class"]] / len(members)
            if share <= RARE_SHARE:
                yield cluster, share


def _is_port(row: Row) -> bool:
    return bool(row["dimension"].endswith("port"))


def _entity(row: Row) -> str:
    return f"port {row['key']}" if _is_port(row) else str(row["key"])


def _it(row: Row) -> str:
    """The sentence of a profile after one that names the entity."""
    sentence = str(row["sentence"])
    key = f"{row['key']} "
    return f"it {sentence.removeprefix(key)}" if sentence.startswith(key) else sentence


def behavior_from(thresholds: IntoFrame, clusters: IntoFrame, states: IntoFrame, profiles: IntoFrame) -> Behavior:
    """Stored tables as a result, to compare with."""
    frames = [rows_of(lazily(frame)) for frame in (thresholds, clusters, states, profiles)]
    return Behavior(*frames)
