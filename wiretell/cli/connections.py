"""`wiretell connections`: every connection of captures, with Zeek's words and meaning."""

from __future__ import annotations

from typing import Annotated

import typer

from wiretell.cli import options as o
from wiretell.settings import CONNECTION_SORTS as SORTS


def command(
    inputs: o.Inputs = None,
    top: o.Top = 20,
    sort: Annotated[str, typer.Option("--sort", metavar="BY", help=f"Order: {', '.join(SORTS)}.")] = "bytes",
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="Only these states: S0,REJ. Repeatable.")
    ] = None,
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Only these services: http,ssl; - for none. Repeatable.")
    ] = None,
    port: Annotated[
        list[str] | None,
        typer.Option("--port", metavar="PORT", help="Only of these ports, either end: 80,443. Repeatable."),
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Only of these hosts or networks, either end. Repeatable.")
    ] = None,
    local: o.Local = None,
    interval: Annotated[
        str | None,
        typer.Option("-i", "--interval", metavar="TIME", help="What goes on also gives a row each interval: 300, 5m."),
    ] = None,
    ignore_checksums: o.IgnoreChecksums = False,
    time_zone: o.TimeZone = "UTC",
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_zeek: Annotated[bool, typer.Option("--zeek", help="A Zeek conn.log on standard output.")] = False,
    every_column: Annotated[bool, typer.Option("--all", help="All columns in --zeek, not only those of Zeek.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")] = False,
    csv: o.Csv = None,
    parquet: o.Parquet = None,
) -> int:
    """Every connection, with Zeek's words and meaning."""
    from wiretell.cli.connections_run import Request, run
    from wiretell.cli.values import listed

    return run(
        Request(
            inputs=inputs or ["-"],
            top=top,
            sort=sort,
            states=listed(state, option="--state"),
            services=listed(service, option="--service"),
            ports=listed(port, option="--port"),
            hosts=listed(host, option="--host"),
            local=local,
            interval=interval,
            ignore_checksums=ignore_checksums,
            time_zone=time_zone,
            decap=decap,
            threads=threads,
            as_zeek=as_zeek,
            every_column=every_column,
            as_json=as_json,
            csv=csv,
            parquet=parquet,
        )
    )
