"""The history of one address or port as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wiretell.reports.behavior_result import Row
from wiretell.reports.blocks import NOTE, TITLE
from wiretell.reports.numbers import volume

_SIDES = {"src_ip": "sends", "dst_ip": "receives", "src_port": "from it", "dst_port": "to it"}


def history_block(key: str, rows: Sequence[Row]) -> RenderableType:
    """A line per window and direction."""
    if not rows:
        return Text(f"{key} was never among those that matter")
    table = Table(box=None, pad_edge=False)
    for name in ("window (UTC)", "", "profile", "class", "flows", "bytes", "what it does"):
        right = name in {"class", "flows", "bytes"}
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "what it does", overflow="fold")
    for row in rows:
        table.add_row(
            f"{row['window']:%Y-%m-%d %H:%M}",
            _SIDES[row["dimension"]],
            row["profile"].replace("_", " "),
            str(row["behavior_class"]),
            f"{row['flows']:,}",
            volume(row["bytes"]),
            Text(row["sentence"], style=NOTE),
        )
    return Group(Text(f"History of {key}", style=TITLE), table)
