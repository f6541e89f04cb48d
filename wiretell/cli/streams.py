"""Standard streams: what is written is UTF-8, and where they are closed, no file takes their place."""

from __future__ import annotations

import io
import os
import sys


def fill_closed_streams() -> None:
    """Opens what stands in for standard streams that are closed, as after `>&-`.

    Without it the next file that is opened becomes standard output or standard error. What stands in for standard
    output cannot be written: a report that is lost is an error. What goes to standard error is dropped.
    """
    # In order of their numbers: a file that is opened takes the smallest free one.
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def write_utf8() -> None:
    """Lets standard output take every text, whatever the locale; what is no text in the name of a file becomes `?`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
