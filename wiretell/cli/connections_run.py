"""From the options of `wiretell connections` to its output."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.errors import UsageError
from wiretell.settings import CONNECTION_LIST, CONNECTION_SORTS, METERED_SORTS

if TYPE_CHECKING:
    import polars as pl

    from wiretell.reports.connections_text import ConnectionList
    from wiretell.reports.time_order import TimeOrder
    from wiretell.sources.connections import ConnectionRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as they were given."""

    inputs: list[str]
    top: int = 20
    sort: str = "bytes"
    states: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
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
    from wiretell.reports.time_order import TimeOrder

    to_files = request.parquet is not None or request.csv is not None or request.as_zeek or request.as_json
    to_screen = not (request.as_zeek or request.as_json or request.csv == "-")
    first = (request.sort, request.top) if not to_files and _is_metered(request) else None
    opened = open_run(request, _columns(request) if to_files else (*CONNECTION_LIST, "interim"), first)
    if to_screen:
        import wiretell.reports.connections_text  # noqa: F401  while the run is already reading
    found = Found(request.sort, request.top)
    with TimeOrder() as in_order:
        for batch, chosen in chosen_batches(request, opened):
            if to_screen:
                found.add(batch, chosen)
            if to_files:
                in_order.add(chosen)
        result = _listed(request, opened, found) if to_screen else None
        if result is not None:
            from wiretell.reports.connections_text import untold

            check_order(request.sort, untold(result), opened, "--sort bytes or start")
        if to_files:
            write_files(request, in_order)
    if result is not None:
        _show(result)
    sys.stdout.flush()
    return ended(opened)


def ended(opened: ConnectionRun) -> int:
    """The exit code; a partial result is said on standard error."""
    if opened.facts is None or not opened.facts.interrupted:
        return 0
    sys.stderr.write("wiretell: interrupted: the result is partial, of what was read so far\n")
    return 130


def check(request: Request) -> None:
    """Checks what the options say together.

    Raises:
        UsageError: naming the options.
    """
    from wiretell.cli.outputs import check_outputs
    from wiretell.sources.times import parse_zone

    parse_zone(request.time_zone)
    if request.sort not in CONNECTION_SORTS:
        raise UsageError(f"--sort {request.sort}: no such order", hint=f"one of {', '.join(CONNECTION_SORTS)}")
    if request.states:
        from wiretell.analyses.connections import STATES
    for state in request.states:
        if state.upper() not in STATES:
            raise UsageError(f"--state {state}: no such state", hint=f"of {', '.join(STATES)}")
    for port in request.ports:
        if not (port.isascii() and port.isdigit() and int(port) < 2**16):
            raise UsageError(f"--port {port}: no port", hint="a number up to 65535, or several: 80,443")
    outputs = [("--zeek", request.as_zeek), ("--json", request.as_json), ("--csv -", request.csv == "-")]
    wanted = [name for name, asked in outputs if asked]
    if len(wanted) > 1:
        raise UsageError(f"{' and '.join(wanted)} all want standard output", hint="one of them, others into files")
    if request.interval is not None and request.as_zeek and not request.every_column:
        raise UsageError(
            "-i needs --all with --zeek", hint="no column of a conn.log tells interim rows from those that replace them"
        )
    check_outputs([("--parquet", request.parquet), ("--csv", request.csv)], [*request.inputs, request.local])
    if request.every_column and not request.as_zeek:
        raise UsageError("--all needs --zeek", hint="JSON, CSV and Parquet have all columns")


def _columns(request: Request) -> tuple[str, ...]:
    """The columns that are written."""
    from wiretell.schema import CONN_LOG, CONNECTIONS

    whole = request.every_column or request.as_json or request.parquet is not None or request.csv is not None
    return CONNECTIONS.names if whole else CONN_LOG


def _is_metered(request: Request) -> bool:
    """Whether the meter can tell which connections come first."""
    filters = request.states or request.services or request.ports or request.hosts
    return request.top > 0 and not filters and request.sort in METERED_SORTS


def open_run(
    request: Request,
    columns: Sequence[str] | None = None,
    first: tuple[str, int] | None = None,
    bare: Sequence[str] = (),
) -> ConnectionRun:
    """Opens the inputs: captures with the options of the request, logs and tables as they are.

    Args:
        request: The options as given.
        columns: The columns that are needed; None for all.
        first: As of `capture_run.CaptureRun`.
        bare: As of `sources.connections.ConnectionRun`.
    """
    from wiretell.cli.inputs import sorted_inputs
    from wiretell.cli.summary_run import networks_of
    from wiretell.sources.connections import ConnectionRun
    from wiretell.sources.meter_options import MeterOptions
    from wiretell.sources.times import parse_duration

    found = sorted_inputs(request.inputs)
    interval = None if request.interval is None else parse_duration(request.interval, option="-i").total_seconds()
    options = MeterOptions(
        interim_seconds=interval,
        ignore_checksums=request.ignore_checksums,
        local_nets=tuple(networks_of(request.local)),
        decap=request.decap,
        threads=request.threads,
    )
    return ConnectionRun(found, options, columns=columns, first=first, bare=bare)


