"""Writes a profile: the page if it was asked for, then the screen or JSON."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretell.cli.profile_run import Request
    from wiretell.reports.profile_result import ProfileResult


def write(result: ProfileResult, request: Request, *, as_json: bool = False) -> int:
    """Writes the page, then the profile to standard output: a reader of that may go away.

    Args:
        result: What to tell.
        request: The options as given.
        as_json: Whether as a JSON document.

    Returns:
        The exit code: 130 if reading was interrupted, which is said on standard error.

    Raises:
        WiretellError: if the page cannot be written.
    """
    from wiretell.cli.summary_output import ended

    inputs = " ".join(shlex.quote(name) for name in request.inputs)
    if request.html is not None:
        from wiretell.reports.files import write_text
        from wiretell.reports.html import page
        from wiretell.reports.numbers import shown_name

        write_text(request.html, page(result, shown_name(inputs)))
        sys.stderr.write(f"wiretell: the page is {request.html}\n")
    if as_json:
        import json

        from wiretell.cli.events_run import as_dict
        from wiretell.reports.profile import document

        events = None if result.workload is None else as_dict(result.workload, 0)
        sys.stdout.write(json.dumps(document(result, events), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    else:
        from wiretell.reports.console import console, write_block
        from wiretell.reports.profile import at_most, blocks

        target = console()
        for position, block in enumerate(blocks(at_most(result, request.top), target.width, inputs)):
            write_block(target, block, first=position == 0)
    sys.stdout.flush()
    return ended(result.summary)
