"""`wiretell behavior`: who behaves how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretell.cli import options as o

Windows = Annotated[
    str, typer.Option("-i", "--interval", metavar="TIME", help="Windows in which behavior is looked at: 300, 5m, 1h.")
]
Top = Annotated[
    int, typer.Option("-n", "--top", min=0, max=o.MOST_ROWS, metavar="N", help="Rows of each list; 0 for none.")
]
StoreDir = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="DIR", help="Keep the results there, and compare with what is kept. Without INPUT: tell it."
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Without input: what the store has from then on. With: compare so far back."
    ),
]
Acl = Annotated[
    str | None,
    typer.Option("--acl", metavar="STYLE", help="Write blocking rules instead: nftables, ios or json."),
]
Mode = Annotated[str, typer.Option("--mode", help="How clusters are cut: paper, or exact (fewer).")]
Strict = Annotated[bool, typer.Option("--strict", help="Only clusters that stand out by entropy, as published.")]
KeepFlows = Annotated[bool, typer.Option("--keep-flows", help="Also keep the flows (with --store).")]
Tables = Annotated[
    Path | None, typer.Option("--parquet", metavar="DIR", help="Write the tables as Parquet files there.")
]


def command(
    inputs: o.Inputs = None,
    interval: Windows = "5m",
    top: Top = 10,
    store: StoreDir = None,
    since: Since = None,
    keep_flows: KeepFlows = False,
    acl: Acl = None,
    mode: Mode = "paper",
    strict: Strict = False,
    trends: Annotated[bool, typer.Option("--trends", help="Also the classes over time.")] = False,
    parquet: Tables = None,
    max_flows: o.MaxFlows = None,
    time_zone: o.TimeZone = "UTC",
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_json: o.Json = False,
) -> int:
    """Who behaves how."""
    from wiretell.cli.behavior_run import Request, run, write
    from wiretell.errors import UsageError

    if acl not in {None, "json"} and as_json:
        raise UsageError("--acl and --json both want standard output", hint="--acl json")
    request = Request(
        inputs=inputs or [],
        interval=interval,
        store=store,
        since=since,
        keep_flows=keep_flows,
        acl=acl,
        mode=mode,
        strict=strict,
        parquet=parquet,
        max_flows=max_flows,
        decap=decap,
        threads=threads,
        time_zone=time_zone,
    )
    return write(run(request), top=top, trends=trends, as_json=as_json)
