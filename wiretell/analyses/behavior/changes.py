"""What changed: each entity against its own earlier windows."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
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

RECENT: Final = 1000
"""Windows of an entity, the last of them, that tell how far it usually is from its center: three days of 5 minutes."""

Entity = tuple[str, str]


@dataclass(slots=True)
class Past:
    """The earlier windows of one entity, in order of time.

    Attributes:
        vectors: Its uncertainty vectors in the `RECENT` last.
        sums: The sum of those of all, by place.
        classes: How often it had each behavior class.
        profiles: Its rows of `profiles`, by window.
        served: In how many windows it was a server of each port and protocol.
        since: The first of the windows without a break in which it had its last profile.
    """

    vectors: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=RECENT))
    sums: tuple[float, ...] = (0.0, 0.0, 0.0)
    classes: Counter[int] = field(default_factory=Counter)
    profiles: dict[datetime, Row] = field(default_factory=dict)
    served: Counter[tuple[Any, Any]] = field(default_factory=Counter)
    since: datetime | None = None

    @property
    def windows(self) -> int:
        """In how many it was a cluster."""
        return self.classes.total()

    def center(self) -> tuple[float, ...]:
        """The mean of its uncertainty vectors."""
        windows = self.windows
        return tuple(value / windows for value in self.sums)

    def usual_distance(self) -> tuple[float, float]:
        """Mean and standard deviation of the distances of its last vectors from the center."""
        distances = list(map(dist, self.vectors, repeat(self.center())))
        mean = sum(distances) / len(distances)
        return mean, sqrt(sum((value - mean) ** 2 for value in distances) / len(distances))


@dataclass(slots=True)
class Pasts:
    """All that is known of the windows before one.

    Attributes:
        windows: Their starts, in order.
        entities: By dimension and key.
        last: Those that have a profile in the last window.
        scanned_ports: Ports and protocols of all scans.
    """

    windows: list[datetime] = field(default_factory=list)
    entities: dict[Entity, Past] = field(default_factory=dict)
    last: list[Entity] = field(default_factory=list)
    scanned_ports: set[tuple[Any, Any]] = field(default_factory=set)

    def add(self, window: datetime, clusters: Sequence[Row], profiles: Sequence[Row]) -> None:
        """Adds the window that follows."""
        for row in clusters:
            past = self.entities.setdefault((row["dimension"], row["key"]), Past())
            now = vector(row)
            past.vectors.append(now)
            past.sums = tuple(value + more for value, more in zip(past.sums, now, strict=True))
            past.classes[row["behavior_class"]] += 1
        for row in profiles:
            past = self.entities.setdefault((row["dimension"], row["key"]), Past())
            past.since = self.since(row, window)
            past.profiles[window] = row
            past.served[_port(row)] += row["profile"] == "server"
            if row["profile"] == "scan":
                self.scanned_ports.add(_port(row))
        self.windows.append(window)
        self.last = [(row["dimension"], row["key"]) for row in profiles]

    def since(self, row: Row, window: datetime) -> datetime:
        """The first of the windows without a break in which an entity has the profile that it has in the one that follows.

        Args:
            row: Its row of `profiles` in the window that follows.
            window: That window.
        """
        past = self.entities.get((row["dimension"], row["key"]))
        before = past.profiles.get(self.windows[-1]) if past is not None and self.windows else None
        if past is None or past.since is None or before is None or before["profile"] != row["profile"]:
            return window
        return past.since


def behavior_changes(clusters: Sequence[Row], pasts: dict[Entity, Past]) -> Iterator[tuple[Row, dict[str, Any]]]:
    """The clusters of one window that do not behave as they used to.

    Yields:
        The cluster and the evidence. A move to a class that is not akin to that of the window before is a change if
        that was its class in most of its windows; so is a vector that is farther from the center of the earlier ones
        than the entity's own history explains (mean plus three standard deviations of the last thousand, and at least
        0.3).
    """
    for cluster in clusters:
        past = pasts.get((cluster["dimension"], cluster["key"]))
        if past is None or past.windows < ENOUGH:
            continue
        usual, times = max(past.classes.items(), key=lambda item: (item[1], item[0]))
        habit = times > past.windows / 2
        distance = dist(vector(cluster), past.center())
        moved = habit and not akin(usual, cluster["behavior_class"])
        if not moved and distance <= NEAR:
            continue
        mean, deviation = past.usual_distance()
        limit = max(NEAR, mean + FAR * deviation)
        if moved or distance > limit:
            yield (
                cluster,
                {
                    "usual_class": usual,
                    "behavior_class": cluster["behavior_class"],
                    "akin": akin(usual, cluster["behavior_class"]),
                    "distance": round(distance, 4),
                    "limit": round(limit, 4),
                    "windows_before": past.windows,
                },
            )


def new_servers(profiles: Sequence[Row], pasts: Pasts) -> Iterator[Row]:
    """The hosts that serve a port which they did not serve before, once there is a past to compare with."""
    if len(pasts.windows) < ENOUGH:
        return
    for row in profiles:
        if row["profile"] != "server" or row["dimension"] != "src_ip":
            continue
        past = pasts.entities.get(("src_ip", row["key"]), Past())
        if not past.served[_port(row)]:
            yield row


def vanished_servers(profiles: Sequence[Row], pasts: Pasts) -> Iterator[tuple[Row, int]]:
    """The hosts that served a port in each of the last windows and do not now: their last profile, windows served."""
    recent = pasts.windows[-ENOUGH:]
    if len(recent) < ENOUGH:
        return
    now = {row["key"]: row for row in profiles if row["dimension"] == "src_ip"}
    for dimension, key in pasts.last:
        if dimension != "src_ip":
            continue
        past = pasts.entities[dimension, key]
        served = [past.profiles.get(window) for window in recent]
        last = served[-1]
        if last is None or not all(row is not None and _serves_same(row, last) for row in served):
            continue
        if last["profile"] == "server" and not (key in now and _serves_same(now[key], last)):
            yield last, past.served[_port(last)]


def _serves_same(one: Row, other: Row) -> bool:
    return bool(one["profile"] == "server" and _port(one) == _port(other))


def _port(row: Row) -> tuple[Any, Any]:
    return row["port"], row["protocol"]
