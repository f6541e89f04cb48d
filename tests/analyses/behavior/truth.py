"""What the verdicts on a synthesized trace should be, from its labels alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SERVERS = {"web-server", "dns-server", "mail-server", "ssh-server", "backup-server", "ntp-server"}
CLIENTS = {"client", "nat-proxy", "backup-client"}


@dataclass
class Labels:
    """The labels of a trace.

    Attributes:
        roles: Of each address.
        attacks: As the truth names them.
    """

    roles: dict[str, set[str]] = field(default_factory=dict)
    attacks: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Labels:
        labels = cls()
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["kind"] == "host":
                for address in row["addresses"]:
                    labels.roles.setdefault(address, set()).update(row["roles"])
            elif row["kind"] == "attack":
                labels.attacks.append(row)
        return labels

    def expected(self, cluster: dict[str, Any], seconds: float) -> set[str]:
        """The verdicts that are right for an address in a window, by what it is and what is done by it or to it.

        An attack counts if it takes place in the window. Who is under attack may still be seen as what else it is.
        """
        roles = self.roles.get(cluster["key"], set())
        right: set[str] = set()
        if roles & SERVERS:
            right.add("server")
        if roles & CLIENTS and not roles & SERVERS:
            right.add("heavy_hitter")
        if "p2p" in roles:
            right.add("other")
        start = cluster["window"].timestamp()
        for attack in self.attacks:
            if attack["end"] < start or attack["start"] >= start + seconds:
                continue
            mine, aimed = cluster["key"] in attack["sources"], cluster["key"] in attack["targets"]
            if attack["name"] in {"horizontal-scan", "vertical-scan", "worm"}:
                right |= {"scan"} if mine else {"scan_target"} if aimed else set()
            elif attack["name"] in {"syn-flood", "dns-reflection", "ntp-reflection"} and aimed:
                right.add("flood_target")
        return right or {"other"}


@dataclass
class Score:
    """How often each profile was given rightly, wrongly, and not although it was right."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def add(self, profiles: Iterable[dict[str, Any]], labels: Labels, seconds: float) -> None:
        for row in profiles:
            if row["dimension"].endswith("port"):
                continue
            expected = labels.expected(row, seconds)
            if row["profile"] in expected:
                self.right[row["profile"]] += 1
                continue
            self.wrong[row["profile"]] += 1
            self.errors.append(
                f"{sorted(expected)} but {row['profile']}: class {row['behavior_class']} {row['sentence']}"
            )
            for profile in expected:
                self.missed[profile] += 1

    def precision(self, profile: str) -> float:
        given = self.right[profile] + self.wrong[profile]
        return self.right[profile] / given if given else 1.0

    def recall(self, profile: str) -> float:
        due = self.right[profile] + self.missed[profile]
        return self.right[profile] / due if due else 1.0
