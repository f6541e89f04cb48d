"""The store: windows are replaced whole, by one writer or two, and other programs can read them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.store.frames import ROWS, tables, window
from wiretell.errors import InputError, SchemaError, UsageError
from wiretell.schema import CLUSTERS
from wiretell.store import open_store
from wiretell.store.delta import DeltaFolder

pytest.importorskip("deltalake")


def test_a_window_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    for number in range(3):
        store.write([window(number)], tables(number))
    store.write([window(1)], tables(1, version=2))
    found = store.read("clusters").group_by("window", "flows").len().sort("window").collect().rows()
    assert found == [(window(0), 1, 40), (window(1), 2, 40), (window(2), 1, 40)]
    assert store.windows() == [window(0), window(1), window(2)]


def test_several_windows_go_in_one_commit_and_empty_ones_count(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    both = {name: pl.concat([tables(0)[name], tables(1)[name]]) for name in ROWS}
    store.write([window(0), window(1), window(2)], both)
    assert len(store.windows()) == 3
    assert store.read("states", since=window(1)).collect().height == ROWS["states"]
    assert store.read("states", until=window(1)).collect().height == ROWS["states"]
    assert store.read("states", since=window(2)).collect().height == 0


def test_a_stopped_writer_s_window_is_not_read(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    store.write([window(0)], tables(0))
    half = DeltaFolder(CLUSTERS, f"{tmp_path / 'lake'}/clusters", {})
    half.replace([window(1)], tables(1)["clusters"])
    assert store.windows() == [window(0)]
    assert store.read("clusters").collect().height == ROWS["clusters"]


def test_polars_and_duckdb_read_the_tables_without_wiretell(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    store.write([window(0)], tables(0))
    store.write([window(0)], tables(0, version=2))
    assert pl.read_delta(str(tmp_path / "lake" / "clusters"))["flows"].to_list() == [2] * 40
    duckdb = pytest.importorskip("duckdb")
    from deltalake import DeltaTable

    rows = DeltaTable(tmp_path / "lake" / "clusters").to_pyarrow_dataset()
    link = duckdb.connect()
    link.register("clusters", rows)
    assert link.sql("select count(*), min(flows), max(flows) from clusters").fetchall() == [(40, 2, 2)]


def test_compaction_keeps_the_rows_and_expiry_forgets_the_old(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    for number in range(6):
        store.write([window(number)], tables(number))
    before = store.read("profiles").collect().sort(pl.all())
    assert store.compact()["profiles"] == (6, 1)
    assert store.read("profiles").collect().sort(pl.all()).equals(before)
    store.expire(window(4), keep_versions_hours=0)
    assert store.windows() == [window(4), window(5)]
    assert store.read("profiles").collect().height == 2 * ROWS["profiles"]
    info = store.info()
    assert (info.windows, info.first, info.last, info.incomplete) == (2, window(4), window(5), 0)
    assert {table.name: table.rows for table in info.tables}["states"] == 2 * ROWS["states"]


def test_history_of_a_key(tmp_path: Path) -> None:
    store = open_store(tmp_path / "lake", create=True)
    for number in range(3):
        store.write([window(number)], tables(number, version=number))
    found = store.history("10.0.0.7")
    assert found["flows"].to_list() == [0, 1, 2]
    assert store.history("10.0.0.7", since=window(2)).height == 1
    assert store.history("10.9.9.9").height == 0


def test_mistakes_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name of the store is empty"):
        open_store("", create=True)
    with pytest.raises(InputError, match="no store"):
        open_store(tmp_path / "missing")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.txt").write_text("no table")
    with pytest.raises(InputError, match="no store"):
        open_store(tmp_path / "other")
    store = open_store(tmp_path / "lake", create=True)
    with pytest.raises(UsageError, match="no table"):
        store.write([window(0)], {"nonsense": tables(0)["clusters"]})
    with pytest.raises(UsageError, match="not being written"):
        store.write([window(0) + timedelta(minutes=5)], tables(0))
    with pytest.raises(SchemaError, match="clusters"):
        store.write([window(0)], {"clusters": tables(0)["clusters"].drop("bytes")})
    assert store.windows() == []
