"""The meter makes rows of the first connections of an order only: they are those that all rows give, and none is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

import wiretell
from tests.hand_made import udp_packet, write_pcap
from wiretell import MeterOptions
from wiretell.analyses.connections import ordered
from wiretell.settings import CONNECTION_SORTS, METERED_SORTS
from wiretell.sources.connections import ConnectionRun


@pytest.fixture(scope="module", params=["synth", "equals"])
def capture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mix of all sorts; and connections of which many stand equal in every order."""
    folder = tmp_path_factory.mktemp("first")
    if request.param == "synth":
        command = [sys.executable, "-m", "wiretell", "synth", str(folder / "mix.pcap"), "--packets", "20000"]
        subprocess.run([*command, "--seed", "5"], check=True, capture_output=True)
        return folder / "mix.pcap"
    frames = []
    for number in range(400):
        # Four begin in each microsecond.
        frame = udp_packet(f"10.0.{number % 7}.{number % 97}", "10.9.0.1", payload=number % 3)
        frames.append((1.0 + number // 4 * 1e-6, frame))
    return write_pcap(folder / "equals.pcap", frames)


def rows(capture: Path, options: MeterOptions, first: tuple[str, int] | None) -> tuple[pl.DataFrame, int]:
    """The rows of a run, and how many it left out."""
    run = ConnectionRun([str(capture)], options, first=first)
    frame = pl.concat(list(run.batches()))
    assert run.facts is not None
    assert run.facts.connections is not None
    return frame, run.facts.connections.left_out


@pytest.mark.parametrize("by", METERED_SORTS)
@pytest.mark.parametrize("most", [1, 7, 100, 1_000_000])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_first_are_those_of_all(capture: Path, by: str, most: int, threads: int) -> None:
    options = MeterOptions(threads=threads)
    every, none = rows(capture, options, None)
    some, left_out = rows(capture, options, (by, most))
    assert none == 0
    assert some.height + left_out == every.height
    assert (left_out > 0) == (some.height < every.height)
    assert ordered(some, by, most).equals(ordered(every, by, most))
    if most == 1:
        assert some.height < every.height


def test_interim_rows_are_not_among_them(capture: Path) -> None:
    plain = MeterOptions()
    every, _ = rows(capture, plain, None)
    some, left_out = rows(capture, MeterOptions(interim_seconds=0.001), ("bytes", 5))
    assert not some["interim"].any()
    assert some.height + left_out == every.height


def lines(arguments: Sequence[str]) -> str:
    command = [sys.executable, "-m", "wiretell", "connections", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("by", CONNECTION_SORTS)
def test_the_list_is_that_of_a_filter_that_lets_all_through(capture: Path, by: str) -> None:
    """With a filter all rows are made, and looked through in Python."""
    plain = lines([str(capture), "--sort", by, "--top", "9"])
    states = ",".join(sorted(set(wiretell.read_connections(capture)["conn_state"])))
    filtered = lines([str(capture), "--sort", by, "--top", "9", "--state", states])
    assert plain == filtered


def test_files_have_all_connections(capture: Path) -> None:
    told = lines([str(capture), "--json", "--top", "3"]).splitlines()
    assert len([json.loads(line) for line in told]) == wiretell.read_connections(capture).height
