"""Writes the result of a summary in the forms that were asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import UsageError

if TYPE_CHECKING:
    from wiretell.reports.summary_result import SummaryResult


def check(
    inputs: list[str | Path | None],
    *,
    as_json: bool = False,
    csv: str | None = None,
    parquet: Path | None = None,
    r_tables: str | None = None,
    write_ports: Path | None = None,
) -> None:
    """Checks where the result is to go, before anything is read.

    Args:
        inputs: All files that are read; None is none.
        as_json: Whether JSON is wanted.
        csv: The file of rows as CSV.
        parquet: The file of rows as Parquet.
        r_tables: What the names of tables for R begin with.
        write_ports: The file of top ports.

    Raises:
        UsageError: if two forms want standard output, or a file cannot be where it is wanted.
    """
    from wiretell.cli.outputs import check_outputs

    if as_json and csv == "-":
        raise UsageError("--json and --csv - both want standard output", hint="--csv FILE")
    tables: list[tuple[str, str]] = []
    if r_tables is not None:
        from wiretell.reports.r_tables import SCOPES

        tables = [("-R", f"{r_tables}{scope}.dat") for scope in ("", *(f".{scope}" for scope in SCOPES))]
    check_outputs([("--parquet", parquet), *tables, ("-P", write_ports), ("--csv", csv)], inputs)


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

    Raises:
        WiretellError: if a file cannot be written.
    """
    if parquet is not None:
        from wiretell.reports.summary_frame import write_parquet

        write_parquet(result, parquet)
    if r_tables is not None:
        from wiretell.reports.r_tables import write_r_tables

        write_r_tables(result, r_tables)
    if write_ports is not None:
        from wiretell.reports.files import write_text
        from wiretell.reports.r_tables import top_ports

        write_text(write_ports, "".join(f"{port}\n" for port in top_ports(result)))
    if csv is not None:
        from wiretell.reports.summary_frame import write_csv

        write_csv(result, csv)
    if as_json:
        from wiretell.reports.summary_json import as_json as text_of

        sys.stdout.write(text_of(result))
    elif csv != "-" and r_tables is None:
        from wiretell.reports.console import console
        from wiretell.reports.summary_text import show

        show(result, console())
    sys.stdout.flush()
    return ended(result)


def ended(result: SummaryResult) -> int:
    """The exit code; a partial result is said on standard error."""
    if not result.interrupted:
        return 0
    sys.stderr.write("wiretell: interrupted: the result is partial, of what was read so far\n")
    return 130
