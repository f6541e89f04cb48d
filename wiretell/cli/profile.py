"""`wiretell profile`: the whole picture on one screen."""

from __future__ import annotations

from wiretell.cli import options as o


def command(
    inputs: o.Inputs = None,
    by_bytes: o.Bytes = False,
    by: o.By = None,
    top: o.Top = 5,
    local: o.Local = None,
    time_zone: o.TimeZone = "UTC",
    resolve: o.Resolve = False,
    decap: o.Decap = False,
    threads: o.Threads = None,
    as_json: o.Json = False,
) -> int:
    """What was captured and what fills it."""
    from wiretell.cli.profile_output import write
    from wiretell.cli.summary_run import Request, run_with_reading
    from wiretell.reports.quality_result import quality_of

    request = Request(
        inputs=inputs or ["-"],
        unit=by,
        by_bytes=by_bytes,
        top=top,
        local=local,
        time_zone=time_zone,
        resolve=resolve,
        decap=decap,
        threads=threads,
        with_connections=True,
    )
    result, reading = run_with_reading(request)
    quality = None if reading.connections is None else quality_of(reading.connections, top)
    return write(result, quality, as_json=as_json)
