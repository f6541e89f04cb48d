"""From the options of `wiretell events` to its output."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wiretell.errors import NotSupported, UsageError

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    import polars as pl

    from wiretell.reports.events_text import WorkloadReport
    from wiretell.sources.event_inputs import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as they were given."""

    inputs: list[str]
    top: int = 10
    interval: str | None = None
    rows: bool = False
    args: bool = False
    meta_log: str | None = None
    figures: Path | None = None
    ignore_checksums: bool = False
    time_zone: str = "UTC"
    decap: bool = False
    threads: int | None = None
    as_json: bool = False
    csv: str | None = None
    parquet: Path | None = None


def run(request: Request) -> int:
    """Reads, analyzes, writes.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.

    Raises:
        InputError: for an input that cannot be read.
        UsageError: for options that contradict each other.
        WiretellError: for a file that cannot be written.
    """
    check(request)
    from wiretell.sources.times import parse_duration, parse_zone

    zone = parse_zone(request.time_zone)
    width = None if request.interval is None else parse_duration(request.interval, option="-i").total_seconds()
    if width is not None and width != int(width):
        raise UsageError(f"-i {request.interval}: events are counted by second", hint="an interval of whole seconds")
    found = _read(request)
    report = report_of(found, None if width is None else int(width), top=request.top)
    _write_files(request, found, report)
    if request.as_json:
        from wiretell.reports.events_json import document

        json.dump(document(report, request.top), sys.stdout, indent=1)
        sys.stdout.write("\n")
    elif "-" not in (request.csv, request.meta_log):
        from wiretell.reports.console import console
        from wiretell.reports.events_text import write

        write(report, console(), top=request.top, zone=zone)
    sys.stdout.flush()
    if found.facts is None or not found.facts.interrupted:
        return 0
    sys.stderr.write("wiretell: interrupted: the result is partial, of what was read so far\n")
    return 130


def check(request: Request) -> None:
    """Checks what the options say together.

    Raises:
        UsageError: naming the options.
    """
    outputs = [("--json", request.as_json), ("--csv -", request.csv == "-"), ("--meta-log -", request.meta_log == "-")]
    wanted = [name for name, asked in outputs if asked]
    if len(wanted) > 1:
        raise UsageError(f"{' and '.join(wanted)} all want standard output", hint="one of them, others into files")
    if request.rows and request.csv is None and request.parquet is None:
        raise UsageError(
            f"{'--args' if request.args else '--rows'} needs --csv or --parquet", hint="rows go into files, or --csv -"
        )
    from wiretell.cli.outputs import check_outputs, outputs_in

    files = [("--parquet", request.parquet), ("--csv", request.csv), ("--meta-log", request.meta_log)]
    check_outputs([*files, *outputs_in("--figures", request.figures)], request.inputs)


def report_of(found: Found, interval: int | None = None, *, top: int) -> WorkloadReport:
    """What the events amount to.

    Args:
        found: Events, and by whom.
        interval: Width of intervals in seconds; None for none.
        top: Hosts and connections that will be shown.
    """
    from concurrent.futures import ThreadPoolExecutor

    from wiretell.analyses.workload import breakdown, heaviest, host_breakdown, workload
    from wiretell.analyses.workload_intervals import intervals
    from wiretell.reports.events_text import Estimate, WorkloadReport

    frame = found.frame
    names = frame.collect_schema().names()
    hosts, connections = found.hosts, found.connections
    # Engines compute without the lock of the interpreter.
    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(workload, frame, hosts=hosts, connections=connections)
        by = {name: breakdown(frame, name) for name in ("name", "protocol")}
        if hosts is not None or "orig_h" in names:
            whose = frame if hosts is None else hosts
            raised = None if found.facts is None else found.facts.events
            left_out = ((0, 0, 0), (0, 0, 0)) if raised is None else raised.hosts_left_out
            by |= {
                role: host_breakdown(whose, is_orig=is_orig, top=top + 1, left_out=rest)
                for role, is_orig, rest in zip(("orig_h", "resp_h"), (True, False), left_out, strict=True)
            }
        named = max(top, 3)
        who: Any = frame if connections is None and "uid" in names else connections
        estimated = found.estimated
        return WorkloadReport(
            told.result(),
            by,
            found.facts,
            by_events=heaviest(who, top=named) if who is not None else (),
            by_bytes=heaviest(who, by_bytes=True, top=named) if who is not None else (),
            intervals=() if interval is None else intervals(frame, interval),
            estimate=None if estimated is None else Estimate(estimated.rows, estimated.services, estimated.facts),
        )


