"""`wiretell events`: what the traffic means, in events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretell.cli import options as o


def command(
    inputs: o.Inputs = None,
    top: o.Top = 15,
    rows: Annotated[
        bool, typer.Option("--rows", help="A row for each event: then hosts and connections are told, too.")
    ] = False,
    args: Annotated[bool, typer.Option("--args", help="Rows with the arguments as JSON (with --parquet).")] = False,
    meta_log: Annotated[
        Path | None, typer.Option("--meta-log", metavar="FILE", help="Write time, name and size of each event as TSV.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option("--figures", metavar="DIR", help="Draw rate, its distribution and types as SVG.")
    ] = None,
    ignore_checksums: o.IgnoreChecksums = False,
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_json: o.Json = False,
    parquet: o.Parquet = None,
) -> int:
    """How many events, how large, when, and of what kind."""
    from wiretell.cli.events_run import Request, run

    return run(
        Request(
            inputs=inputs or ["-"],
            top=top,
            rows=rows or args,
            args=args,
            meta_log=meta_log,
            figures=figures,
            ignore_checksums=ignore_checksums,
            decap=decap,
            threads=threads,
            as_json=as_json,
            parquet=parquet,
        )
    )
