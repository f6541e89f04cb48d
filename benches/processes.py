"""Runs a command and measures it: wall time, CPU time and peak memory of that process, as the kernel counts them."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_SECONDS = 900
"""A tool that takes longer is stopped and counts as failed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds from start to end, seconds of CPU, peak resident bytes, exit status."""

    wall: float
    cpu: float
    rss: int
    status: int


@dataclass(slots=True)
class Measured:
    """The runs of one command."""

    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        return min(run.wall for run in self.runs), max(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def rss(self) -> int:
        return max(run.rss for run in self.runs)

    @property
    def failed(self) -> bool:
        return any(run.status for run in self.runs)


def measure(command: Sequence[str], log: Path, cwd: Path | None = None) -> Run:
    """Runs the command once, its output thrown away, its complaints kept in `log`."""
    with log.open("wb") as complaints:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints, cwd=cwd
        )
        watch = threading.Timer(LONGEST_SECONDS, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode)


def seconds_to_first_output(command: Sequence[str]) -> float:
    """Seconds until the command writes its first byte to stdout."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        wall = time.perf_counter() - began
        process.stdout.read()
    if not first:
        raise RuntimeError(f"no output from {' '.join(command)}")
    return wall
