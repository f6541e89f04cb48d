"""What a behavior report is made of: result tables as rows, and the same entity of several windows told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

Row = dict[str, Any]

SEVERITIES: Final = {3: "act", 2: "look", 1: "know"}
"""What to do about a finding, by its severity."""

PROFILE_TITLES: Final = {
    "scan": "Scanners",
    "scan_target": "Scanned hosts",
    "flood_source": "Flooding hosts",
    "flood_target": "Flooded hosts",
    "server": "Servers",
    "heavy_hitter": "Busy clients",
    "other": "Others that matter",
}
"""Headings of profiles, most important first."""


@dataclass(frozen=True, slots=True)
class BehaviorReport:
    """The rows to report.

    Attributes:
        inputs: What was read, as it was named.
        windows: Starts of the windows, in order.
        findings: Rows of `findings`.
        profiles: Rows of `profiles`.
        thresholds: Rows of `thresholds`.
        trends: Rows of `class_trends`.
        flows: How many flows there were.
    """

    inputs: list[str]
    windows: list[datetime]
    findings: list[Row]
    profiles: list[Row]
    thresholds: list[Row]
    trends: list[Row]
    flows: int


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell, with the windows in which it holds."""

    row: Row
    windows: int
    first: datetime


def told_findings(report: BehaviorReport) -> list[Told]:
    """Each kind of finding of an entity once, in the words of its heaviest window, most severe and lasting first."""
    told = _grouped(report.findings, ("kind", "dimension", "key"), lambda row: row["window"])
    return sorted(told, key=lambda each: (-each.row["severity"], -each.windows, each.row["kind"], each.row["sentence"]))


def told_profiles(report: BehaviorReport, profile: str) -> list[Told]:
    """Each entity with a profile once, in the words of its busiest window, the busiest first.

    An address that has the profile in both directions is told in that in which it sends.
    """
    mine = [row for row in report.profiles if row["profile"] == profile]
    sending = {row["key"] for row in mine if row["dimension"] == "src_ip"}
    mine = [row for row in mine if not (row["dimension"] == "dst_ip" and row["key"] in sending)]
    told = _grouped(mine, ("dimension", "key"), lambda row: row["flows"])
    return sorted(told, key=lambda each: (-each.row["flows"], each.row["sentence"]))


def silent_dimensions(report: BehaviorReport) -> list[Row]:
    """The ends of searches in which nothing stood out."""
    return [row for row in report.thresholds if row["last"] and row["significant"] == 0]


def _grouped(rows: Sequence[Row], names: tuple[str, ...], weight: Any) -> list[Told]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [
        Told(max(group, key=weight), len({row["window"] for row in group}), min(row["window"] for row in group))
        for group in groups.values()
    ]