def as_dict(report: WorkloadReport, top: int) -> dict[str, Any]:
    """The report for JSON."""
    from wiretell.reports.events_json import document

    return document(report, top)


def _read(request: Request) -> Found:
    """Reads the inputs; rows of events go into their files meanwhile."""
    from wiretell.cli.inputs import sorted_inputs
    from wiretell.cli.progress import Progress
    from wiretell.engines.polars import empty
    from wiretell.reports.event_files import event_files
    from wiretell.schema import EVENTS
    from wiretell.sources.event_inputs import LOGS, find_events
    from wiretell.sources.meter_options import MeterOptions

    options = MeterOptions(decap=request.decap, threads=request.threads, ignore_checksums=request.ignore_checksums)
    inputs = sorted_inputs(request.inputs, one_by_one="read them one by one", logs=LOGS)
    first_hosts = request.top + 1
    into_files = not request.rows and (request.csv is not None or request.parquet is not None)
    with Progress() as progress:
        if not request.rows and request.meta_log is None:
            return find_events(
                inputs,
                options,
                on_progress=progress.update,
                meanwhile=_prepare,
                first_hosts=first_hosts,
                ordered=into_files,
            )
        targets = {"csv": request.csv, "parquet": request.parquet} if request.rows else {}
        with event_files(meta_log=request.meta_log, **targets) as files:  # type: ignore[arg-type]
            found = find_events(
                inputs,
                options,
                args=request.args,
                to_rows=files.add,
                on_progress=progress.update,
                meanwhile=_prepare,
                first_hosts=first_hosts,
                ordered=into_files,
            )
            # Without an event, files still have their columns.
            files.add(empty(EVENTS).select(name for name in EVENTS.names if request.args or name != "args"))
            return found


def _prepare() -> None:
    """Imports what the report is made with: a fifth of a second, best spent while others read."""
    import wiretell.analyses.workload_intervals
    import wiretell.reports.console
    import wiretell.reports.events_text  # noqa: F401
    from wiretell.analyses.workload import breakdown
    from wiretell.engines.polars import empty
    from wiretell.schema import EVENT_COUNTS

    # Narwhals imports the engine when it is first used.
    breakdown(empty(EVENT_COUNTS), "name")


def _write_files(request: Request, found: Found, report: WorkloadReport) -> None:
    if not request.rows and (request.csv is not None or request.parquet is not None):
        from wiretell.reports.connection_files import write_csv, write_parquet

        counts: pl.DataFrame = found.frame.lazy().collect()
        if request.parquet is not None:
            write_parquet([counts], request.parquet)
        if request.csv is not None:
            write_csv([counts], request.csv)
    if request.figures is not None:
        from wiretell.sources.times import parse_zone

        _draw(report, request.figures, parse_zone(request.time_zone))


def _draw(report: WorkloadReport, folder: Path, zone: tzinfo) -> None:
    from wiretell.reports.files import write_bytes, write_text
    from wiretell.reports.workload_figures import as_png, figures

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--figures {folder}: {error.strerror}") from None
    drawn = figures(report.workload, report.shares["name"].rows, standalone=True, zone=zone)
    for name, svg in drawn.items():
        write_text(folder / name, svg)
    try:
        for name, svg in drawn.items():
            write_bytes((folder / name).with_suffix(".png"), as_png(svg))
    except NotSupported as error:
        sys.stderr.write(f"wiretell: {error}; the SVG files are there ({error.hint})\n")
