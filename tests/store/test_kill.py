"""Writers that are killed, and two at once: what is read is always whole windows, each of one version."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.store.frames import ROWS, window
from wiretell.store import open_store

pytest.importorskip("deltalake")

ROOT = Path(__file__).resolve().parents[2]
KILLS = 15


def start(folder: Path, first: int, count: int, rounds: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "tests.store.writer", str(folder), str(first), str(count), str(rounds)]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check(folder: Path) -> dict[int, int]:
    """Asserts that every complete window is whole and of one version in all tables; returns the versions."""
    store = open_store(folder, create=True)  # the first may have been killed before there was one
    seen: dict[int, set[int]] = {}
    for name, expected in ROWS.items():
        groups = store.read(name).group_by("window").agg(pl.len(), pl.col("flows").unique(), pl.col("key").n_unique())
        found = {row["window"]: row for row in groups.collect().to_dicts()}
        assert set(found) == set(store.windows())
        for moment, row in found.items():
            assert row["len"] == expected
            seen.setdefault(round((moment - window(0)).total_seconds() / 300), set()).update(row["flows"])
            assert len(row["flows"]) == 1
    assert all(len(versions) == 1 for versions in seen.values())
    return {number: versions.pop() for number, versions in seen.items()}


def test_killing_a_writer_at_any_moment_leaves_whole_windows(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    chance = random.Random(7)
    for kill in range(KILLS):
        child = start(folder, 0, 6, 1000)
        assert child.stdout is not None
        child.stdout.readline()  # it writes
        time.sleep(chance.uniform(0, 0.25))
        child.kill()
        rest, _ = child.communicate()
        versions = check(folder)
        told = [
            tuple(map(int, line.split())) for line in rest.splitlines() if line.count(" ") == 1 and line[-1:].isdigit()
        ]
        for number, version in told:
            # what the writer said was written is there, unless it was stopped while it wrote that window again
            assert number not in versions or versions[number] >= version, kill
    assert versions
    child = start(folder, 0, 6, 1)
    assert child.wait() == 0
    child.communicate()
    assert check(folder) == dict.fromkeys(range(6), 1)
    assert open_store(folder).info().incomplete == 0


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    children = [start(folder, 0, 8, 2), start(folder, 4, 8, 2)]  # windows 4 to 7 are written by both
    for child in children:
        _, errors = child.communicate(timeout=240)
        assert child.returncode == 0, errors
    assert check(folder) == dict.fromkeys(range(12), 2)
