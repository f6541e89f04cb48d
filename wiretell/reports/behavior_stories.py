"""Findings as stories: what belongs together is told once, as one worm is that has taken two dozen hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wiretell.reports.behavior_headlines import Group, Member, headline
from wiretell.reports.behavior_result import BehaviorReport, Row
from wiretell.reports.behavior_topics import Found, Topic, found_with_topics


@dataclass(frozen=True, slots=True)
class Story:
    """Findings of one kind about one port, one target or one habit.

    Attributes:
        kind: Of the most severe finding.
        severity: The highest.
        since: When the first of it began.
        windows: The windows in which there is any of it, in order.
        flows: Of its members, those of one direction.
        headline: One sentence without the full stop.
        members: Who is part of it, the busiest first.
        findings: The rows of `findings`, by window, the most severe first.
    """

    kind: str
    severity: int
    since: datetime
    windows: tuple[datetime, ...]
    flows: int
    headline: str
    members: tuple[Member, ...]
    findings: tuple[Row, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The keys of the members that the headline does not name, the busiest first, each once."""
        hosts = (member for member in self.members if member.key and not member.dimension.endswith("port"))
        keys = dict.fromkeys(member.key for member in hosts)
        words = {word.strip(",;⟨⟩") for word in self.headline.split()}
        return tuple(key for key in keys if key not in words and f"{key}:" not in words)


def stories(report: BehaviorReport) -> list[Story]:
    """All findings of a report, grouped: the most severe first, of these the one with the most flows."""
    groups: dict[Topic, list[Found]] = {}
    for topic, found in found_with_topics(report):
        groups.setdefault(topic, []).append(found)
    told = [_story(topic, group) for topic, group in groups.items()]
    return sorted(told, key=lambda story: (-story.severity, -story.flows, story.kind, story.headline))


def _story(topic: Topic, group: Sequence[Found]) -> Story:
    ordered = sorted(group, key=lambda found: (found.row["window"], -found.row["severity"], -found.flows))
    heaviest = max(group, key=lambda found: (found.row["severity"], found.flows))
    told = Group(topic, tuple(ordered), _members(group))
    return Story(
        kind=heaviest.row["kind"],
        severity=heaviest.row["severity"],
        since=min(found.row["since"] for found in group),
        windows=tuple(sorted({found.row["window"] for found in group})),
        flows=told.flows,
        headline=headline(told),
        members=told.members,
        findings=tuple(found.row for found in ordered),
    )


def _members(group: Sequence[Found]) -> tuple[Member, ...]:
    by_entity: dict[tuple[str, str], list[Found]] = {}
    for found in group:
        by_entity.setdefault((found.row["dimension"], found.row["key"]), []).append(found)
    members = []
    for (dimension, key), mine in by_entity.items():
        flows = {found.row["window"]: found.flows for found in mine}
        busiest = max(mine, key=lambda found: found.flows)
        sentence = str(busiest.profile["sentence"] if busiest.profile is not None else busiest.row["sentence"])
        members.append(Member(dimension, key, sum(flows.values()), len(flows), sentence))
    return tuple(sorted(members, key=lambda member: (-member.flows, member.key)))
