"""What changed: each entity against its own earlier windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import dist, sqrt
from typing import Any, Final

from wiretell.analyses.behavior.classes import akin
from wiretell.analyses.behavior.tables import Row
from wiretell.analyses.behavior.temporal import vector

ENOUGH: Final = 3
"""Earlier windows of an entity from which its habit is known."""

FAR: Final = 3.0
"""Standard deviations of an entity's own earlier distances beyond which a new one is far."""

NEAR: Final = 0.3
"""A distance of two vectors below this is never a change: less than one label of an address dimension."""

Entity = tuple[str, str]


@dataclass(slots=True)
class Past:
    """The earlier windows of one entity, in order of time.

    Attributes:
        clusters: Its rows of `clusters`.
        profiles: Its rows of `profiles`, by window.
    """

    clusters: list[Row] = field(default_factory=list)
    profiles: dict[datetime, Row] = field(default_factory=dict)

    def center(self) -> tuple[float, ...]:
        """The mean of its uncertainty vectors."""
        vectors = [vector(cluster) for cluster in self.clusters]
        return tuple(sum(values) / len(values) for values in zip(*vectors, strict=True))

    def usual_distance(self) -> tuple[float, float]:
        """Mean and standard deviation of the distances of its vectors from their center."""
        center = self.center()
        distances = [dist(vector(cluster), center) for cluster in self.clusters]
        mean = sum(distances) / len(distances)
        return mean, sqrt(sum((value - mean) ** 2 for value in distances) / len(distances))


def histories(clusters: Sequence[Row], profiles: Sequence[Row]) -> dict[Entity, Past]:
    """The past of every entity, by dimension and key."""
    pasts: dict[Entity, Past] = {}
    for row in sorted(clusters, key=lambda row: row["window"]):
        pasts.setdefault((row["dimension"], row["key"]), Past()).clusters.append(row)
    for row in profiles:
        pasts.setdefault((row["dimension"], row["key"]), Past()).profiles[row["window"]] = row
    return pasts


def behavior_changes(clusters: Sequence[Row], pasts: dict[Entity, Past]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """The clusters of one window that do not behave as they used to.

    Yields:
        The cluster and the evidence. A move to a class that is not akin to that of the window before is a change if
        that was its class in most of its windows; so is a vector that is farther from the center of the earlier ones
        than the entity's own history explains (mean plus three standard deviations, and at least 0.3).
    """
    for cluster in clusters:
        past = pasts.get((cluster["dimension"], cluster["key"]))
        if past is None or len(past.clusters) < ENOUGH:
            continue
        classes = [row["behavior_class"] for row in past.clusters]
        usual = max(set(classes), key=lambda number: (classes.count(number), number))
        habit = classes.count(usual) > len(classes) / 2
        mean, deviation = past.usual_distance()
        distance, limit = dist(vector(cluster), past.center()), max(NEAR, mean + FAR * deviation)
        moved = habit and not akin(usual, cluster["behavior_class"])
        if moved or distance > limit:
            yield (
                cluster,
                {
                    "usual_class": usual,
                    "behavior_class": cluster["behavior_class"],
                    "akin": akin(usual, cluster["behavior_class"]),
                    "distance": round(distance, 4),
                    "limit": round(limit, 4),
                    "windows_before": len(past.clusters),
                },
            )


def new_servers(profiles: Sequence[Row], pasts: dict[Entity, Past], windows: Sequence[datetime]) -> Iterator[Row]:
    """The hosts that serve a port which they did not serve before, once there is a past to compare with."""
    if len(windows) < ENOUGH:
        return
    for row in profiles:
        if row["profile"] != "server" or row["dimension"] != "src_ip":
            continue
        past = pasts.get(("src_ip", row["key"]), Past())
        if not any(_serves_same(earlier, row) for earlier in past.profiles.values()):
            yield row


def vanished_servers(
    profiles: Sequence[Row], pasts: dict[Entity, Past], windows: Sequence[datetime]
) -> Iterator[tuple[Row, int]]:
    """The hosts that served a port in each of the last windows and do not now: their last profile, windows served."""
    recent = sorted(windows)[-ENOUGH:]
    if len(recent) < ENOUGH:
        return
    now = {row["key"]: row for row in profiles if row["dimension"] == "src_ip"}
    for (dimension, key), past in pasts.items():
        if dimension != "src_ip":
            continue
        served = [past.profiles.get(window) for window in recent]
        last = served[-1]
        if last is None or not all(row is not None and _serves_same(row, last) for row in served):
            continue
        if last["profile"] == "server" and not (key in now and _serves_same(now[key], last)):
            yield last, sum(_serves_same(row, last) for row in past.profiles.values())


def _serves_same(one: Row, other: Row) -> bool:
    return bool(one["profile"] == "server" and (one["port"], one["protocol"]) == (other["port"], other["protocol"]))
