"""Where text goes: a console that fits the terminal, and plain text into a pipe."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console, RenderableType

PIPE_WIDTH = 100


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves a reader that went away to the command line, which ends quietly."""
        raise BrokenPipeError


def console(stream: TextIO | None = None, width: int | None = None) -> Console:
    """A console on a stream, standard output if none is named.

    The width is that of the terminal, or what `COLUMNS` says, or 100 in a pipe. Without a terminal, or with `NO_COLOR`
    set, there is no color.
    """
    stream = stream or sys.stdout
    is_terminal = stream.isatty()
    columns = os.environ.get("COLUMNS", "")
    if width is None and columns.isdigit() and int(columns) > 0:
        width = int(columns)
    if width is None and not is_terminal:
        width = PIPE_WIDTH
    return _Console(
        file=stream,
        width=width,
        force_terminal=is_terminal,
        no_color=bool(os.environ.get("NO_COLOR")) or not is_terminal,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


def write_block(console: Console, block: RenderableType, *, first: bool = False) -> None:
    """Writes a block, with a blank line before it unless it is the first; into a pipe without spaces at line ends."""
    if not first:
        console.print()
    if console.is_terminal:
        console.print(block)
        return
    with console.capture() as capture:
        console.print(block)
    text = "\n".join(line.rstrip() for line in capture.get().splitlines())
    console.file.write(text + "\n")
