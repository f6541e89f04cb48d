"""The command line: one module per command, thin."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    raise SystemExit("wiretell: no command yet")
