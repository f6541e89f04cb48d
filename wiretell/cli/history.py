"""`wiretell history`: what an address or a port did over time."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from wiretell.cli import options as o

Key = Annotated[str, typer.Argument(metavar="KEY", help="An address or a port number.")]
StoreDir = Annotated[str, typer.Option("--store", metavar="DIR", help="The store.")]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="Only from then on.")]


def command(
    key: Key,
    store: StoreDir = "wiretell-store",
    since: Since = None,
    time_zone: o.TimeZone = "UTC",
    as_json: o.Json = False,
) -> int:
    """What an address or a port did over time."""
    from wiretell.sources.times import parse_time, parse_zone
    from wiretell.store import open_store

    key = _canonical(key)
    zone = parse_zone(time_zone)
    start = None if since is None else parse_time(since, zone, option="--since")
    rows = open_store(store).history(key, since=start).to_dicts()
    if as_json:
        from wiretell.reports.behavior_json import as_json as text
        from wiretell.reports.behavior_json import rows_document

        sys.stdout.write(text({"key": key, "windows": rows_document(rows)}))
    else:
        from wiretell.reports.console import console, write_block
        from wiretell.reports.history_text import history_block

        write_block(console(), history_block(key, rows, zone), first=True)
    sys.stdout.flush()
    return 0


def _canonical(key: str) -> str:
    """An address or a port in the form in which tables have it.

    Raises:
        UsageError: if it is neither.
    """
    from ipaddress import ip_address

    from wiretell.errors import UsageError

    if key.isdecimal() and int(key) <= 65_535:
        return str(int(key))
    try:
        return str(ip_address(key))
    except ValueError:
        raise UsageError(f"{key}: neither an address nor a port", hint="wiretell history 192.0.2.1, or 443") from None
