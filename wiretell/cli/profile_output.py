"""Writes a profile: blocks one after the other, each a function from a result to something to print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretell.reports.quality_result import QualityResult
    from wiretell.reports.summary_result import SummaryResult


def write(result: SummaryResult, quality: QualityResult | None = None, *, as_json: bool = False) -> int:
    """Writes the profile to standard output.

    Args:
        result: The summary.
        quality: How connections went; None without connections.
        as_json: Whether as a JSON document.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.
    """
    from wiretell.cli.summary_output import ended

    if as_json:
        import json

        from wiretell.reports.profile import document

        sys.stdout.write(json.dumps(document(result, quality), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    else:
        from wiretell.reports.console import console, write_block
        from wiretell.reports.profile import blocks

        target = console()
        for position, block in enumerate(blocks(result, target.width, quality)):
            write_block(target, block, first=position == 0)
    sys.stdout.flush()
    return ended(result)
