"""From the options of `wiretell profile` to its result: one reading, every analysis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.errors import UsageError

if TYPE_CHECKING:
    from wiretell.analyses.summary_options import SummaryOptions
    from wiretell.cli.profile_reading import Material
    from wiretell.reports.events_text import WorkloadReport
    from wiretell.reports.profile_result import ProfileResult
    from wiretell.reports.quality_result import QualityResult
    from wiretell.reports.summary_result import SummaryResult

PAGE_ROWS = 12
"""Rows of a breakdown on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `wiretell profile` as they were given."""

    inputs: list[str]
    by: str | None = None
    by_bytes: bool = False
    top: int = 5
    interval: str = "5m"
    local: Path | None = None
    time_zone: str = "UTC"
    resolve: bool = False
    max_flows: str | None = None
    decap: bool = False
    threads: int | None = None
    store: str | None = None
    since: str | None = None
    html: Path | None = None


def run(request: Request) -> ProfileResult:
    """Reads the inputs once and analyzes what they give.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input or a store that cannot be read.
    """
    from wiretell.cli.outputs import check_outputs
    from wiretell.cli.summary_run import Request as SummaryRequest
    from wiretell.cli.summary_run import check
    from wiretell.sources.times import parse_duration, parse_time, parse_zone

    rows = request.top if request.html is None else max(request.top, PAGE_ROWS)
    options = SummaryRequest(
        inputs=request.inputs,
        unit=request.by,
        by_bytes=request.by_bytes,
        top=rows,
        local=request.local,
        time_zone=request.time_zone,
    )
    check(options)
    width = parse_duration(request.interval, option="-i").total_seconds()
    zone = parse_zone(request.time_zone)
    since = None if request.since is None else parse_time(request.since, zone, option="--since")
    if since is not None and request.store is None:
        raise UsageError("--since needs --store", hint="name the store to compare with")
    if request.html == Path("-"):
        raise UsageError("--html -: the page goes into a file", hint="--html page.html")
    check_outputs([("--html", request.html)], [*request.inputs, request.local])
    from wiretell.analyses.behavior import BehaviorOptions
    from wiretell.cli import behavior_run
    from wiretell.cli.profile_reading import read

    behavior_options = BehaviorOptions(interval_seconds=width)
    store = behavior_run.opened(request.store)
    material = read(request, width)

    from wiretell.reports.profile_result import ProfileResult

    # Engines compute without the lock of the interpreter: what is told of the same material is told side by side.
    beside = ThreadPoolExecutor(1)
    try:
        summary = beside.submit(_summary, options, request, material, width)
        quality = beside.submit(_quality, material, rows)
        workload = beside.submit(_workload, material)
        flows = material.flows.lazy().collect()
        report, tables = behavior_run.analyzed(
            flows,
            behavior_options,
            inputs=request.inputs,
            store=store,
            since=since,
            counts=material.cluster_counts,
            names=material.names,
            facts=material.facts,
            interrupted=bool(getattr(material.facts, "interrupted", False)),
        )
        return ProfileResult(
            summary=summary.result(),
            behavior=replace(report, zone=zone) if flows.height else None,
            clusters=tables["clusters"],
            window_seconds=width,
            quality=quality.result(),
            workload=workload.result(),
            beside=material.beside,
            missing=material.missing,
        )
    finally:
        # After Ctrl-C or an error nobody waits for the rest.
        beside.shutdown(wait=False, cancel_futures=True)


def _quality(material: Material, rows: int) -> QualityResult | None:
    from wiretell.reports.quality_result import quality_of

    counted = material.connections if material.counter is None else material.counter
    return None if counted is None else quality_of(counted, rows)


def _summary(options: Any, request: Request, material: Material, width: float) -> SummaryResult:
    from wiretell.cli.summary_run import analysis_options
    from wiretell.reports.summary_result import summary_of
    from wiretell.sources.times import parse_zone

    by_connections = request.by == "connections" or (material.log_facts is not None and request.by != "flows")
    how = analysis_options(options, "connections" if by_connections else "capture", None, None, None)
    source: Any = material.connections if by_connections else _flows(material, how, width)
    result = summary_of(
        source,
        how,
        inputs=request.inputs,
        facts=material.facts,
        log_facts=material.log_facts,
        zone=parse_zone(request.time_zone),
    )
    if not request.resolve:
        return result
    from wiretell.cli.names import host_names

    return replace(result, names=host_names(result))


def _flows(material: Material, how: SummaryOptions, width: float) -> Any:
    """What is summarized of the flows over all time: what crosses a window counts once."""
    if not material.metered:
        return material.flows
    from wiretell.analyses.summary import Summarizer
    from wiretell.analyses.whole_flows import crossings

    flows, names = material.flows, material.names
    summarizer = Summarizer(how, lambda: names)
    summarizer.add(flows)
    thinned = material.facts is not None and material.facts.thinned
    if not thinned and flows["window"].n_unique() > 1:
        summarizer.recount(*crossings(flows, width))
    return summarizer.summary(names)


def _workload(material: Material) -> WorkloadReport | None:
    if material.event_counts is None:
        return None
    from wiretell.analyses.workload import breakdown, workload
    from wiretell.reports.events_text import WorkloadReport

    frame = material.event_counts
    return WorkloadReport(
        workload(frame, hosts=material.event_hosts, connections=material.event_connections),
        {by: breakdown(frame, by) for by in ("name", "protocol")},
        material.facts,
    )
