"""Small pieces of text reports: titled tables side by side, fitted to the width of the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

GAP = 3
TITLE, KEY, NOTE, WARNING = "bold cyan", "", "dim", "yellow"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, its style, and whether it stands on the right."""

    text: str
    style: str = KEY
    right: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A titled list of rows of cells."""

    title: str
    rows: list[list[Cell]]

    def width(self) -> int:
        """Columns that it needs."""
        widths = _widths(self.rows)
        return max(sum(widths) + max(len(widths) - 1, 0), cell_len(self.title))


def side_by_side(listings: Sequence[Listing], width: int) -> RenderableType:
    """Lists beside each other as long as they fit, then below; one wider than the terminal folds, nothing is cut."""
    bands: list[list[Listing]] = []
    used = 0
    for listing in listings:
        needed = listing.width()
        if bands and used + GAP + needed <= width:
            bands[-1].append(listing)
            used += GAP + needed
        else:
            bands.append([listing])
            used = needed
    parts: list[RenderableType] = []
    for position, band in enumerate(bands):
        if position:
            parts.append(Text())
        parts.append(_band(band, width))
    return Group(*parts)


def _band(band: list[Listing], width: int) -> RenderableType:
    grid = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for listing in band:
        grid.add_column(width=min(listing.width(), width))
    grid.add_row(*(_listing(listing, width) for listing in band))
    return grid


def _listing(listing: Listing, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    wraps = listing.width() > width
    for position, cell in enumerate(listing.rows[0] if listing.rows else []):
        table.add_column(
            justify="right" if cell.right else "left", no_wrap=not (wraps and position == 0), overflow="fold"
        )
    for row in listing.rows:
        table.add_row(*(Text(cell.text, style=cell.style) for cell in row))
    return Group(Text(listing.title, style=TITLE), table)


def _widths(rows: list[list[Cell]]) -> list[int]:
    columns = max((len(row) for row in rows), default=0)
    cells = [[row[column].text for row in rows if column < len(row)] for column in range(columns)]
    return [max(cell_len(line) for text in texts for line in text.split("\n")) for texts in cells]


def pairs(rows: Sequence[tuple[str, str]], width: int, style: str = KEY) -> RenderableType:
    """Names and values in two columns; long values wrap under themselves, a number stays with its unit."""
    room = max(width - 2 - max((cell_len(name) for name, _ in rows), default=0), 20)
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style=NOTE, no_wrap=True)
    table.add_column(overflow="fold", max_width=room)
    for name, value in rows:
        table.add_row(name, Text(_wrapped(value, room), style=style))
    return table


_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:[kMGTPE](?:B|bit/s)?|B|bit/s|ms|µs|s|min|h|d)\b)")


def _wrapped(text: str, width: int) -> str:
    """The text in lines that do not end between a number and its unit."""
    joined = _BEFORE_UNIT.sub("\0", text)
    lines = (textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in joined.split("\n"))
    return "\n".join("\n".join(line) for line in lines).replace("\0", " ")
