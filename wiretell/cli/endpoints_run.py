"""From the options of `wiretell endpoints` to its output."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wiretell.errors import UsageError
from wiretell.settings import ENDPOINT_KEYS, ENDPOINT_SORTS

if TYPE_CHECKING:
    from wiretell.reports.endpoints_text import EndpointReport


USUAL: Final = "loss"
"""The order, unless one is asked for."""
USUAL_PREFIX: Final = "24/48"
"""The lengths of prefixes, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options as they were given."""

    inputs: list[str]
    by: str = "host"
    prefix: str = USUAL_PREFIX
    sort: str | None = None
    top: int = 15
    hosts: list[str] = field(default_factory=list)
    ignore_checksums: bool = False
    time_zone: str = "UTC"
    decap: bool = False
    threads: int | None = None
    as_json: bool = False
    csv: str | None = None
    parquet: Path | None = None


def run(request: Request) -> int:
    """Reads, analyzes, writes.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input that cannot be read.
    """
    v4_prefix, v6_prefix = check(request)
    from wiretell.analyses.endpoint_counter import EndpointCounter
    from wiretell.analyses.endpoints import EndpointOptions, needed
    from wiretell.cli import connections_run
    from wiretell.reports.endpoints_text import EndpointReport, untold

    listing = connections_run.Request(
        inputs=request.inputs,
        hosts=request.hosts,
        ignore_checksums=request.ignore_checksums,
        decap=request.decap,
        threads=request.threads,
    )
    opened = connections_run.open_run(listing, needed(request.by), bare=needed(request.by, measured=False))
    sort = request.sort or USUAL
    counter = EndpointCounter(EndpointOptions(request.by, v4_prefix, v6_prefix), sort=sort, top=request.top)
    for _, chosen in connections_run.chosen_batches(listing, opened):
        counter.add(chosen)
    report = EndpointReport(
        rows=counter.rows(),
        by=request.by,
        sort=sort,
        facts=opened.facts,
        log_facts=opened.log_facts,
    )
    if request.sort is not None:
        connections_run.check_order(sort, untold(report), opened, "--sort failed, bytes or connections")
    _write(request, report)
    sys.stdout.flush()
    return connections_run.ended(opened)


def check(request: Request) -> tuple[int, int]:
    """Checks the values of the options; returns the lengths of prefixes.

    Raises:
        UsageError: naming the option.
    """
    from wiretell.cli.outputs import check_outputs
    from wiretell.sources.times import parse_zone

    parse_zone(request.time_zone)
    if request.by not in ENDPOINT_KEYS:
        raise UsageError(f"--by {request.by}: no such key", hint=f"one of {', '.join(ENDPOINT_KEYS)}")
    if request.sort is not None and request.sort not in ENDPOINT_SORTS:
        raise UsageError(f"--sort {request.sort}: no such order", hint=f"one of {', '.join(ENDPOINT_SORTS)}")
    if request.as_json and request.csv == "-":
        raise UsageError("--json and --csv - both want standard output", hint="--csv FILE")
    check_outputs([("--parquet", request.parquet), ("--csv", request.csv)], request.inputs)
    four, _, six = request.prefix.partition("/")
    if not (four.isdecimal() and int(four) <= 32 and (not six or (six.isdecimal() and int(six) <= 128))):
        raise UsageError(f"--prefix {request.prefix}: no prefix lengths", hint="--prefix 24/48: of IPv4 and of IPv6")
    if request.prefix != USUAL_PREFIX and request.by != "prefix":
        raise UsageError("--prefix needs --by prefix", hint=f"--by prefix --prefix {request.prefix}")
    return int(four), int(six or 48)


def _write(request: Request, report: EndpointReport) -> None:
    from wiretell.reports.connection_files import write_csv, write_parquet
    from wiretell.reports.endpoints_text import blocks, document, table

    if request.parquet is not None:
        write_parquet([table(report)], request.parquet)
    if request.csv is not None:
        write_csv([table(report)], request.csv)
    if request.as_json:
        import json

        sys.stdout.write(json.dumps(document(report), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    elif request.csv != "-":
        from wiretell.reports.console import console, write_block
        from wiretell.sources.times import parse_zone

        target = console()
        for position, block in enumerate(blocks(report, target.width, parse_zone(request.time_zone))):
            write_block(target, block, first=position == 0)
