from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from tests.sources.zeek_tools import FIELDS, ROW, tsv
from wiretell.analyses.conversions import connections_to_flows, without_ip_bytes
from wiretell.schema import FLOWS
from wiretell.sources.zeek_log import read_connections


def duckdb_relation(frame: pl.DataFrame) -> Any:
    import duckdb

    return duckdb.connect().from_arrow(frame.to_arrow())


ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "polars lazy": lambda frame: frame.lazy(),
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_pandas(),
    "pandas with arrow": lambda frame: frame.to_arrow().to_pandas(types_mapper=pd.ArrowDtype),
    "duckdb": duckdb_relation,
}


def connections(tmp_path: Path, *changes: dict[str, str]) -> pl.DataFrame:
    rows = [
        [change.get(name.replace("id.", ""), value) for name, value in zip(FIELDS, ROW, strict=True)]
        for change in changes
    ]
    (tmp_path / "conn.log").write_text(tsv(rows))
    return read_connections([tmp_path / "conn.log"]).frame


@pytest.fixture(params=ENGINES)
def convert(request: pytest.FixtureRequest) -> Callable[[pl.DataFrame], list[dict[str, Any]]]:
    make = ENGINES[request.param]

    def run(frame: pl.DataFrame) -> list[dict[str, Any]]:
        flows = nw.from_native(connections_to_flows(make(frame)))
        eager = flows.collect() if isinstance(flows, nw.LazyFrame) else flows
        assert tuple(eager.columns) == FLOWS.names
        rows = eager.rows(named=True)
        return sorted(rows, key=lambda row: (row["src_ip"], row["dst_ip"], row["src_port"]))

    return run


Convert = Callable[[pl.DataFrame], list[dict[str, Any]]]


def test_a_connection_is_two_flows(convert: Convert, tmp_path: Path) -> None:
    forth, back = convert(connections(tmp_path, {"resp_h": "10.99.0.1"}))
    assert (forth["src_ip"], forth["dst_ip"], forth["src_port"], forth["dst_port"]) == (
        "10.55.182.100",
        "10.99.0.1",
        14291,
        80,
    )
    assert (back["src_ip"], back["dst_ip"], back["src_port"], back["dst_port"]) == (
        "10.99.0.1",
        "10.55.182.100",
        80,
        14291,
    )
    assert (forth["packets"], forth["bytes"], forth["payload_bytes"], forth["protocol"]) == (10, 1131, 719, 6)
    assert (back["packets"], back["bytes"], back["payload_bytes"]) == (4, 508, 336)
    assert forth["tcp_flags"] == 2 | 16 | 1
    assert back["tcp_flags"] == 2 | 16 | 1
    assert (forth["end"] - forth["start"]).total_seconds() == pytest.approx(3.000158)
    assert forth["bytes_squared"] == pytest.approx(1131**2 / 10)


def test_a_side_that_sent_nothing_has_no_flow(convert: Convert, tmp_path: Path) -> None:
    silent = {"resp_pkts": "0", "resp_bytes": "0", "resp_ip_bytes": "0"}
    assert [row["src_port"] for row in convert(connections(tmp_path, silent))] == [14291]
    assert [row["src_port"] for row in convert(connections(tmp_path, {"orig_pkts": "0"}))] == [80]


def test_payload_stands_in_where_ip_bytes_are_unset_and_that_is_told(convert: Convert, tmp_path: Path) -> None:
    unset = dict.fromkeys(("orig_ip_bytes", "resp_ip_bytes", "orig_pkts", "resp_pkts"), "-")
    frame = connections(tmp_path, unset)
    assert sorted((row["bytes"], row["packets"]) for row in convert(frame)) == [(336, 1), (719, 1)]
    assert without_ip_bytes(frame).row(0) == (1, 1)


@pytest.mark.parametrize(
    ("change", "protocol", "ports"),
    [
        ({"orig_p": "8", "resp_p": "0", "ip_proto": "-"}, 1, {(8, 0), (0, 0)}),
        ({"orig_p": "135", "resp_p": "136", "orig_h": "fe80::1", "ip_proto": "-"}, 58, {(135, 0), (136, 0)}),
        ({"orig_p": "3", "resp_p": "1", "resp_pkts": "0", "resp_bytes": "0"}, 6, {(3, 1)}),
    ],
)
def test_icmp_flows_have_type_and_code_of_their_direction(
    convert: Convert, tmp_path: Path, change: dict[str, str], protocol: int, ports: set[tuple[int, int]]
) -> None:
    rows = convert(connections(tmp_path, {"proto": "icmp", **change}))
    assert {(row["src_port"], row["dst_port"]) for row in rows} == ports
    assert {row["protocol"] for row in rows} == {protocol}
    assert {row["tcp_flags"] for row in rows} == {0}


def test_unknown_transports_keep_their_number_or_get_255(convert: Convert, tmp_path: Path) -> None:
    rows = convert(
        connections(
            tmp_path, {"proto": "unknown_transport", "ip_proto": "47"}, {"proto": "unknown_transport", "ip_proto": "-"}
        )
    )
    assert sorted(row["protocol"] for row in rows) == [47, 47, 255, 255]
