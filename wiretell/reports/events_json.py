"""The event workload as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wiretell.reports.events_text import WorkloadReport

if TYPE_CHECKING:
    from wiretell.sources.facts import EventFacts


def document(report: WorkloadReport, top: int) -> dict[str, Any]:
    """The report as plain values: `top` rows of each breakdown."""
    events = asdict(report.workload)
    events["bytes_per_event"] = report.workload.bytes_per_event
    events["events_per_packet"] = report.events_per_packet
    estimate = report.estimate
    told = report.facts.events if report.facts else None
    return {
        "estimated": estimate is not None,
        "estimated_from": None if estimate is None else {"rows": estimate.rows, "services_not_told": estimate.services},
        "interrupted": bool(report.facts and report.facts.interrupted),
        "workload": events,
        "shares": {
            by: [{by: value, "events": n, "bytes": size} for value, n, size in found.rows[:top]]
            for by, found in report.shares.items()
        },
        "connections": {
            "by_events": [asdict(talker) for talker in report.by_events[:top]],
            "by_bytes": [asdict(talker) for talker in report.by_bytes[:top]],
        },
        "intervals": [asdict(interval) for interval in report.intervals],
        "facts": _facts(told) if told else None,
    }


def _facts(told: EventFacts) -> dict[str, Any]:
    facts = asdict(told)
    # Part of the shares by host.
    del facts["hosts_left_out"]
    return facts