def chosen_batches(request: Request, opened: ConnectionRun) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Batches as they come, and what the filters let through of each."""
    from wiretell.analyses.connections import picked
    from wiretell.cli.progress import Progress

    networks = None
    if request.hosts:
        from wiretell.sources.networks import read_networks

        networks = read_networks(request.hosts)
    states = [state.upper() for state in request.states]
    ports = [int(port) for port in request.ports]
    with Progress() as progress:
        for batch in opened.batches(progress.update):
            hosts = None
            if networks is not None:
                addresses = batch["orig_h"].unique().append(batch["resp_h"].unique()).unique().to_list()
                inside = zip(addresses, networks.contain(addresses), strict=True)
                hosts = [address for address, held in inside if held]
            yield batch, picked(batch, states=states, services=request.services, ports=ports, hosts=hosts)


class Found:
    """What the list shows of all connections: how many there are, and the first of them."""

    def __init__(self, sort: str, top: int) -> None:
        self.total = self.matching = 0
        self._sort, self._top = sort, top
        self._first: list[pl.DataFrame] = []

    def add(self, batch: pl.DataFrame, chosen: pl.DataFrame) -> None:
        """Counts a batch, and keeps what may be shown of it."""
        import narwhals as nw
        import polars as pl

        from wiretell.analyses.connections import as_ended, not_behind, ordered
        from wiretell.engines.polars import owned

        batch, chosen = (as_ended(nw.from_native(frame)).to_native() for frame in (batch, chosen))
        self.total += batch.height
        self.matching += chosen.height
        first = chosen.select(CONNECTION_LIST)
        if self._first and 0 < self._top == self._first[0].height:
            first = not_behind(first, self._first[0].tail(1), self._sort)
            if first.height == 0:
                return
        self._first = [owned(ordered(pl.concat([*self._first, first]), self._sort, self._top))]

    def rows(self) -> list[dict[str, Any]]:
        """The rows to show, with their measures."""
        from wiretell.analyses.connections import with_measures

        rows: list[dict[str, Any]] = with_measures(self._first[0]).rows(named=True)
        return rows


def write_files(request: Request, in_order: TimeOrder) -> None:
    """Writes files first, then standard output."""
    from wiretell.reports.connection_files import json_lines, write_csv, write_parquet

    if request.parquet is not None:
        write_parquet(in_order.batches(), request.parquet)
    if request.csv is not None:
        write_csv(in_order.batches(), request.csv)
    if request.as_zeek:
        from wiretell.reports.zeek_tsv import zeek_tsv

        sys.stdout.writelines(zeek_tsv(in_order.batches(), every_column=request.every_column))
    if request.as_json:
        sys.stdout.writelines(json_lines(in_order.batches()))


def check_order(sort: str, untold: str | None, opened: ConnectionRun, others: str) -> None:
    """Checks that logs or tables tell what they are to be ordered by; of captures the heading says how it is.

    Args:
        sort: The order that was asked for.
        untold: What it is of, if nothing told that.
        opened: What was read.
        others: Orders that there are.

    Raises:
        UsageError: if they do not.
    """
    if untold is not None and opened.facts is None:
        raise UsageError(f"--sort {sort}: this input does not tell {untold}", hint=f"{others}; or read the capture")


def _listed(request: Request, opened: ConnectionRun, found: Found) -> ConnectionList:
    from wiretell.reports.connections_text import ConnectionList
    from wiretell.sources.times import parse_zone

    tracked = None if opened.facts is None else opened.facts.connections
    left_out = 0 if tracked is None else tracked.left_out
    return ConnectionList(
        rows=found.rows(),
        matching=found.matching + left_out,
        total=found.total + left_out,
        by=request.sort,
        facts=opened.facts,
        log_facts=opened.log_facts,
        zone=parse_zone(request.time_zone),
    )


def _show(result: ConnectionList) -> None:
    from wiretell.reports.connections_text import blocks
    from wiretell.reports.console import console, write_block

    target = console()
    for position, block in enumerate(blocks(result, target.width)):
        write_block(target, block, first=position == 0)
