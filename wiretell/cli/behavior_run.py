"""From the options of `wiretell behavior` to its report: reads, analyzes, compares with the store, keeps."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wiretell.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from wiretell.analyses.behavior import Behavior, BehaviorOptions
    from wiretell.reports.behavior_result import BehaviorReport
    from wiretell.sources.facts import CaptureFacts
    from wiretell.store import Store


TABLES: Final = ("thresholds", "clusters", "states", "profiles", "findings")
"""What `analyzed` yields and `--parquet` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `wiretell behavior` as they were given."""

    inputs: list[str]
    interval: str = "5m"
    store: str | None = None
    since: str | None = None
    keep_flows: bool = False
    acl: str | None = None
    mode: str = "paper"
    strict: bool = False
    parquet: Path | None = None
    max_flows: str | None = None
    decap: bool = False
    threads: int | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run yields.

    Attributes:
        report: What to tell.
        rules: Blocking rules as text, if they were asked for.
        interrupted: Whether reading was interrupted.
        note: Why there are no rules, if there are none.
    """

    report: BehaviorReport
    rules: str | None = None
    interrupted: bool = False
    note: str | None = None


def run(request: Request) -> Answer:
    """Analyzes the inputs, or tells what the store has.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input or a store that cannot be read.
    """
    from wiretell.cli.outputs import check_outputs, outputs_in
    from wiretell.reports.acl import STYLES
    from wiretell.sources.times import parse_time, parse_zone

    if request.acl is not None and request.acl not in STYLES:
        raise UsageError(f"--acl {request.acl}: no such style", hint=f"one of {', '.join(STYLES)}")
    for option, given in (("--keep-flows", request.keep_flows), ("--since", request.since is not None)):
        if given and request.store is None:
            raise UsageError(f"{option} needs --store", hint="--store DIR keeps the results of each window")
    zone = parse_zone(request.time_zone)
    check_outputs(outputs_in("--parquet", request.parquet, (f"{name}.parquet" for name in TABLES)), request.inputs)
    since = None if request.since is None else parse_time(request.since, zone, option="--since")
    if not request.inputs and request.store is not None:
        asked = {"--acl": request.acl, "--parquet": request.parquet, "--keep-flows": request.keep_flows}
        if ignored := [option for option, given in asked.items() if given]:
            raise UsageError(f"{ignored[0]} needs an input", hint="a capture, or - for a pipe")
        return Answer(_stored(request, since, zone))
    return _analyzed(request, since, zone)


def write(answer: Answer, *, top: int, trends: bool, as_json: bool) -> int:
    """Writes the answer to standard output.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.
    """
    if answer.rules is not None:
        sys.stdout.write(answer.rules)
    elif as_json:
        from wiretell.reports import behavior_json

        sys.stdout.write(behavior_json.as_json(behavior_json.document(answer.report)))
    else:
        from wiretell.reports.behavior_text import blocks, trends_block
        from wiretell.reports.console import console, write_block

        target = console()
        for position, block in enumerate(blocks(answer.report, target.width, top)):
            write_block(target, block, first=position == 0)
        if trends:
            write_block(target, trends_block(answer.report, top))
    sys.stdout.flush()
    if answer.note is not None:
        sys.stderr.write(f"wiretell: {answer.note}\n")
    if not answer.interrupted:
        return 0
    sys.stderr.write("wiretell: interrupted: the result is partial, of what was read so far\n")
    return 130


def _analyzed(request: Request, since: datetime | None, zone: tzinfo) -> Answer:
    from wiretell.analyses.behavior import BehaviorOptions
    from wiretell.analyses.conversions import connections_to_flows
    from wiretell.cli.profile_reading import FLOW_COLUMNS
    from wiretell.cli.reading import read
    from wiretell.cli.summary_run import Request as Inputs
    from wiretell.schema import FLOWS
    from wiretell.sources.times import parse_duration

    width = parse_duration(request.interval, option="-i").total_seconds()
    mode: Any = request.mode
    options = BehaviorOptions(mode=mode, frequent=not request.strict, interval_seconds=width)
    inputs = Inputs(
        inputs=request.inputs or ["-"], max_flows=request.max_flows, decap=request.decap, threads=request.threads
    )
    columns = FLOWS.names if request.keep_flows else FLOW_COLUMNS
    reading = read(inputs, None, None, None, width, flow_columns=columns)
    frame = reading.frame
    flows: Any = connections_to_flows(frame) if reading.kind == "connections" else frame
    flows = flows.lazy().collect()
    store = opened(request.store)
    interrupted = bool(getattr(reading.facts, "interrupted", False))
    report, tables = analyzed(
        flows,
        options,
        inputs=inputs.inputs,
        store=store,
        since=since,
        keep_flows=request.keep_flows,
        counts=reading.cluster_counts,
        names=reading.names,
        facts=reading.facts,
        interrupted=interrupted,
    )
    report = replace(report, facts=reading.facts, log_facts=reading.log_facts, zone=zone)
    if request.parquet is not None:
        from wiretell.reports.files import write_tables

        write_tables(request.parquet, tables)
    if request.acl is None:
        return Answer(report, interrupted=interrupted)
    from wiretell.analyses.addresses import with_texts
    from wiretell.analyses.behavior.actions import actions
    from wiretell.reports.acl import NOTHING, SPREAD, write_acl

    texts = flows if reading.names is None else with_texts(flows, reading.names)
    found, note = actions(texts, report.profiles), None
    if not found:
        flooded = any(row["profile"] == "flood_target" for row in report.profiles)
        note = f"{NOTHING}; {SPREAD}" if flooded else NOTHING
    return Answer(report, write_acl(request.acl, found), interrupted, note)


