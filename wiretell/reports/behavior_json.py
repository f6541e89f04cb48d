"""A behavior report as JSON: the same rows, nothing rounded."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from wiretell.reports.behavior_result import BehaviorReport, Row
from wiretell.reports.behavior_stories import Story, stories
from wiretell.reports.summary_json import facts_document


def document(report: BehaviorReport) -> dict[str, Any]:
    """The document: what was read, windows, stories (findings told together), findings, profiles, thresholds and classes over time."""
    return {
        "inputs": report.inputs,
        "facts": facts_document(report.facts),
        "log_facts": facts_document(report.log_facts),
        "flows": report.flows,
        "windows": [_plain(window) for window in report.windows],
        "stories": [story_document(story) for story in stories(report)],
        **{name: rows_document(getattr(report, name)) for name in ("findings", "profiles", "thresholds", "trends")},
    }


def story_document(story: Story) -> dict[str, Any]:
    """A story with the entities it is about; its findings are among those of the report."""
    names = ("kind", "severity", "since", "windows", "flows", "headline")
    members = [asdict(member) for member in story.members]
    return {name: _plain(getattr(story, name)) for name in names} | {"members": members}


def rows_document(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows with times in ISO 8601 and the evidence as an object."""
    return [
        {name: json.loads(value) if name == "evidence" else _plain(value) for name, value in row.items()}
        for row in rows
    ]


def as_json(value: Any) -> str:
    """A document as text, with a line end."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
