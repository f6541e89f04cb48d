"""How far a long run is: one line on standard error, only on a terminal, only after a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from wiretell.reports.numbers import count, duration, volume

DELAY_SECONDS = 1.0
STEP_SECONDS = 0.1


class Progress:
    """A line that is redrawn in place: share done, rate, time left."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._begin = self._last = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, read: int, total: int | None, packets: int) -> None:
        """Draws the line if it is time to.

        Args:
            read: Bytes read.
            total: Bytes in all; None for a pipe.
            packets: Packets, or rows, read.
        """
        now = time.monotonic()
        if not self._shown or now - self._begin < DELAY_SECONDS or now - self._last < STEP_SECONDS:
            return
        self._last = now
        sys.stderr.write("\r\x1b[K" + line(read, total, packets, now - self._begin))
        sys.stderr.flush()
        self._drawn = True


def line(read: int, total: int | None, packets: int, seconds: float) -> str:
    """The text of the line."""
    speed = f"{count(packets / seconds)}/s" if seconds > 0 else ""
    if not total:
        return f"{count(packets)} read  {volume(read)}  {speed}"
    done = min(read / total, 1.0)
    width = 24
    bar = "━" * round(done * width) + "╌" * (width - round(done * width))
    left = f"{duration(max(seconds / done - seconds, 0))} left" if done > 0 else ""
    return f"{bar} {done * 100:3.0f}%  {count(packets)} read  {speed}  {left}"
