"""Connections as text: one line each, what matters first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.analyses.connections import STATES
from wiretell.reports.blocks import NOTE, WARNING, Cell, Listing, pairs, side_by_side
from wiretell.reports.connection_facts_text import connection_facts
from wiretell.reports.facts_text import facts_block
from wiretell.reports.log_facts_text import log_facts_block
from wiretell.reports.numbers import duration, exact, many, share, volume

if TYPE_CHECKING:
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.log_facts import LogFacts

Row = dict[str, Any]
_ORDERS = {
    "bytes": "most bytes first",
    "packets": "most packets first",
    "duration": "longest first",
    "start": "in order of time",
    "rexmit": "most retransmissions first",
    "rtt": "longest round trip first",
}


_TOLD_BY = {
    "packets": (("orig_pkts", "resp_pkts"), "packets"),
    "duration": (("duration",), "durations"),
    "rexmit": (("rexmit_share",), "what was sent again"),
    "rtt": (("path_rtt",), "round trips"),
}
"""Of an order: the columns without which there is none, and what they tell. The first row has them, or no row has."""


@dataclass(frozen=True)
class ConnectionList:
    """Connections to show.

    Attributes:
        rows: The rows shown, with `path_rtt` and `rexmit_share`.
        matching: Connections that fulfill the conditions.
        total: Connections in all.
        by: What they are ordered by.
        facts: Of the captures.
        log_facts: Of the logs.
        zone: The time zone of times.
    """

    rows: list[Row]
    matching: int
    total: int
    by: str
    facts: CaptureFacts | None = None
    log_facts: LogFacts | None = None
    zone: tzinfo = field(default=UTC)


def untold(result: ConnectionList) -> str | None:
    """What the order of the list is of, if the input has not told it; None if it has."""
    needed, what = _TOLD_BY.get(result.by, ((), ""))
    return what if needed and result.rows and all(result.rows[0][name] is None for name in needed) else None


def blocks(result: ConnectionList, width: int) -> Iterator[RenderableType]:
    """The blocks of the report in order."""
    if result.facts is not None:
        yield facts_block(result.facts, width, result.zone)
        if result.facts.connections is not None:
            rows = connection_facts(result.facts.connections)
            if rows:
                yield pairs(rows, width)
    if result.log_facts is not None:
        yield log_facts_block(result.log_facts, width)
    yield _listing(result, width)
    if result.facts is not None and result.facts.interrupted:
        yield Text("! interrupted: this is of what was read so far", style=WARNING)


def _listing(result: ConnectionList, width: int) -> RenderableType:
    found = many(result.total, "connection")
    if result.matching != result.total:
        found = f"{exact(result.matching)} of {found} match"
    shown = f", {exact(len(result.rows))} shown" if len(result.rows) < result.matching else ""
    title = f"{found}{shown}, {_ORDERS['start' if untold(result) else result.by]}"
    if not result.rows:
        return side_by_side([Listing(title, [])], width)
    columns = _columns(result)
    wanted = [column for column in columns if column.weight >= _WANTED]
    if Listing(title, _transposed(wanted)).width() > width:
        columns[0] = _folded(columns[0])
    while len(columns) > 1 and Listing(title, _transposed(columns)).width() > width:
        least = min(columns[1:], key=lambda column: column.weight)
        if least.weight >= _KEPT:
            break
        columns.remove(least)
    states = sorted({row["conn_state"] for row in result.rows if row["conn_state"] in STATES}, key=list(STATES).index)
    legend = pairs([(state, STATES[state]) for state in states], width, NOTE)
    return Group(side_by_side([Listing(title, _transposed(columns))], width), Text(), legend)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list: its weight tells which go first where the terminal is narrow."""

    name: str
    weight: int
    cells: list[Cell]
    right: bool = False


_KEPT = 9
_WANTED = 6
_LONG = 43
"""Two ends of IPv4 and the arrow between them."""


def _columns(result: ConnectionList) -> list[_Column]:
    rows = result.rows
    ends = [(_end(row, "orig"), _end(row, "resp")) for row in rows]
    longest = max(len(origin) for origin, _ in ends)
    pad = longest if longest <= 21 else 0
    times = _times(rows, result.zone)
    return [
        _Column("From → To", _KEPT, [Cell(f"{origin.ljust(pad)} → {responder}") for origin, responder in ends]),
        _Column("Service", _KEPT, [Cell(row["service"] or row["proto"]) for row in rows]),
        _Column("State", _KEPT, [Cell(row["conn_state"] or "–") for row in rows]),
        _Column("Sent", 8, [Cell(_bytes(row, "orig"), right=True) for row in rows], right=True),
        _Column("Received", 8, [Cell(_bytes(row, "resp"), right=True) for row in rows], right=True),
        _Column("Resent", 7, [Cell(_or_dash(share, row["rexmit_share"]), right=True) for row in rows], right=True),
        _Column("RTT", 6, [Cell(_or_dash(duration, row["path_rtt"]), right=True) for row in rows], right=True),
        _Column("Lasts", 5, [Cell(_or_dash(duration, row["duration"]), right=True) for row in rows], right=True),
        _Column("Start", 4, [Cell(time, NOTE) for time in times]),
        _Column("History", 2, [Cell(row["history"] or "", NOTE) for row in rows]),
        _Column("Uid", 1, [Cell(row["uid"] or "", NOTE) for row in rows]),
    ]


def _folded(ends: _Column) -> _Column:
    """The ends in two lines where they are long, as those of IPv6."""
    cells = [Cell(cell.text.replace(" → ", " →\n  ")) if len(cell.text) > _LONG else cell for cell in ends.cells]
    return _Column(ends.name, ends.weight, cells)


def _transposed(columns: list[_Column]) -> list[list[Cell]]:
    head = [Cell(column.name, NOTE, right=column.right) for column in columns]
    return [head, *(list(cells) for cells in zip(*(column.cells for column in columns), strict=True))]


def _times(rows: list[Row], zone: tzinfo) -> list[str]:
    """Times of day, with the date where there are several."""
    moments = [None if row["ts"] is None else row["ts"].astimezone(zone) for row in rows]
    one_day = len({moment.date() for moment in moments if moment is not None}) <= 1
    form = "%H:%M:%S" if one_day else "%Y-%m-%d %H:%M:%S"
    return ["–" if moment is None else moment.strftime(form) for moment in moments]


def _end(row: Row, side: str) -> str:
    host, port = row[f"{side}_h"], row[f"{side}_p"]
    if row["proto"] == "icmp" or not (port or row["proto"] in {"tcp", "udp"}):
        return str(host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _or_dash(form: Callable[[float], str], value: float | None) -> str:
    return "–" if value is None else form(value)


def _bytes(row: Row, side: str) -> str:
    octets = row[f"{side}_ip_bytes"]
    octets = row[f"{side}_bytes"] if octets is None else octets
    return volume(octets) if octets is not None else "–"
