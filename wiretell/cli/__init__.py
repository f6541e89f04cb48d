"""The command line: one module per command, thin."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    from wiretell.cli.app import run

    sys.exit(run(sys.argv[1:]))
