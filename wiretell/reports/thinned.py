"""What the filter thinned: how much of each window, and in which clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from wiretell.reports.numbers import exact, many, share, volume, window_start

if TYPE_CHECKING:
    import polars as pl

    from wiretell.sources.facts import ThinnedWindow

NAMED: Final = 5
"""Clusters that are named per window."""

_WORDS: Final = {"src_ip": "from", "dst_ip": "to", "src_port": "from port", "dst_port": "to port"}


@dataclass(frozen=True, slots=True)
class ThinnedCluster:
    """A cluster of which flows were thinned; a flow is in four clusters.

    Attributes:
        dimension: `src_ip`, `dst_ip`, `src_port` or `dst_port`.
        key: Address or port.
        flows: All of its flows.
        thinned_flows: Those without a row.
        packets: Packets of all of its flows.
        bytes: Their bytes.
    """

    dimension: str
    key: str
    flows: int
    thinned_flows: int
    packets: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ThinnedReport:
    """One window: its start, its sums, and the clusters of which most was thinned."""

    window: datetime | None
    facts: ThinnedWindow
    clusters: tuple[ThinnedCluster, ...]


def thinned_windows(windows: Sequence[ThinnedWindow], counts: pl.DataFrame) -> tuple[ThinnedReport, ...]:
    """What was thinned, by window.

    Args:
        windows: Of the facts of the captures.
        counts: The table `cluster_counts`.
    """
    listed: dict[Any, list[ThinnedCluster]] = {}
    for row in counts.to_dicts():
        thinned = row["flows"] - row["kept_flows"]
        if row["key"] is not None and thinned > 0:
            names = ("dimension", "key", "flows", "packets", "bytes")
            cluster = ThinnedCluster(**{name: row[name] for name in names}, thinned_flows=thinned)
            listed.setdefault(row["window"], []).append(cluster)
    reports = []
    for window in windows:
        start = None if window.window_ns is None else datetime.fromtimestamp(window.window_ns / 1e9, tz=UTC)
        clusters = sorted(listed.get(start, []), key=lambda each: (-each.thinned_flows, each.dimension, each.key))
        reports.append(ThinnedReport(start, window, tuple(clusters[: 4 * NAMED])))
    return tuple(reports)


def sentence(report: ThinnedReport, zone: tzinfo = UTC) -> str:
    """What was thinned in a window, in words."""
    facts = report.facts
    all_flows = facts.kept_flows + facts.thinned_flows
    when = "" if report.window is None else f"{window_start(report.window, zone)}: "
    away = share(facts.thinned_flows / max(all_flows, 1))
    told = ", ".join(
        f"{_WORDS[each.dimension]} {each.key} ({exact(each.thinned_flows)})" for each in report.clusters[:NAMED]
    )
    return (
        f"{when}{exact(facts.thinned_flows)} of {many(all_flows, 'flow')} ({away}) were thinned for lack of room: "
        f"{exact(facts.thinned_packets)} packets, {volume(facts.thinned_bytes)}; most of them {told}. "
        "Counts of clusters are true; how they spread is estimated from the flows that were kept."
    )
