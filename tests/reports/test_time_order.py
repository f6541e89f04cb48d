"""Connections come out in order of time, whether or not they fit into memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hand_made import connection, connections
from wiretell.errors import WiretellError
from wiretell.reports.time_order import TimeOrder

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(second: int | None, uid: str) -> pl.DataFrame:
    return connections(connection(uid=uid, ts=None if second is None else START + timedelta(seconds=second)))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(st.none() | st.integers(0, 20), max_size=5), min_size=1, max_size=6),
    st.sampled_from([0, 4096, 1 << 30]),
    st.integers(1, 7),
)
def test_batches_come_out_sorted_however_little_memory_there_is(
    batches: list[list[int | None]], in_memory_bytes: int, range_rows: int
) -> None:
    frames = [
        pl.concat([connections(), *(at(second, f"C{number}-{place}") for place, second in enumerate(seconds))])
        for number, seconds in enumerate(batches)
    ]
    wanted = pl.concat(frames).sort("ts", "uid")
    with TimeOrder(in_memory_bytes, range_rows) as order:
        for frame in frames:
            order.add(frame)
        for _ in range(2):
            pieces = list(order.batches())
            assert pl.concat(pieces).equals(wanted)


def test_temporary_files_go_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with TimeOrder(in_memory_bytes=0) as order:
        order.add(at(1, "C1"))
        assert list(tmp_path.iterdir())
        assert pl.concat(order.batches())["uid"].to_list() == ["C1"]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with TimeOrder(in_memory_bytes=0) as order, pytest.raises(WiretellError, match="cannot write temporary files"):
        order.add(at(1, "C1"))