def analyzed(
    flows: pl.DataFrame,
    options: BehaviorOptions,
    *,
    inputs: list[str],
    store: Store | None = None,
    since: datetime | None = None,
    keep_flows: bool = False,
    counts: pl.DataFrame | None = None,
    names: pl.DataFrame | None = None,
    facts: CaptureFacts | None = None,
    interrupted: bool = False,
) -> tuple[BehaviorReport, dict[str, pl.DataFrame]]:
    """Who behaves how in a table of flows; compared with a store and kept in it, if there is one.

    Args:
        flows: The table, cut at the windows of the options.
        options: The constants of the method.
        inputs: Names of what was read.
        store: Where results are kept by window.
        since: Compare with windows of the store from then on.
        keep_flows: Whether the store also keeps the flows.
        counts: The `cluster_counts` of windows whose flows were thinned.
        names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.
        facts: Of captures: they say what was thinned.
        interrupted: Whether reading ended early: then the store does not get the last window, which is not whole.

    Returns:
        The report, and the tables of `TABLES`.
    """
    import polars as pl

    from wiretell.analyses.addresses import with_texts
    from wiretell.analyses.behavior import behavior, findings
    from wiretell.reports.behavior_result import report_of
    from wiretell.reports.thinned import thinned_windows

    result = behavior(flows, options, counts, names)
    past = _past(store, since) if store is not None else None
    found = findings(result, past)
    tables = {name: pl.DataFrame(found if name == "findings" else getattr(result, name)) for name in TABLES}
    windows = tables["thresholds"]["window"].unique().sort().to_list()
    if store is not None:
        whole = windows[:-1] if interrupted else windows
        texts: pl.DataFrame = flows if names is None else with_texts(flows, names).collect()
        _keep(store, whole, tables, texts, options.interval_seconds, keep_flows=keep_flows)
    windows_thinned = () if facts is None else facts.thinned
    away = sum(window.thinned_flows for window in windows_thinned)
    report = report_of(inputs, flows.height + away, result, found)
    if windows_thinned and counts is not None:
        report = replace(report, thinned=thinned_windows(windows_thinned, counts))
    return report, tables


def opened(store: str | None) -> Store | None:
    """The store of `--store`, made if it is not there; None without."""
    if store is None:
        return None
    from wiretell.store import open_store

    return open_store(store, create=True)


_COMPARED = {
    "clusters": (
        "window", "dimension", "key", "behavior_class", "ru_src_ip", "ru_dst_ip", "ru_src_port", "ru_dst_port",
    ),
    "profiles": ("window", "dimension", "key", "profile", "port", "protocol"),
}  # fmt: skip
"""The columns of earlier windows that findings compare with."""


def _past(store: Store, since: datetime | None) -> Behavior:
    """Earlier windows, as much of them as findings look at."""
    from wiretell.analyses.behavior import behavior_from

    rows = {name: store.read(name, since=since).select(*columns) for name, columns in _COMPARED.items()}
    thresholds, states = (store.read(name, since=since).head(0) for name in ("thresholds", "states"))
    return behavior_from(thresholds, rows["clusters"], states, rows["profiles"])


def _keep(
    store: Store,
    windows: list[datetime],
    tables: dict[str, pl.DataFrame],
    flows: pl.DataFrame,
    width: float,
    *,
    keep_flows: bool,
) -> None:
    import polars as pl

    from wiretell.engines.polars import completed
    from wiretell.schema import FLOWS

    usual = dict.fromkeys(FLOWS.names) | {"sampling": 1, "fragments": 0}
    started = pl.col("start").dt.truncate(f"{round(width * 1e6)}us")
    placed = (
        completed(flows.lazy(), FLOWS, usual).collect().with_columns(pl.coalesce("window", started).alias("window"))
    )
    kept = tables | {"summary": _summary(placed, width)} | ({"flows": placed} if keep_flows else {})
    store.write(windows, {name: table.filter(pl.col("window").is_in(windows)) for name, table in kept.items()})


def _summary(flows: pl.DataFrame, width: float) -> pl.DataFrame:
    """What fills the link in each window."""
    from wiretell.analyses.summary_options import SummaryOptions
    from wiretell.reports.summary_frame import frame
    from wiretell.reports.summary_result import summary_of

    options = SummaryOptions(interval_us=round(width * 1e6), cut=True, verbose=True)
    return frame(summary_of(flows, options, inputs=[]))


def _stored(request: Request, since: datetime | None, zone: tzinfo) -> BehaviorReport:
    import polars as pl

    from wiretell.analyses.behavior import class_trends
    from wiretell.reports.behavior_result import BehaviorReport
    from wiretell.store import open_store

    store = open_store(request.store or "")
    windows = [window for window in store.windows() if since is None or window >= since]
    rows: Any = {
        name: store.read(name, since=since).collect().to_dicts() for name in ("findings", "profiles", "thresholds")
    }
    trends = pl.DataFrame(class_trends(store.read("clusters", since=since))).to_dicts() if windows else []
    flows = sum(row["total_flows"] for row in rows["thresholds"] if row["dimension"] == "src_ip" and row["last"])
    return BehaviorReport(
        inputs=[store.uri],
        windows=windows,
        findings=rows["findings"],
        profiles=rows["profiles"],
        thresholds=rows["thresholds"],
        trends=trends,
        flows=flows,
        zone=zone,
    )
