"""Endpoint statistics as text, table and JSON document: how it went on the whole, then the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.reports.blocks import NOTE, TITLE, WARNING, Cell, Listing, side_by_side
from wiretell.reports.connection_facts_text import connection_facts
from wiretell.reports.facts_text import facts_block
from wiretell.reports.log_facts_text import log_facts_block
from wiretell.reports.numbers import count, duration, many, rate, share, volume
from wiretell.schema import ENDPOINTS

if TYPE_CHECKING:
    import polars as pl

    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.log_facts import LogFacts

Row = dict[str, Any]
_LONG, _WIDE = 43, 120
_ORDERS = {
    "loss": "worst share sent again first",
    "failed": "worst share of failed attempts first",
    "reordered": "worst share overtaken first",
    "zero-window": "longest closed windows first",
    "rtt": "longest round trips first",
    "bytes": "most bytes first",
    "connections": "most connections first",
}
_TOLD_BY = {
    "loss": ("data_pkts", "what was sent again", "most failed attempts first"),
    "failed": ("attempts", "attempts", "most bytes first"),
    "reordered": ("data_pkts", "what was overtaken", "most bytes first"),
    "zero-window": ("zero_windows", "closed windows", "most bytes first"),
    "rtt": ("rtt_median_s", "round trips", "most bytes first"),
}
"""Of an order: the column of all connections without which there is none, what it tells, and the order that is left."""
_PLURALS = {
    "connection": "Connections",
    "host": "Hosts",
    "server": "Servers",
    "prefix": "Prefixes",
    "port": "Ports",
    "service": "Services",
}


@dataclass(frozen=True)
class EndpointReport:
    """What is to be shown.

    Attributes:
        rows: Rows of `schema.ENDPOINTS`: all connections first, then the worst; empty without TCP.
        by: What a row is of.
        sort: In what order.
        facts: Of the captures.
        log_facts: Of the logs.
    """

    rows: list[Row]
    by: str
    sort: str
    facts: CaptureFacts | None = None
    log_facts: LogFacts | None = None


def untold(report: EndpointReport) -> str | None:
    """What the order of the report is of, if the input has not told it; None if it has."""
    needed, what, _ = _TOLD_BY.get(report.sort, ("bytes", "bytes", ""))
    return what if report.rows and report.rows[0][needed] is None else None


def _order(report: EndpointReport) -> str:
    """In words, what the rows are ordered by in truth: where all are equal, it is what comes next."""
    needed, _, left = _TOLD_BY.get(report.sort, ("bytes", "", _ORDERS[report.sort]))
    return _ORDERS[report.sort] if report.rows[0][needed] else left


def table(report: EndpointReport) -> pl.DataFrame:
    """The rows with the columns of `schema.ENDPOINTS`."""
    import polars as pl

    from wiretell.engines.polars import polars_schema

    return pl.DataFrame(report.rows, schema=polars_schema(ENDPOINTS), orient="row")


def document(report: EndpointReport) -> dict[str, Any]:
    """The rows as a document: nothing rounded; `sort` is null where the input does not tell that, `order` has words."""
    total = report.rows[0] if report.rows else None
    sort = report.sort if untold(report) is None else None
    order = _order(report) if report.rows else None
    return {"by": report.by, "sort": sort, "order": order, "total": total, "rows": report.rows[1:]}


def blocks(report: EndpointReport, width: int, zone: tzinfo = UTC) -> Iterator[RenderableType]:
    """The blocks of the report in order."""
    if report.facts is not None:
        yield facts_block(report.facts, width, zone)
    if report.log_facts is not None:
        yield log_facts_block(report.log_facts, width)
    yield total_block(report)
    if len(report.rows) > 1:
        yield worst_block(report, width)
    if report.facts is not None and report.facts.connections is not None:
        notes = [f"{name}: {text}" for name, text in connection_facts(report.facts.connections)]
        if notes:
            yield Group(*(Text(f"! {note}", style=WARNING) for note in notes))
    if report.facts is not None and report.facts.interrupted:
        yield Text("! interrupted: this is of what was read so far", style=WARNING)


def total_block(report: EndpointReport) -> RenderableType:
    """All TCP connections in a few lines."""
    if not report.rows:
        return Group(Text("TCP", style=TITLE), Text("no TCP connections", style=NOTE))
    total = report.rows[0]
    lines = [_connections(total)]
    if total["data_pkts"] is not None:
        lines += [_loss(total), *_rest(total)]
    else:
        lines.append("this log does not say how well data was carried; a capture does")
    if total["rtt_median_s"] is not None:
        text = f"round trip median {duration(total['rtt_median_s'])}, 95% within {duration(total['rtt_p95_s'])}"
        if total["goodput_median_bps"] is not None:
            text += f" · goodput median {rate(total['goodput_median_bps'])}"
        lines.append(text)
    return Group(Text("TCP", style=TITLE), *(Text(line) for line in lines))


def _connections(total: Row) -> str:
    parts = [many(total["connections"], "connection"), volume(total["bytes"]), many(total["attempts"], "attempt")]
    parts.append(f"{count(total['unanswered'])} unanswered")
    parts.append(f"{count(total['refused'])} refused")
    parts.append(f"{count(total['reset'])} reset")
    return " · ".join(parts)


def _loss(total: Row) -> str:
    parts = [many(total["data_pkts"], "data segment")]
    parts.append(f"{count(total['rexmit_pkts'])} sent again ({_or_dash(share, total['rexmit_share'])})")
    parts.append(f"{count(total['lost_upstream_pkts'])} lost before the monitor")
    parts.append(f"{count(total['lost_downstream_pkts'])} behind it")
    parts.append(f"{count(total['spurious_pkts'])} needless")
    return " · ".join(parts)


def _rest(total: Row) -> list[str]:
    parts = []
    if total["reordered_pkts"]:
        parts.append(f"{count(total['reordered_pkts'])} overtaken ({share(total['reordered_share'])})")
    if total["duplicate_pkts"]:
        parts.append(f"{count(total['duplicate_pkts'])} copies ({share(total['duplicate_share'])})")
    if total["zero_windows"]:
        parts.append(f"{many(total['zero_windows'], 'closed window')} for {duration(total['zero_window_s'])}")
    if total["unseen_bytes"]:
        parts.append(f"{volume(total['unseen_bytes'])} acknowledged and never captured")
    return [" · ".join(parts)] if parts else []


def worst_block(report: EndpointReport, width: int) -> RenderableType:
    """The rows in a list; columns without anything in them are left out, and what does not fit."""
    rows = report.rows[1:]
    columns = [column for column in _COLUMNS if any(row[column[3]] for row in rows)]
    title = f"{_PLURALS[report.by]}, {_order(report)}"
    folded = any(len(_key(row)) > _LONG for row in rows) and width < _WIDE
    while True:
        head = [Cell(report.by.capitalize(), NOTE), *(Cell(name, NOTE, right=True) for name, _, _, _ in columns)]
        body = [
            [Cell(_key(row, folded=folded)), *(Cell(form(row), right=True) for _, _, form, _ in columns)]
            for row in rows
        ]
        listing = Listing(title, [head, *body])
        if listing.width() <= width or len(columns) <= 4:
            return side_by_side([listing], width)
        columns.remove(min(columns, key=lambda column: column[1]))


def _key(row: Row, *, folded: bool = False) -> str:
    arrow = " →\n  " if folded else " → "
    return f"{row['orig']}{arrow}{row['resp']}" if row["orig"] else str(row["key"])


def _or_dash(form: Callable[[float], str], value: float | None) -> str:
    return "–" if value is None else form(value)


def _shown(form: Callable[[float], str], name: str) -> Callable[[Row], str]:
    return lambda row: _or_dash(form, row[name])


def _failed(row: Row) -> str:
    """The share of attempts that failed; where few of the connections were attempts, how many of how many."""
    if row["failed_share"] is None:
        return "–"
    if row["attempts"] * 2 < row["connections"]:
        return f"{count(row['unanswered'] + row['refused'])} of {count(row['attempts'])}"
    return share(row["failed_share"])


_COLUMNS: tuple[tuple[str, int, Callable[[Row], str], str], ...] = (
    ("Conns", 8, _shown(count, "connections"), "connections"),
    ("Failed", 9, _failed, "failed_share"),
    ("Bytes", 7, _shown(volume, "bytes"), "bytes"),
    ("Resent", 10, _shown(share, "rexmit_share"), "rexmit_share"),
    ("of all", 3, _shown(share, "rexmit_of_all"), "rexmit_of_all"),
    ("Lost near", 6, _shown(count, "lost_near_pkts"), "lost_near_pkts"),
    ("Lost far", 6, _shown(count, "lost_far_pkts"), "lost_far_pkts"),
    ("Overtaken", 2, _shown(share, "reordered_share"), "reordered_share"),
    ("Copies", 1, _shown(share, "duplicate_share"), "duplicate_share"),
    ("Closed", 2, _shown(duration, "zero_window_s"), "zero_window_s"),
    ("RTT", 6, _shown(duration, "rtt_median_s"), "rtt_median_s"),
    ("RTT 95%", 4, _shown(duration, "rtt_p95_s"), "rtt_p95_s"),
    ("Goodput", 3, _shown(rate, "goodput_median_bps"), "goodput_median_bps"),
)
"""Title, weight (the least go first where the terminal is narrow), text, and the column that tells whether to show."""
