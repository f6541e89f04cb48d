"""The summary on every engine, and the laws that it keeps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from tests.hand_made import T0_US, connection, connections, flow, flows
from wiretell.analyses import frames, summary_items
from wiretell.analyses.summary import summarize
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.analyses.summary_rank import percentiles, rank
from wiretell.errors import UsageError

Rows = list[dict[str, Any]]
MINUTE = 60_000_000
LOCAL = {"10.0.0.0/8": "all", "10.0.1.0/24": "lab", "192.168.0.0/16": "silent", "2001:db8::/32": "six"}

TRAFFIC = flows(
    flow(packets=4, size=400),
    flow("93.184.216.34", "10.0.0.1", 443, 40000, packets=8, size=9000, at=0.5),
    flow("10.0.0.1", "10.0.1.7", 5353, 5353, 17, packets=3, at=59.5, lasts=2.0),
    flow("2001:db8::1", "2001:db8:1::2", 128, 0, 58, packets=2, at=61),
    flow("8.8.8.8", "9.9.9.9", 53, 53, 17, packets=1, size=60, at=130, lasts=0.0),
    flow("9.9.9.9", "10.0.1.7", 3306, 8100, 6, packets=5, size=3000, fragments=2, at=180),
)
FULL = SummaryOptions(local=LOCAL, interval_us=MINUTE, verbose=True, any_port=True, scale=2.0)


def _duckdb(frame: pl.DataFrame) -> Any:
    duckdb.sql("SET TimeZone = 'UTC'")
    return duckdb.from_arrow(frame.to_arrow())


ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "polars-lazy": lambda frame: frame.lazy(),
    "duckdb": _duckdb,
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_arrow().to_pandas(types_mapper=pd.ArrowDtype),
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Callable[[pl.DataFrame], Any]:
    return ENGINES[request.param]


def run(frame: Any, options: SummaryOptions | None = None, unit: str = "packets") -> Rows:
    options = options or SummaryOptions()
    return rank(summarize(frame, options), options, unit)


def pick(rows: Rows, breakdown: str, scope: str = "total", **where: Any) -> Rows:
    where = {"window": None, "network": None, **where}
    return [
        row
        for row in rows
        if row["breakdown"] == breakdown and row["scope"] == scope and all(row[name] == where[name] for name in where)
    ]


def amounts(rows: Rows, unit: str = "packets") -> dict[str, int]:
    return {row["key"]: row[unit] for row in rows}


def test_totals_and_every_breakdown_of_the_hand_made_flows(engine: Callable[[pl.DataFrame], Any]) -> None:
    rows = run(engine(TRAFFIC))
    (total,) = pick(rows, "total")
    assert {name: total[name] for name in ("packets", "bytes", "fragments", "flows")} == {
        "packets": 23, "bytes": 14460, "fragments": 2, "flows": 6,
    }  # fmt: skip
    counts = ("sources", "destinations", "hosts", "ports", "pairs")
    assert [total[name] for name in counts] == [5, 5, 7, 4, 5]
    assert (total["start"], total["end"]) == (T0_US, T0_US + 181_000_000)
    assert amounts(pick(rows, "port")) == {"443": 12, "3306": 5, "5353": 3, "none": 2, "53": 1}
    assert amounts(pick(rows, "protocol")) == {"tcp": 17, "udp": 4, "icmp6": 2}
    assert amounts(pick(rows, "service")) == {"https": 12, "mysql": 5, "mdns": 3, "icmp6": 2, "dns": 1}
    assert [(row["key"], row["peer"], row["packets"]) for row in pick(rows, "pair")][:2] == [
        ("10.0.0.1", "93.184.216.34", 12),
        ("10.0.1.7", "9.9.9.9", 5),
    ]


def test_every_engine_gives_the_same_rows_with_all_options(engine: Callable[[pl.DataFrame], Any]) -> None:
    assert run(engine(TRAFFIC), FULL) == run(TRAFFIC, FULL)


def test_every_engine_gives_the_same_rows_of_connections(engine: Callable[[pl.DataFrame], Any]) -> None:
    table = connections(
        connection(at=10, lasts=300.0, service="ssl"),
        connection("10.0.0.2", "10.0.0.3", 22, conn_state=None, ip_proto=6),
        connection("fe80::1", "ff02::1", 134, "icmp", lasts=None, orig_ip_bytes=None, resp_ip_bytes=None),
        connection("10.0.0.9", "224.0.0.5", 0, "unknown_transport", ip_proto=89),
    )
    assert run(engine(table), FULL, "connections") == run(table, FULL, "connections")


def test_the_order_of_rows_does_not_matter() -> None:
    expected = run(TRAFFIC, FULL)
    for seed in range(5):
        order = random.Random(seed).sample(range(TRAFFIC.height), TRAFFIC.height)
        assert run(TRAFFIC[order], FULL) == expected


def test_an_empty_table_adds_nothing(engine: Callable[[pl.DataFrame], Any]) -> None:
    (total,) = run(engine(flows()))
    assert (total["packets"], total["hosts"], total["start"], total["share"]) == (0, 0, None, 0.0)
    assert run(pl.concat([TRAFFIC, flows()]), FULL) == run(TRAFFIC, FULL)


@pytest.mark.parametrize("of", [1, 2, 7, 64])
def test_shares_of_the_table_add_up_to_the_whole(of: int) -> None:
    parts = [run(TRAFFIC[index::of]) for index in range(of)]
    for name in ("packets", "bytes", "payload_bytes", "fragments", "flows"):
        assert sum(pick(part, "total")[0][name] for part in parts) == pick(run(TRAFFIC), "total")[0][name]


def test_windows_add_up_to_the_whole() -> None:
    rows = run(TRAFFIC, SummaryOptions(interval_us=MINUTE, verbose=True))
    windows = {row["window"] for row in rows} - {None}
    for name in ("packets", "bytes", "payload_bytes", "flows"):
        parts = (pick(rows, "total", window=window)[0][name] for window in windows)
        assert sum(parts) == pick(rows, "total")[0][name]


def test_directions_add_up_to_the_whole() -> None:
    rows = run(TRAFFIC, SummaryOptions(local=LOCAL))
    found = {
        scope: pick(rows, "total", scope)[0]["packets"] for scope in ("incoming", "outgoing", "internal", "transit")
    }
    assert found == {"incoming": 13, "outgoing": 4, "internal": 5, "transit": 1}


def test_a_nested_network_counts_in_every_network_around_it_and_once_per_item() -> None:
    rows = run(TRAFFIC, SummaryOptions(local=LOCAL))
    found = {network: pick(rows, "total", "network", network=network) for network in LOCAL}
    assert {network: total[0]["packets"] for network, total in found.items() if total} == {
        "10.0.0.0/8": 20, "10.0.1.0/24": 8, "2001:db8::/32": 2,
    }  # fmt: skip


def test_excluded_networks_and_internal_traffic_are_left_out() -> None:
    without = run(TRAFFIC, SummaryOptions(exclude=("9.9.9.0/24",)))
    assert pick(without, "total")[0]["packets"] == 17
    external = run(TRAFFIC, SummaryOptions(local=LOCAL, external=True))
    assert pick(external, "total")[0]["packets"] == 18


def test_top_keeps_the_largest_and_shares_are_of_all() -> None:
    rows = run(TRAFFIC, SummaryOptions(top=1))
    (port,) = pick(rows, "port")
    assert (port["key"], port["share"]) == ("443", 12 / 23)
    assert run(TRAFFIC, SummaryOptions(top=0)) == pick(rows, "total")


@pytest.mark.parametrize("options", [SummaryOptions(top=3), replace(FULL, top=3)])
def test_ranks_count_from_one_in_order_of_weight(options: SummaryOptions) -> None:
    groups: dict[tuple[Any, ...], Rows] = {}
    for row in run(TRAFFIC, options):
        if row["breakdown"] != "total":
            groups.setdefault((row["window"], row["scope"], row["network"], row["breakdown"]), []).append(row)
    assert groups
    for group in groups.values():
        assert [row["rank"] for row in group] == list(range(1, min(len(group), 3) + 1))
        assert [row["packets"] for row in group] == sorted((row["packets"] for row in group), reverse=True)


def test_the_unit_decides_rank_and_share() -> None:
    rows = run(TRAFFIC, SummaryOptions(top=1), "bytes")
    assert pick(rows, "port")[0]["share"] == 9400 / 14460


def test_the_service_side_is_the_same_for_both_directions() -> None:
    for one, other, port in (
        (40000, 443, "443"),
        (8080, 1030, "8080"),
        (53, 53, "53"),
        (3306, 8100, "3306"),
        (0, 80, "80"),
    ):
        rows = run(flows(flow(src_port=one, dst_port=other), flow(src_port=other, dst_port=one)))
        assert amounts(pick(rows, "port")) == {port: 20}


def test_saving_memory_leaves_out_hosts_and_joins_high_ports() -> None:
    rows = run(TRAFFIC, SummaryOptions(save_memory=True, keep_ports=frozenset({3306})))
    assert not pick(rows, "source")
    assert amounts(pick(rows, "port")) == {"443": 12, "3306": 5, "other": 3, "none": 2, "53": 1}


def test_percentiles_of_flows_are_values_that_occur() -> None:
    found = percentiles(summarize(TRAFFIC))
    assert found["flow_packets"][50] == 3
    assert (found["flow_bytes"][0], found["flow_bytes"][100]) == (60, 9000)


def test_percentiles_are_of_whole_connections_though_intervals_spread_them() -> None:
    table = connections(connection(lasts=600.0), connection("10.0.0.2"))
    for options in (
        SummaryOptions(),
        SummaryOptions(interval_us=MINUTE),
        SummaryOptions(interval_us=MINUTE, scale=3.0),
    ):
        found = percentiles(summarize(table, options))
        assert set(found["connection_bytes"].values()) == {1400.0}
        assert set(found["connection_packets"].values()) == {10.0}


def test_rows_that_last_all_different_numbers_of_intervals_share_a_small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[int] = []

    def beside(frame: Any, data: dict[str, list[Any]]) -> Any:
        heights.extend(map(len, data.values()))
        return frames.beside(frame, data)

    monkeypatch.setattr(summary_items, "beside", beside)
    table = flows(*(flow(packets=1000, size=9999, lasts=60.0 * n) for n in range(1, 100)))
    rows = run(table, SummaryOptions(interval_us=MINUTE))
    assert max(heights) < 4 * 100
    totals = [row for row in rows if row["breakdown"] == "total" and row["window"] is not None]
    assert sum(row["packets"] for row in totals) == 99 * 1000
    assert [row["hosts"] for row in totals] == [2] * 99


def test_a_row_that_lasts_for_ever_is_refused() -> None:
    table = connections(connection(lasts=9e7))
    with pytest.raises(UsageError, match="one row lasts 1,500,000 intervals of 60 s"):
        run(table, SummaryOptions(interval_us=MINUTE))
    assert run(table, SummaryOptions(interval_us=3600 * MINUTE))


def test_a_sampled_count_is_scaled_and_has_the_error_of_horvitz_and_thompson() -> None:
    table = flows(*(flow(packets=1, size=100, at=second) for second in range(50)))
    (total,) = pick(run(table, SummaryOptions(scale=10.0)), "total")
    assert (total["packets"], total["bytes"]) == (500, 50_000)
    assert total["packets_error"] == pytest.approx((50 * 0.9) ** 0.5 * 10)
    assert total["bytes_error"] == pytest.approx((50 * 0.9) ** 0.5 * 10 * 100)


def test_standard_errors_cover_the_truth_as_often_as_they_should() -> None:
    generator, hits, runs = random.Random(4), 0, 200
    sizes = [generator.choice((40, 576, 1500)) for _ in range(1500)]
    for _ in range(runs):
        kept = [size for size in sizes if generator.random() < 0.2]
        table = flows(*(flow(packets=1, size=size) for size in kept))
        (total,) = pick(run(table, SummaryOptions(scale=5.0, save_memory=True)), "total")
        hits += abs(total["bytes"] - sum(sizes)) <= 1.96 * total["bytes_error"]
    assert 0.88 <= hits / runs <= 1.0
