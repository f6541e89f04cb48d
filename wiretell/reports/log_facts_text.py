"""The facts of connection logs as text: what was read and what was not used."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.reports.blocks import NOTE, TITLE, WARNING, pairs
from wiretell.reports.numbers import exact, many, shown_name, volume
from wiretell.sources.log_facts import LogFacts, LogFile

FILES_SHOWN = 8
WARNINGS_SHOWN = 10


def log_facts_block(facts: LogFacts, width: int, files: int = FILES_SHOWN) -> RenderableType:
    """The block of facts, with so many of the files."""
    rows = [
        ("File" if len(facts.files) == 1 else str(number), _file(file)) for number, file in enumerate(facts.files, 1)
    ]
    hidden = len(rows) - files
    rows = rows[:files]
    if hidden > 0:
        rows.append(("…", many(hidden, "more file")))
    bad = sum(fault.count for fault in facts.bad.values())
    rows.append(("Read", f"{many(facts.lines, 'line')}: {many(facts.rows, 'connection')}, {many(bad, 'bad line')}"))
    warnings = [f"{shown_name(file.name)}: {text}" for file in facts.files for text in file.warnings] + facts.warnings
    for kind, fault in [*facts.bad.items(), *facts.altered.items()]:
        warnings.append(f"{kind}: {exact(fault.count)}, the first at {fault.file}:{fault.line}")
    shown = [Text(f"! {text}", style=WARNING) for text in warnings[:WARNINGS_SHOWN]]
    if len(warnings) > WARNINGS_SHOWN:
        shown.append(Text(f"! {len(warnings) - WARNINGS_SHOWN} more warnings", style=NOTE))
    return Group(Text("Log", style=TITLE), pairs(rows, width), *shown)


def _file(file: LogFile) -> str:
    form = file.format + (f" in {file.compression}" if file.compression else "")
    parts = [form, volume(file.file_bytes) if file.file_bytes is not None else "", many(file.rows, "connection")]
    return f"{shown_name(file.name)}: " + ", ".join(part for part in parts if part)
