"""The command line: one module per command, thin."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    from wiretell.cli.streams import fill_closed_streams

    fill_closed_streams()
    # Imports make many objects that stay: collecting garbage among them is a tenth of the time until first output.
    gc.set_threshold(50_000, 20, 20)
    from wiretell.cli.app import run

    sys.exit(run(sys.argv[1:]))
