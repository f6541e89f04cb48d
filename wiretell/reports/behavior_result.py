"""What a behavior report is made of: result tables as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior import Behavior, class_trends
from wiretell.analyses.behavior.tables import dicts
from wiretell.reports.thinned import ThinnedReport
from wiretell.sources.facts import CaptureFacts
from wiretell.sources.log_facts import LogFacts

Row = dict[str, Any]

SEVERITIES: Final = {3: "act", 2: "look", 1: "know"}
"""What to do about a finding, by its severity."""


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
        thinned: What the filter thinned, by window (docs/behavior-filter.md); empty where nothing was.
        facts: Of captures.
        log_facts: Of connection logs.
        zone: The time zone of times in text.
    """

    inputs: list[str]
    windows: list[datetime]
    findings: list[Row]
    profiles: list[Row]
    thresholds: list[Row]
    trends: list[Row]
    flows: int
    thinned: tuple[ThinnedReport, ...] = ()
    facts: CaptureFacts | None = None
    log_facts: LogFacts | None = None
    zone: tzinfo = UTC


def report_of(inputs: list[str], flows: int, result: Behavior, found: nw.DataFrame[Any]) -> BehaviorReport:
    """The report of an analysis.

    Args:
        inputs: What was read, as it was named.
        flows: How many flows there were.
        result: The analysis.
        found: The table `findings` of it.
    """
    thresholds = dicts(result.thresholds)
    windows = sorted({row["window"] for row in thresholds})
    return BehaviorReport(
        inputs=inputs,
        windows=windows,
        findings=dicts(found),
        profiles=dicts(result.profiles),
        thresholds=thresholds,
        trends=dicts(class_trends(result.clusters)) if windows else [],
        flows=flows,
    )


def silent_dimensions(report: BehaviorReport) -> list[Row]:
    """The ends of searches in which nothing stood out."""
    return [row for row in report.thresholds if row["last"] and row["significant"] == 0]
