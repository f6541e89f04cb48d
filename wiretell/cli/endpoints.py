"""`wiretell endpoints`: how well TCP is carried, and where it is broken."""

from __future__ import annotations

from typing import Annotated

import typer

from wiretell.cli import options as o
from wiretell.settings import ENDPOINT_KEYS, ENDPOINT_SORTS


def command(
    inputs: o.Inputs = None,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help=f"A row is a {', '.join(ENDPOINT_KEYS)}.")] = "host",
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="V4/V6", help="Prefix lengths, with --by prefix.")
    ] = "24/48",
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="BY", help=f"Worst by: {', '.join(ENDPOINT_SORTS)}; else by loss.")
    ] = None,
    top: o.Top = 15,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Only connections of these hosts or networks. Repeatable.")
    ] = None,
    ignore_checksums: o.IgnoreChecksums = False,
    time_zone: o.TimeZone = "UTC",
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_json: o.Json = False,
    csv: o.Csv = None,
    parquet: o.Parquet = None,
) -> int:
    """How well TCP is carried, worst first."""
    from wiretell.cli.endpoints_run import Request, run
    from wiretell.cli.values import listed

    return run(
        Request(
            inputs=inputs or ["-"],
            by=by,
            prefix=prefix,
            sort=sort,
            top=top,
            hosts=listed(host, option="--host"),
            ignore_checksums=ignore_checksums,
            time_zone=time_zone,
            decap=decap,
            threads=threads,
            as_json=as_json,
            csv=csv,
            parquet=parquet,
        )
    )
