"""The inputs of a command, sorted by how they are read; what is left out is said on standard error."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import UsageError

if TYPE_CHECKING:
    from wiretell.sources.kinds import Sorted


def sorted_inputs(names: Sequence[str], *, one_by_one: str | None = None, logs: Sequence[str] = ("conn",)) -> Sorted:
    """Sorts inputs by their content.

    Args:
        names: As the user named them.
        one_by_one: What to do with inputs of several kinds instead, as a hint; None takes them together.
        logs: The logs that make a folder one of logs.

    Raises:
        InputError: if an input is missing, unreadable, empty, or nothing that holds packets or connections.
        UsageError: without an input, or if captures and logs are mixed where they cannot be.
    """
    from wiretell.sources.kinds import sort_inputs

    if "-" in names and sys.stdin.isatty():
        raise UsageError("no input", hint="name a capture, a Zeek log or a folder, or pipe one in")
    found = sort_inputs(names, logs)
    if one_by_one is not None:
        found.require_one_kind(one_by_one)
    for folder, captures in found.left_out.items():
        what = "a capture" if captures == 1 else f"{captures:,} captures"
        sys.stderr.write(
            f"wiretell: {folder}: its {found.kind_of_logs} are read; {what} beside them not, unless named\n"
        )
    for folder, logs_below in found.logs_left_out.items():
        kind = found.kind_of_logs
        what = f"a {kind.removesuffix('s')}" if logs_below == 1 else f"{logs_below:,} {kind}"
        sys.stderr.write(f"wiretell: {folder}: its captures are read; {what} in folders below not, unless named\n")
    places = Counter(Path(name).resolve() for name in names if Path(name).is_file())
    for place, times in places.items():
        if times > 1:
            sys.stderr.write(f"wiretell: {place} is named {times} times, and counts as often\n")
    return found
