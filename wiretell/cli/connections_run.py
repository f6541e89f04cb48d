"""From the options of `wiretell connections` to its output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import UsageError
from wiretell.settings import CONNECTION_SORTS

if TYPE_CHECKING:
    import polars as pl

    from wiretell.sources.connections import Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as they were given."""

    inputs: list[str]
    top: int = 20
    sort: str = "bytes"
    states: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    local: Path | None = None
    interval: str | None = None
    ignore_checksums: bool = False
    time_zone: str = "UTC"
    decap: bool = False
    threads: int | None = None
    as_zeek: bool = False
    every_column: bool = False
    as_json: bool = False
    csv: str | None = None
    parquet: Path | None = None


def run(request: Request) -> int:
    """Reads, filters, writes.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input that cannot be read.
    """
    check(request)
    connected = read(request)
    chosen = chosen_of(request, connected.frame)
    if request.parquet is not None or request.csv is not None or request.as_zeek or request.as_json:
        write_files(request, chosen.sort("ts", "uid", maintain_order=True))
    if not (request.as_zeek or request.as_json or request.csv == "-"):
        _show(request, connected, chosen)
    sys.stdout.flush()
    return ended(connected)


def ended(connected: Connected) -> int:
    """The exit code; a partial result is said on standard error."""
    if connected.facts is None or not connected.facts.interrupted:
        return 0
    sys.stderr.write("wiretell: interrupted: the result is partial, of what was read so far\n")
    return 130


def check(request: Request) -> None:
    """Checks what the options say together.

    Raises:
        UsageError: naming the options.
    """
    from wiretell.analyses.connections import STATES

    if request.sort not in CONNECTION_SORTS:
        raise UsageError(f"--sort {request.sort}: no such order", hint=f"one of {', '.join(CONNECTION_SORTS)}")
    for state in request.states:
        if state.upper() not in STATES:
            raise UsageError(f"--state {state}: no such state", hint=f"of {', '.join(STATES)}")
    outputs = [("--zeek", request.as_zeek), ("--json", request.as_json), ("--csv -", request.csv == "-")]
    wanted = [name for name, asked in outputs if asked]
    if len(wanted) > 1:
        raise UsageError(f"{' and '.join(wanted)} all want standard output", hint="one of them, others into files")
    if request.every_column and not request.as_zeek:
        raise UsageError("--all needs --zeek", hint="JSON, CSV and Parquet have all columns")


def read(request: Request, columns: Sequence[str] | None = None) -> Connected:
    """Reads the inputs: captures with the options of the request, logs and tables as they are.

    Args:
        request: The options as given.
        columns: The columns that are needed; None for all.
    """
    from wiretell.cli.progress import Progress
    from wiretell.cli.summary_run import networks_of
    from wiretell.sources.capture import MeterOptions
    from wiretell.sources.connections import find_connections
    from wiretell.sources.times import parse_duration

    if "-" in request.inputs and sys.stdin.isatty():
        raise UsageError("no input", hint="name a capture, a Zeek connection log or a folder, or pipe one in")
    interval = None if request.interval is None else parse_duration(request.interval, option="-i").total_seconds()
    options = MeterOptions(
        interim_seconds=interval,
        ignore_checksums=request.ignore_checksums,
        local_nets=tuple(networks_of(request.local)),
        decap=request.decap,
        threads=request.threads,
    )
    with Progress() as progress:
        return find_connections(request.inputs, options, columns=columns, on_progress=progress.update)


def chosen_of(request: Request, frame: pl.DataFrame) -> pl.DataFrame:
    """The connections that the filters let through."""
    from wiretell.analyses.connections import picked

    hosts = None
    if request.hosts:
        from wiretell.sources.networks import read_networks

        networks = read_networks(request.hosts)
        addresses = frame["orig_h"].unique().append(frame["resp_h"].unique()).unique().to_list()
        hosts = [address for address, inside in zip(addresses, networks.contain(addresses), strict=True) if inside]
    states = [state.upper() for state in request.states]
    chosen: pl.DataFrame = picked(frame, states=states, services=request.services, hosts=hosts)
    return chosen


def write_files(request: Request, rows: pl.DataFrame) -> None:
    """Writes files first, then standard output."""
    from wiretell.reports.connection_files import json_lines, write_csv, write_parquet

    if request.parquet is not None:
        write_parquet(rows, request.parquet)
    if request.csv is not None:
        write_csv(rows, request.csv)
    if request.as_zeek:
        from wiretell.reports.zeek_tsv import zeek_tsv

        sys.stdout.writelines(zeek_tsv(rows, every_column=request.every_column))
    if request.as_json:
        sys.stdout.writelines(json_lines(rows))


def _show(request: Request, connected: Connected, chosen: pl.DataFrame) -> None:
    from wiretell.analyses.connections import ordered, with_measures
    from wiretell.reports.connections_text import ConnectionList, blocks
    from wiretell.reports.console import console, write_block
    from wiretell.sources.times import parse_zone

    rows = with_measures(ordered(chosen, request.sort, request.top))
    result = ConnectionList(
        rows=rows.rows(named=True),
        matching=chosen.height,
        total=connected.frame.height,
        by=request.sort,
        facts=connected.facts,
        log_facts=connected.log_facts,
        zone=parse_zone(request.time_zone),
    )
    target = console()
    for position, block in enumerate(blocks(result, target.width)):
        write_block(target, block, first=position == 0)
