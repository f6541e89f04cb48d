"""`wiretell events`: what the traffic means, in events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretell.cli import options as o


def command(
    inputs: o.Inputs = None,
    top: o.Top = 10,
    interval: o.Interval = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="--csv and --parquet have a row for each event, not counts per second.")
    ] = False,
    args: Annotated[bool, typer.Option("--args", help="Rows with the arguments of events as JSON.")] = False,
    meta_log: Annotated[
        str | None,
        typer.Option(
            "--meta-log",
            metavar="FILE",
            callback=o.standard_output,
            help="Write time, name and size of each event as TSV; - is stdout.",
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="DIR", help="Draw rate, its distribution and types as SVG and PNG."),
    ] = None,
    ignore_checksums: o.IgnoreChecksums = False,
    time_zone: o.TimeZone = "UTC",
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_json: o.Json = False,
    csv: o.Csv = None,
    parquet: o.Parquet = None,
) -> int:
    """How many events, how large, when, of what kind, and by whom."""
    from wiretell.cli.events_run import Request, run

    return run(
        Request(
            inputs=inputs or ["-"],
            top=top,
            interval=interval,
            rows=rows or args,
            args=args,
            meta_log=meta_log,
            figures=figures,
            ignore_checksums=ignore_checksums,
            time_zone=time_zone,
            decap=decap,
            threads=threads,
            as_json=as_json,
            csv=csv,
            parquet=parquet,
        )
    )
