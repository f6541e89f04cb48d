"""The command line: one module per command, thin."""

from __future__ import annotations

import atexit
import gc
import os
import sys

_OBJECTS_BEFORE_COLLECTION = 200_000
"""A command imports tens of thousands of objects that stay: looking through them time and again costs a tenth of a second."""


def main() -> None:
    """Runs the command line and exits with its code, without freeing what the system takes back at once."""
    from wiretell.cli.streams import fill_closed_streams, write_utf8

    fill_closed_streams()
    write_utf8()
    sys.unraisablehook = _tell_unraisable
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    from wiretell.cli.app import run

    code = run(sys.argv[1:])
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(code)


def _tell_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Ctrl-C comes twice where an engine passes it on: the second may fall into the end of a generator, and is not told."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
