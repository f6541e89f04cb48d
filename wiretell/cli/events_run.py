"""From the options of `wiretell events` to its output."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from wiretell.reports.events_text import WorkloadReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as they were given."""

    inputs: list[str]
    top: int = 15
    rows: bool = False
    args: bool = False
    meta_log: Path | None = None
    figures: Path | None = None
    ignore_checksums: bool = False
    decap: bool = False
    threads: int | None = None
    as_json: bool = False
    parquet: Path | None = None


def run(request: Request) -> int:
    """Reads, analyzes, writes.

    Returns:
        The exit code: 130 if reading was interrupted.

    Raises:
        InputError: for an input that cannot be read.
        UsageError: for a file that cannot be written.
    """
    from wiretell.analyses.workload import shares, workload
    from wiretell.reports.console import console
    from wiretell.reports.events_text import WorkloadReport, write
    from wiretell.sources.capture import MeterOptions
    from wiretell.sources.events import meter_events

    options = MeterOptions(decap=request.decap, threads=request.threads, ignore_checksums=request.ignore_checksums)
    as_rows = request.rows or request.meta_log is not None
    raised = meter_events(request.inputs, options, rows=as_rows, args=request.args)
    frame, facts = raised.frame, raised.facts
    breakdowns = ["name", "protocol", *(("orig_h", "resp_h", "uid") if as_rows else ())]
    report = WorkloadReport(workload(frame), {by: shares(frame, by) for by in breakdowns}, facts)
    try:
        _write_files(request, frame, report)
    except OSError as error:
        from wiretell.errors import UsageError

        raise UsageError(f"{error.filename}: {error.strerror}") from None
    if request.as_json:
        json.dump(as_dict(report, request.top), sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        write(report, console(), top=request.top)
    sys.stdout.flush()
    return 130 if facts.interrupted else 0


def _write_files(request: Request, frame: pl.DataFrame, report: WorkloadReport) -> None:
    if request.parquet is not None:
        frame.write_parquet(request.parquet)
    if request.meta_log is not None:
        write_meta_log(frame, request.meta_log)
    if request.figures is not None:
        from wiretell.reports.workload_figures import figures

        request.figures.mkdir(parents=True, exist_ok=True)
        for name, text in figures(report.workload, report.shares["name"], standalone=True).items():
            (request.figures / name).write_text(text, encoding="utf-8")


def write_meta_log(frame: pl.DataFrame, path: Path) -> None:
    """Writes the columns of the seed's meta.log (`ts`, `name`, `size`) in Zeek's TSV form."""
    import polars as pl

    head = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tmeta\n"
        "#fields\tts\tname\tsize\n#types\ttime\tstring\tcount\n"
    )
    seconds = pl.col("ts").dt.timestamp("us")
    text = (seconds // 1_000_000).cast(pl.String) + "." + (seconds % 1_000_000).cast(pl.String).str.zfill(6)
    with path.open("wb") as file:
        file.write(head.encode())
        frame.sort("ts", maintain_order=True).select(text.alias("ts"), "name", "size").write_csv(
            file, separator="\t", include_header=False
        )


def as_dict(report: WorkloadReport, top: int) -> dict[str, Any]:
    """The report for JSON."""
    from dataclasses import asdict

    events = asdict(report.workload)
    events["bytes_per_event"] = report.workload.bytes_per_event
    events["events_per_packet"] = report.events_per_packet
    return {
        "workload": events,
        "shares": {
            by: [{by: value, "events": n, "bytes": size} for value, n, size in rows[: top or None]]
            for by, rows in report.shares.items()
        },
        "facts": asdict(report.facts.events) if report.facts and report.facts.events else None,
    }
