"""Writes docs/tables.md from wiretell/schema.py; with --check, fails if it is not what it would write."""

from __future__ import annotations

import sys
from pathlib import Path

from wiretell.schema import TABLES, Column, Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables.md"

HEAD = """# Tables

Tables are the contract between the meter, the analyses and the reports. Types are the portable ones: a table is the same
on Polars, DuckDB, pandas and in Parquet. This page is generated from `wiretell/schema.py` by `make docs`.
"""


def cell(column: Column) -> str:
    """One row of a table of columns."""
    meaning = column.meaning + (f" [{column.unit}]" if column.unit else "")
    other = column.zeek or column.ipfix.replace("|", ", ")
    null = "yes" if column.nullable else ""
    return f"| `{column.name}` | {column.type.value} | {null} | {meaning} | {other} |"


def section(table: Table) -> str:
    """One table of the page."""
    lines = [f"## {table.name}", "", f"One row: {table.row}.", ""]
    lines += ["| column | type | null | meaning [unit] | Zeek or IPFIX name |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(cell(column) for column in table.columns)])


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, "\n\n".join(section(table) for table in TABLES), ""])


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if PAGE.read_text() != page():
            sys.exit(f"{PAGE.name} is not what wiretell/schema.py says: run `make docs`")
    else:
        PAGE.write_text(page())
