"""The profile of an input: blocks in the order of their weight. An analysis adds a block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from wiretell.reports import summary_json, summary_text
from wiretell.reports.summary_result import SummaryResult


def blocks(result: SummaryResult, width: int) -> Iterator[RenderableType]:
    """The blocks as they are printed."""
    yield from summary_text.facts(result, width)
    yield summary_text.total_block(result, width)
    if result.options.local:
        yield summary_text.networks_block(result, width)
    yield from summary_text.interrupted(result)


def document(result: SummaryResult) -> dict[str, Any]:
    """The same as a JSON document: one key per block."""
    return {"summary": summary_json.document(result)}
