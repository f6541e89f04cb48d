"""Small pieces of HTML: text that cannot break out, tables that sort and filter, bars, tiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""Characters that are not seen, or that change the order of those around them."""


def text(value: object) -> str:
    """Any text as HTML: nothing in it is markup, nothing in it hides or turns around."""
    return escape(_UNSEEN.sub("\ufffd", str(value)), quote=True)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, and whether it holds numbers, code (addresses, states) or prose."""

    name: str
    kind: str = "word"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: what is shown, and what it is sorted by where that is another value."""

    shown: str
    value: float | None = None


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell | str]], *, left_out: int = 0) -> str:
    """A table that the page's script lets sort and filter.

    Args:
        caption: What its rows are.
        columns: Its columns.
        rows: Cells in order of the columns.
        left_out: Rows that are not here, which is said.
    """
    head = "".join(f'<th scope="col" class="{column.kind}">{text(column.name)}</th>' for column in columns)
    body = "".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    more = f'<p class="note">{left_out:,} more are left out of this page.</p>' if left_out > 0 else ""
    return (
        f'<div class="listing"><h3>{text(caption)}</h3><div class="scroll" role="region" aria-label="{text(caption)}" '
        f'tabindex="0"><table class="sortable" aria-label="{text(caption)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}</div>"
    )


def _cells(columns: Sequence[Column], row: Sequence[Cell | str]) -> str:
    parts = []
    for position, (column, cell) in enumerate(zip(columns, row, strict=True)):
        shown, value = (cell, None) if isinstance(cell, str) else (cell.shown, cell.value)
        sort = "" if value is None else f' data-v="{value:.10g}"'
        name = 'th scope="row"' if position == 0 else "td"
        kind = f' class="{column.kind}"' if column.kind != "word" else ""
        parts.append(f"<{name}{kind}{sort}>{text(shown)}</{name.split(maxsplit=1)[0]}>")
    return "".join(parts)


def bars(title: str, rows: Sequence[tuple[str, str, float, str]], *, more: str = "", code: bool = False) -> str:
    """A titled list of shares.

    Args:
        title: Of the list.
        rows: `(key, note, share from 0 to 1, amount in words)`.
        more: What is said below.
        code: Whether the keys are addresses.
    """
    items = "".join(
        f'<li><span class="key">{text(key)}{f" <small>{text(note)}</small>" if note else ""}</span>'
        f'<span class="amount">{text(amount)}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{min(max(share, 0.0), 1.0) * 100:.2f}%"></i></span></li>'
        for key, note, share, amount in rows
    )
    below = f'<p class="note">{text(more)}</p>' if more else ""
    kind = "bars addresses" if code else "bars"
    return f'<div class="{kind}"><h3>{text(title)}</h3><ol>{items}</ol>{below}</div>'


def tiles(values: Sequence[tuple[str, str]]) -> str:
    """Headline figures: name and value."""
    return (
        '<dl class="tiles">'
        + "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in values)
        + "</dl>"
    )


def section(identity: str, title: str, lead: str, *parts: str, data: str = "") -> str:
    """A section with a heading and a sentence that says what it shows; `data` are attributes for the script."""
    return (
        f'<section id="{identity}"{data} aria-labelledby="{identity}-title"><h2 id="{identity}-title">{text(title)}</h2>'
        + (f'<p class="lead">{text(lead)}</p>' if lead else "")
        + "".join(parts)
        + "</section>"
    )
