"""What was measured, as a Markdown page."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benches.peers import Peer
from benches.processes import Measured

OURS = "wiretell"


class Report:
    """Collects the tables of one bench."""

    def __init__(self, command: str, trace: Path, packets: int, where: str) -> None:
        self.packets = packets
        size = trace.stat().st_size
        self.lines = [
            f"# Benchmark of `wiretell {command}`",
            "",
            f"One trace of {packets:,} packets ({size / 1e6:,.0f} MB, {trace.name}), read from the page cache; runs of "
            "all tools alternate, medians count; CPU and peak memory are those of the process, from `wait4`.",
            "",
            where,
            "",
        ]

    def side_by_side(self, rows: dict[str, Measured], peers: Sequence[Peer], missing: Sequence[str]) -> None:
        """The table of all tools."""
        does = {peer.name: peer.does for peer in peers} | {OURS: "this"}
        ours = rows[OURS].wall if OURS in rows else None
        self.lines += [
            "| tool | does | runs | wall s | min-max | CPU s | peak MB | packets/s | times wiretell's time |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for name, row in sorted(rows.items(), key=lambda item: item[1].wall):
            low, high = row.spread
            ratio = f"{row.wall / ours:.2f}" if ours else ""
            remark = " (fails)" if row.failed else ""
            self.lines.append(
                f"| {name}{remark} | {does[name]} | {len(row.runs)} | {row.wall:.2f} | {low:.2f}-{high:.2f} "
                f"| {row.cpu:.2f} | {row.rss / 1e6:.0f} | {self.packets / row.wall:,.0f} | {ratio} |"
            )
        if missing:
            self.lines += ["", f"Not on this machine: {', '.join(missing)}."]
        self.lines.append("")

    def linearity(self, rows: dict[int, Measured]) -> None:
        """The table of wiretell over sizes."""
        self.lines += ["| packets | wall s | µs per packet | CPU s | peak MB |", "|--:|--:|--:|--:|--:|"]
        for packets, row in sorted(rows.items()):
            each = row.wall / packets * 1e6
            self.lines.append(f"| {packets:,} | {row.wall:.2f} | {each:.3f} | {row.cpu:.2f} | {row.rss / 1e6:.0f} |")
        self.lines.append("")

    def bars(self, bars: Sequence[tuple[str, str, bool]]) -> None:
        """One line per bar: met or missed."""
        self.lines += [f"- {'pass' if holds else 'FAIL'}: {text}: {figure}" for text, figure, holds in bars]

    def text(self) -> str:
        """The page."""
        return "\n".join(self.lines).rstrip() + "\n"


def machine() -> str:
    """What it was measured on."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {len(os.sched_getaffinity(0))} processors, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, commit {commit.stdout.strip() or 'unknown'}, "
        f"{datetime.now(UTC):%Y-%m-%d}."
    )
