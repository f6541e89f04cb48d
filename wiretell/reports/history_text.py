"""The history of one address or port as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wiretell.reports.behavior_result import Row
from wiretell.reports.blocks import NOTE, TITLE
from wiretell.reports.numbers import in_zone, many, volume, window_start

_SIDES = {"src_ip": "sends", "dst_ip": "receives", "src_port": "from it", "dst_port": "to it"}


def history_block(key: str, rows: Sequence[Row], zone: tzinfo = UTC) -> RenderableType:
    """A line per window and direction, and in words what it did last in each direction."""
    if not rows:
        return Text(f"{key} was never among those that matter")
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    zones = dict.fromkeys(f"{in_zone(row['window'], zone):%Z}" for row in rows)
    names = (f"window ({', '.join(zones)})", "", "profile", "class", "flows", "bytes", "main state")
    for name in names:
        right = name in {"class", "flows", "bytes"}
        table.add_column(justify="right" if right else "left", no_wrap=name != "main state", overflow="fold")
    table.add_row(*(Text(name, style=NOTE) for name in names))
    previous = None
    for row in rows:
        moment = window_start(row["window"], zone)
        table.add_row(
            "" if row["window"] == previous else moment,
            _SIDES[row["dimension"]],
            row["profile"].replace("_", " "),
            str(row["behavior_class"]),
            f"{row['flows']:,}",
            volume(row["bytes"]),
            f"{row['state']} {row['state_share']:.0%}".replace("%", " %"),
        )
        previous = row["window"]
    windows = many(len({row["window"] for row in rows}), "window")
    return Group(Text(f"History of {key} ({windows})", style=TITLE), table, Text(), *_last(rows, zone))


def _last(rows: Sequence[Row], zone: tzinfo) -> Iterator[Text]:
    last = {row["dimension"]: row for row in rows}
    for row in last.values():
        yield Text(f"last, {window_start(row['window'], zone)}: {row['sentence']}", style=NOTE)
