"""`wiretell profile`: the whole picture on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretell.cli import options as o

Windows = Annotated[
    str, typer.Option("-i", "--interval", metavar="TIME", help="Windows in which behavior is looked at: 300, 5m, 1h.")
]
StoreDir = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR", help="Keep behavior there by window, and compare with what is kept."),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Compare with windows of the store from then on.")
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Also write a page to explore: one file, no network.")
]


def command(
    inputs: o.Inputs = None,
    by_bytes: o.Bytes = False,
    by: o.By = None,
    top: o.Top = 5,
    interval: Windows = "5m",
    local: o.Local = None,
    time_zone: o.TimeZone = "UTC",
    resolve: o.Resolve = False,
    decap: o.Decap = False,
    threads: o.Threads = None,
    store: StoreDir = None,
    since: Since = None,
    html: Html = None,
    as_json: o.Json = False,
) -> int:
    """What was captured, what is unusual, who does what, what fills the link, and how connections went."""
    from wiretell.cli.profile_output import write
    from wiretell.cli.profile_run import Request, run

    request = Request(
        inputs=inputs or ["-"],
        by=by,
        by_bytes=by_bytes,
        top=top,
        interval=interval,
        local=local,
        time_zone=time_zone,
        resolve=resolve,
        decap=decap,
        threads=threads,
        store=store,
        since=since,
        html=html,
    )
    return write(run(request), request, as_json=as_json)
