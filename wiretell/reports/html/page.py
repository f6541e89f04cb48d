"""The page: a profile put together, with the style and the one script inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any, Final

from wiretell.reports.html import sections
from wiretell.reports.html.cube import cubes, symbols
from wiretell.reports.html.heatmap import heatmaps
from wiretell.reports.html.markup import section, text
from wiretell.reports.html.timeline import timeline
from wiretell.reports.numbers import duration, many, span, window_start
from wiretell.reports.profile_result import ProfileResult

_NAMES: Final = {
    "findings": "Findings",
    "traffic": "Traffic",
    "cube": "Behavior",
    "classes": "Classes",
    "profiles": "Profiles",
    "connections": "Connections",
    "events": "Events",
    "capture": "Input",
}


def page(result: ProfileResult, inputs: str) -> str:
    """The whole page as HTML, in one piece.

    Nothing is fetched: a content security policy forbids it, and allows the one script by its hash.

    Args:
        result: What to show.
        inputs: The inputs, as they were named on the command line.
    """
    script, style = _resource("page.js"), _resource("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"
    parts = _parts(result)
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in _NAMES.items() if parts.get(name))
    total = result.summary.total()
    when = span(total["start"], total["end"], result.summary.zone) if total is not None else "no traffic"
    partial = (
        '<p class="warning">Reading was interrupted: this is of what was read so far.</p>' if result.interrupted else ""
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="data:,"><title>{text(inputs)} – wiretell profile</title><style>{style}</style></head>'
        f'<body>{symbols()}<a class="skip" href="#main">Skip to the content</a>'
        f'<header><p class="brand">wiretell profile</p><h1>{text(inputs)}</h1><p class="when">{text(when)}</p></header>'
        f'<nav aria-label="Sections">{links}</nav><main id="main">{partial}{sections.overview(result)}'
        f"{''.join(parts.values())}</main><footer><p>Made by wiretell {text(_version())}. "
        "This page is one file and fetches nothing.</p></footer>"
        f"<script>{script}</script></body></html>\n"
    )


def _parts(result: ProfileResult) -> dict[str, str]:
    """The sections by their names, those that the input gives, in order."""
    report, parts = result.behavior, dict[str, str]()
    if report is not None:
        parts["findings"] = sections.findings(report)
    drawn = timeline(result.summary, report, result.window_seconds)
    lead = f"What fills the link, in {result.summary.unit}."
    parts["traffic"] = section("traffic", "Traffic", lead, drawn, sections.breakdowns(result.summary))
    if report is not None:
        parts |= _behavior(result, report)
    if result.quality is not None:
        parts["connections"] = sections.quality(result.quality)
    parts["events"] = sections.events(result)
    parts["capture"] = sections.capture(result)
    return parts


def _behavior(result: ProfileResult, report: Any) -> dict[str, str]:
    clusters = result.clusters.to_dicts()
    if not clusters:
        return {}
    sentences = {(row["window"], row["dimension"], row["key"]): row["sentence"] for row in report.profiles}
    windows = many(len(report.windows), "window")
    starts = sorted({row["window"] for row in clusters})
    data = (
        f' data-windows="{",".join(f"{window_start(start, report.zone)}" for start in starts)}"'
        if len(starts) > 1
        else ""
    )
    cube_lead = (
        "Each point is all traffic of one host or port. Its place says how varied that traffic is: few different ports and "
        "hosts at the corner where the axes begin, many at the far ends. Points that lie together behave alike; one that "
        "lies alone deserves a look. Larger points have more flows."
    )
    help_ = '<p class="note keys">Drag to turn, or use the arrow keys. N and P step through the points, Home turns back.</p>'
    map_lead = (
        f"How many hosts or ports behave in each way, in {windows} of {duration(result.window_seconds)}. A class that comes "
        "or goes is a change of habits."
    )
    return {
        "cube": section(
            "cube", "Who behaves how", cube_lead, help_, cubes(clusters, sentences, report.zone), data=data
        ),
        "classes": section(
            "classes", "Behavior classes over time", map_lead, heatmaps(clusters, report.windows, report.zone)
        ),
        "profiles": sections.profiles(report),
    }


def _resource(name: str) -> str:
    return files("wiretell.reports.html").joinpath(name).read_text(encoding="utf-8").strip()


def _version() -> str:
    from wiretell._native import VERSION

    return VERSION
