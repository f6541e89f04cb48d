"""Totals of the heaviest hosts only, with what is left out, tell the same as those of all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from wiretell import MeterOptions
from wiretell.analyses.workload import host_breakdown, workload
from wiretell.sources.events import Raised, meter_events


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hosts") / "mix.pcap"
    command = [sys.executable, "-m", "wiretell", "synth", str(path), "--packets", "30000", "--seed", "3"]
    subprocess.run(command, check=True, capture_output=True)
    return path


def left_out(raised: Raised) -> tuple[tuple[int, int, int], ...]:
    assert raised.facts.events is not None
    return raised.facts.events.hosts_left_out


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("top", [1, 4, 11, 100_000])
def test_shares_by_host_and_bursts_are_those_of_all_hosts(capture: Path, top: int, threads: int) -> None:
    options = MeterOptions(threads=threads)
    every, some = meter_events(capture, options), meter_events(capture, options, first_hosts=top)
    assert left_out(every) == ((0, 0, 0), (0, 0, 0))
    for is_orig, rest in zip((True, False), left_out(some), strict=True):
        wanted = host_breakdown(every.hosts, is_orig=is_orig, top=top)
        assert host_breakdown(some.hosts, is_orig=is_orig, top=top, left_out=rest) == wanted
        assert (rest[0] > 0) == (top < 1000)
    assert workload(some.frame, hosts=some.hosts) == workload(every.frame, hosts=every.hosts)


def test_a_host_has_one_row_for_all_threads(capture: Path) -> None:
    totals = meter_events(capture, MeterOptions(threads=3)).hosts.filter(pl.col("second").is_null())
    assert totals.height > 100
    assert not totals.select("host", "is_orig").is_duplicated().any()


def test_none_need_be_first(capture: Path) -> None:
    some = meter_events(capture, first_hosts=0)
    named = some.hosts.filter(pl.col("second").is_not_null())["host"].unique()
    assert set(some.hosts.filter(pl.col("second").is_null())["host"]) <= set(named)
