"""Blocks of the text report as text, for the parts of the page that are text."""

from __future__ import annotations

import io

from wiretell.reports import summary_text
from wiretell.reports.console import console, write_block
from wiretell.reports.profile_result import ProfileResult

WIDTH = 96


def lines_of(result: ProfileResult) -> list[str]:
    """The facts of captures or logs as the screen shows them, without their heading."""
    shown = []
    for block in summary_text.facts(result.summary, WIDTH):
        stream = io.StringIO()
        write_block(console(stream, width=WIDTH), block, first=True)
        shown.append(stream.getvalue().rstrip().partition("\n")[2])
    return shown
