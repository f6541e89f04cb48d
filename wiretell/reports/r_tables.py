"""Tables for R, with trace-summary's columns: `read.table("tag.total.dat", header = TRUE)`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wiretell.errors import UsageError
from wiretell.reports.files import write_text
from wiretell.reports.summary_result import Row, SummaryResult

STATES: Final = ("S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH")
SCOPES: Final = ("total", "incoming", "outgoing", "internal", "transit")
MAX_INTERVALS: Final = 10_000_000


def write_r_tables(result: SummaryResult, tag: str) -> list[Path]:
    """Writes `TAG.dat`, a row per direction and network, and with intervals a file per direction.

    A file of intervals has a row for each interval from the first to the last, zeros where there is no traffic.

    Returns:
        The files.

    Raises:
        WiretellError: if a file cannot be written.
    """
    high = sorted(_top_ports(result))
    head = _header(result, high)
    blocks: list[tuple[str, str, str | None]] = [(scope, scope, None) for scope in _scopes(result)]
    blocks += [(network, "network", network) for network in result.options.local]
    rows = [" ".join([name, *_row(result, scope, network, None, high)]) for name, scope, network in blocks]
    paths = [Path(f"{tag}.dat")]
    write_text(paths[0], "\n".join([f"tag {head}", *rows]) + "\n")
    if result.options.interval_us is not None:
        windows = list(_dense(result))
        for scope in _scopes(result):
            lines = (" ".join(_row(result, scope, None, window, high)) for window in windows)
            paths.append(Path(f"{tag}.{scope}.dat"))
            write_text(paths[-1], "\n".join([head, *lines]) + "\n")
    return paths


def top_ports(result: SummaryResult) -> list[int]:
    """The top ports of all traffic, incoming and outgoing, ascending: what `-P` writes."""
    return sorted(_top_ports(result))


def _scopes(result: SummaryResult) -> tuple[str, ...]:
    return SCOPES if result.options.local else SCOPES[:1]


def _top_ports(result: SummaryResult) -> set[int]:
    scopes = ("total", "incoming", "outgoing")
    rows = (row for scope in scopes for row in result.breakdown("port", scope)[: result.options.top])
    return {int(row["key"]) for row in rows if row["key"].isdigit()}


def _dense(result: SummaryResult) -> Iterator[int]:
    width, windows = result.options.interval_us, result.windows
    if width is None or not windows:
        return
    if (windows[-1] - windows[0]) // width > MAX_INTERVALS:
        raise UsageError("-i is too short for the time that the input covers", hint="choose a longer interval for -R")
    yield from range(windows[0], windows[-1] + width, width)


def _header(result: SummaryResult, high: list[int]) -> str:
    top = range(1, result.options.top + 1)
    ports = [*range(1024), *(port for port in high if port >= 1024)]
    names = ["start", "end", "count", "bytes", "payload", "frags", "srcs", "dsts", "prot.tcp", "prot.udp", "prot.icmp"]
    names += [f"state.{state}" for state in STATES]
    names += [f"top.port.{rank}" for rank in top]
    return " ".join([*names, *(f"port.{port}" for port in ports)])


def _row(result: SummaryResult, scope: str, network: str | None, window: int | None, high: list[int]) -> list[str]:
    """The values of a block; ports, protocols and states in the unit of the summary."""
    total = result.total(scope, network, window)
    protocols = _amounts(result, result.breakdown("protocol", scope, network, window))
    states = _amounts(result, result.breakdown("state", scope, network, window))
    ports = result.breakdown("port", scope, network, window)
    by_port = _amounts(result, ports)
    best = [row["key"] for row in ports if row["key"].isdigit()][: result.options.top]
    width = result.options.interval_us or 0
    values: list[float] = [0.0, 0.0]
    if window is not None:
        values = [window / 1e6, (window + width) / 1e6]
    elif total is not None and total["start"] is not None:
        values = [total["start"] / 1e6, total["end"] / 1e6]
    count = "connections" if result.kind == "connections" else "packets"
    counters = (count, "bytes", "payload_bytes", "fragments", "sources", "destinations")
    icmp = protocols.get("icmp", 0) + protocols.get("icmp6", 0)
    numbers = [int(total[name] or 0) if total is not None else 0 for name in counters]
    numbers += [protocols.get("tcp", 0), protocols.get("udp", 0), icmp]
    numbers += [states.get(state, 0) for state in STATES]
    numbers += [int(best[rank]) if rank < len(best) else 0 for rank in range(result.options.top)]
    numbers += [by_port.get(str(port), 0) for port in (*range(1024), *(port for port in high if port >= 1024))]
    return [*(f"{value:.6f}" for value in values), *map(str, numbers)]


def _amounts(result: SummaryResult, rows: list[Row]) -> dict[str, int]:
    column = "payload_bytes" if result.unit == "payload" else result.unit
    return {str(row["key"]): int(row[column] or 0) for row in rows}
