"""Connections written as a Zeek log: what stands in it, and that readers take it back."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import wiretell
from tests.hand_made import connection, connections
from wiretell.engines.polars import polars_schema
from wiretell.reports.connection_files import json_lines
from wiretell.reports.zeek_tsv import escape, zeek_tsv
from wiretell.schema import CONN_LOG, CONNECTIONS
from wiretell.sources.zeek_layout import CONN_TYPES

NOW = datetime(2026, 11, 21, 10, 40, 6, tzinfo=UTC)
TRICKY = connections(
    connection(uid="C1", service="http,ssl", local_orig=True, local_resp=False, missed_bytes=0, history="ShADadFf"),
    connection(uid="C2", service="-", duration=None, orig_bytes=None, resp_bytes=None, conn_state="S0"),
    connection(uid="C3", service="(empty)", history="tab\there", tunnel_parents="Ca,Cb", vlan=7),
    connection(uid="C4", service="back\\slash", duration=0.999999, orig_l2_addr="02:00:00:00:00:01"),
    connection(uid="C5", service="", interim=False, orig_rtt_median_s=0.0123456, resp_goodput_bps=1.5e10),
)


def written(frame: pl.DataFrame, path: Path, **options: bool) -> Path:
    path.write_text("".join(zeek_tsv([frame], now=NOW, **options)))
    return path


def test_the_header_is_that_of_zeek(tmp_path: Path) -> None:
    lines = written(TRICKY, tmp_path / "conn.log").read_text().splitlines()
    assert lines[:6] == [
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn",
        "#open\t2026-11-21-10-40-06",
    ]  # fmt: skip
    names = [("id." if name in ("orig_h", "orig_p", "resp_h", "resp_p") else "") + name for name in CONN_LOG]
    assert lines[6] == "\t".join(["#fields", *names])
    assert lines[7] == "\t".join(["#types", *CONN_TYPES.values()])
    assert lines[-1] == "#close\t2026-11-21-10-40-06"


@pytest.mark.parametrize("every_column", [False, True])
def test_our_own_reader_takes_it_back(tmp_path: Path, every_column: bool) -> None:
    path = written(TRICKY, tmp_path / "conn.log", every_column=every_column)
    names = list(CONNECTIONS.names if every_column else CONN_LOG)
    assert wiretell.read_connections(path).select(names).rows() == TRICKY.select(names).rows()


def test_json_lines_come_back_with_every_column(tmp_path: Path) -> None:
    path = tmp_path / "conn.json"
    path.write_text("".join(json_lines([TRICKY])))
    assert "null" not in path.read_text()
    assert wiretell.read_connections(path).rows() == TRICKY.rows()


def test_json_lines_are_in_the_order_of_the_rows_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    odd: dict[str, Any] = {"history": 'a\nb\u2028c\u0085d"e,f":null', "vlan": 7}
    frame = pl.concat([TRICKY, connections(*(connection(uid=f"D{n}", **(odd if n % 3 else {})) for n in range(40)))])
    rows = [
        {name: value for name, value in row.items() if value is not None and name != "ts"}
        for row in frame.rows(named=True)
    ]
    for size in (1, 2, 7, 100):
        monkeypatch.setattr("wiretell.reports.connection_files._BATCH", size)
        lines = "".join(json_lines([frame[:9], frame[9:9], frame[9:]])).removesuffix("\n").split("\n")
        assert [{k: v for k, v in json.loads(line).items() if k != "ts"} for line in lines] == rows


def test_cutting_by_the_names_of_the_header_gives_the_columns(tmp_path: Path) -> None:
    """What zeek-cut does: finds columns by the `#fields` line."""
    path = written(TRICKY, tmp_path / "conn.log")
    program = (
        "/^#fields/ { for (i = 2; i <= NF; i++) at[$i] = i - 1; next } /^#/ { next } "
        '{ print $at["uid"] "\\t" $at["id.resp_p"] "\\t" $at["conn_state"] }'
    )
    cut = subprocess.run(["awk", "-F\t", program, str(path)], capture_output=True, text=True, check=True).stdout
    expected = TRICKY.select("uid", "resp_p", "conn_state").rows()
    assert [tuple(line.split("\t")) for line in cut.splitlines()] == [tuple(map(str, row)) for row in expected]


def test_no_rows_are_a_header_and_an_end(tmp_path: Path) -> None:
    empty = pl.DataFrame(schema=polars_schema(CONNECTIONS))
    path = written(empty, tmp_path / "conn.log")
    assert wiretell.read_connections(path).height == 0


@pytest.mark.parametrize(
    ("text", "as_written"),
    [("-", "\\x2d"), ("(empty)", "\\x28empty)"), ("a\tb", "a\\x09b"), ("a\\b", "a\\x5cb"), ("plain-", "plain-")],
)
def test_what_would_be_read_as_something_else_is_escaped(text: str, as_written: str) -> None:
    assert escape(text) == as_written


def test_durations_are_rounded_to_microseconds_with_carry(tmp_path: Path) -> None:
    frame = connections(connection(duration=1.9999999), connection(duration=12.3456782))
    path = written(frame, tmp_path / "conn.log")
    values = [line.split("\t")[8] for line in path.read_text().splitlines() if not line.startswith("#")]
    assert values == ["2.000000", "12.345678"]
