"""The profile of an input: blocks in the order of their weight. An analysis adds a block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from wiretell.reports import quality_text, summary_json, summary_text
from wiretell.reports.quality_result import QualityResult
from wiretell.reports.summary_result import SummaryResult


def blocks(result: SummaryResult, width: int, quality: QualityResult | None = None) -> Iterator[RenderableType]:
    """The blocks as they are printed."""
    yield from summary_text.facts(result, width)
    yield summary_text.total_block(result, width)
    if result.options.local:
        yield summary_text.networks_block(result, width)
    if quality is not None:
        yield quality_text.block(quality, width)
    yield from summary_text.interrupted(result)


def document(result: SummaryResult, quality: QualityResult | None = None) -> dict[str, Any]:
    """The same as a JSON document: one key per block."""
    known = {"summary": summary_json.document(result)}
    return known if quality is None else known | {"connections": quality_text.document(quality)}
