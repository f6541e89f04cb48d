"""From the options of a summary to its result: reads the input, runs the analysis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.cli.values import ports_of
from wiretell.errors import UsageError

if TYPE_CHECKING:
    from wiretell.analyses.summary_options import SummaryOptions
    from wiretell.cli.reading import Reading
    from wiretell.reports.summary_result import SummaryResult

_R_TABLES = {"port": 65_537, "protocol": 256, "source": 0, "destination": 0, "pair": 0, "service": 0}
MOST_FACTOR = 10**9
UNITS = ("packets", "bytes", "payload", "flows", "connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of `wiretell summary` as they were given."""

    inputs: list[str]
    unit: str | None = None
    by_bytes: bool = False
    top: int = 10
    interval: str | None = None
    verbose: bool = False
    local: Path | None = None
    external: bool = False
    exclude: Path | None = None
    ports: Path | None = None
    any_port: bool = False
    tcp: bool = False
    udp: bool = False
    min_time: str | None = None
    max_time: str | None = None
    time_zone: str = "UTC"
    resolve: bool = False
    sample_factor: float = 1.0
    sample: float | None = None
    seed: int = 0
    save_memory: bool = False
    skip_zero_seq: bool = False
    max_flows: str | None = None
    decap: bool = False
    threads: int | None = None
    r_tables: bool = False
    all_ports: bool = False
    conn_version: int = 0
    with_connections: bool = False


def run(request: Request) -> SummaryResult:
    """Reads the inputs and summarizes them.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input that cannot be read.
    """
    return run_with_reading(request)[0]


def run_with_reading(request: Request) -> tuple[SummaryResult, Reading]:
    """Reads the inputs and summarizes them; also returns what was read, for other analyses of it.

    Raises:
        UsageError: for options that contradict each other or have a wrong value.
        InputError: for an input that cannot be read.
    """
    check(request)
    from wiretell.sources.times import parse_duration, parse_time, parse_zone

    zone = parse_zone(request.time_zone)
    start = None if request.min_time is None else parse_time(request.min_time, zone, option="-U")
    end = None if request.max_time is None else parse_time(request.max_time, zone, option="-V")
    if start is not None and end is not None and start > end:
        raise UsageError(
            f"-U {request.min_time} is later than -V {request.max_time}", hint="-U is where to begin, -V where to end"
        )
    if request.ports is not None:
        ports_of(request.ports)  # a mistake in it is told before anything is read
    interval = None if request.interval is None else parse_duration(request.interval, option="-i")
    width = None if interval is None else interval.total_seconds()
    from wiretell.cli.reading import read
    from wiretell.reports.summary_result import summary_of

    while_reading = analysis_options(request, "capture", start, end, width) if _adds_up(request) else None
    reading = read(request, protocols_of(request), start, end, width, while_reading)
    result = summary_of(
        reading.frame if reading.summary is None else reading.summary,
        analysis_options(request, reading.kind, start, end, width),
        inputs=request.inputs,
        facts=reading.facts,
        log_facts=reading.log_facts,
        zone=zone,
    )
    if request.resolve:
        from wiretell.cli.names import host_names

        result = replace(result, names=host_names(result))
    return result, reading


def _adds_up(request: Request) -> bool:
    """Whether captures can be summarized while they are read: nothing else needs their flows."""
    others = (request.exclude, request.ports, request.external or None, request.with_connections or None)
    return request.unit != "connections" and all(option is None for option in others)


def check(request: Request) -> None:
    """Checks what the options say together.

    Raises:
        UsageError: naming the options.
    """
    if request.external and request.local is None:
        raise UsageError("-e needs -l", hint="name a file of local networks with -l FILE")
    if request.unit is not None and request.unit not in UNITS:
        raise UsageError(f"--by {request.unit}: no such unit", hint=f"one of {', '.join(UNITS)}")
    if request.unit is not None and request.by_bytes:
        raise UsageError("-b and --by exclude each other")
    if request.sample is not None and not 0 < request.sample <= 1:
        raise UsageError(
            f"-S {request.sample:g}: a probability is above 0 and at most 1", hint="-S 0.01 keeps 1 in 100"
        )
    if not 1 <= request.sample_factor <= MOST_FACTOR:
        raise UsageError(
            f"-s {request.sample_factor:g}: a factor is at least 1, at most {MOST_FACTOR:,}",
            hint="-s 100 for an input of 1 in 100",
        )
    if request.verbose and request.interval is None:
        raise UsageError("-v needs -i", hint="-i 5m -v gives breakdowns for each 5 minutes")


def analysis_options(
    request: Request, kind: str, start: datetime | None, end: datetime | None, width: float | None
) -> SummaryOptions:
    """The options of the analysis; what the meter did already is not done again.

    Args:
        request: The options as given.
        kind: `capture` or `connections`.
        start: `-U`.
        end: `-V`.
        width: `-i` in seconds.
    """
    from wiretell.analyses.summary_options import SummaryOptions

    metered = kind == "capture"
    ports = None if request.ports is None else ports_of(request.ports)
    unit: Any = request.unit
    if request.by_bytes:
        unit = "bytes" if metered else "payload"
    return SummaryOptions(
        unit=unit,
        top=request.top,
        tops=_R_TABLES if request.r_tables else {},
        local=networks_of(request.local),
        exclude=tuple(networks_of(request.exclude)),
        external=request.external,
        ports=ports,
        protocols=None if metered else protocols_of(request),
        start_us=None if metered else _microseconds(start),
        end_us=None if metered else _microseconds(end),
        interval_us=None if width is None else round(width * 1e6),
        cut=metered,
        verbose=request.verbose or request.r_tables,
        any_port=request.any_port,
        save_memory=request.save_memory and not request.all_ports,
        keep_ports=ports or frozenset(),
        scale=request.sample_factor / (request.sample or 1.0),
    )


def protocols_of(request: Request) -> frozenset[int] | None:
    """The protocols of `-t` and `-u`; both are a union, neither is all."""
    wanted = [number for number, asked in ((6, request.tcp), (17, request.udp)) if asked]
    return frozenset(wanted) or None


def networks_of(path: Path | None) -> dict[str, str]:
    """The networks of a file, prefix to text; none without a file."""
    if path is None:
        return {}
    from wiretell.sources.networks import read_networks

    return {str(network.prefix): network.text for network in read_networks([path]).networks}


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
