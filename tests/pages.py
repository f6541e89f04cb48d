"""Profiles of a labeled trace of several windows, for tests of the page."""

from __future__ import annotations

from pathlib import Path

from wiretell._native import synthesize
from wiretell.cli.profile_run import Request, run
from wiretell.reports.html import page
from wiretell.reports.profile_result import ProfileResult

START = 1_735_689_800 * 10**9
"""100 seconds before a border of 5 minutes."""


def trace_of(folder: Path) -> Path:
    """The trace: everything that synth knows happens in it."""
    path = folder / "trace.pcap"
    synthesize(
        path, None, seed=5, packets=25_000, rate=100.0, duration=None, snaplen=65_535, scenario="mix", surge_factor=10,
        start_ns=START,
    )  # fmt: skip
    return path


def profile_of(folder: Path, *, log: bool = False) -> ProfileResult:
    """Its profile; of its connection log, if so."""
    path = trace_of(folder)
    if log:
        from wiretell.reports.zeek_tsv import zeek_tsv
        from wiretell.sources.connections import read_connections

        frame = read_connections(path)
        path = folder / "conn.log"
        path.write_text("".join(zeek_tsv([frame])), encoding="utf-8")
    return run(Request(inputs=[str(path)], interval="1m", html=folder / "x.html"))


def page_of(folder: Path, *, log: bool = False) -> str:
    """Its page."""
    return page(profile_of(folder, log=log), "trace.pcap")
