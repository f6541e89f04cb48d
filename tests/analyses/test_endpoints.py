"""The endpoint statistics on every engine, and the laws that they keep."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest

from tests.hand_made import connection, connections
from wiretell.analyses.endpoint_counter import EndpointCounter
from wiretell.analyses.endpoint_keys import prefix_of, prefixes_of
from wiretell.analyses.endpoints import EndpointOptions, endpoints, needed, totals
from wiretell.analyses.frames import collected
from wiretell.analyses.outcomes import outcomes
from wiretell.schema import ENDPOINTS
from wiretell.settings import ENDPOINT_KEYS, ENDPOINT_SORTS

Rows = list[dict[str, Any]]
Put = Callable[[pl.DataFrame], Any]


def carried(**values: Any) -> dict[str, Any]:
    """Measures of both sides, of a connection on which nothing went wrong; the values go over them."""
    measures: dict[str, Any] = {}
    for side in ("orig", "resp"):
        for name in (
            "rexmit_pkts", "lost_upstream_pkts", "lost_downstream_pkts", "spurious_pkts", "timeout_rexmit_pkts",
            "syn_rexmit_pkts", "reordered_pkts", "duplicate_pkts", "zero_windows", "unseen_bytes",
        ):  # fmt: skip
            measures[f"{side}_{name}"] = 0
        measures |= {f"{side}_data_pkts": 10, f"{side}_zero_window_s": 0.0}
        measures |= {f"{side}_handshake_rtt_s": 0.01, f"{side}_rtt_median_s": 0.02, f"{side}_rtt_p95_s": 0.04}
        measures[f"{side}_goodput_bps"] = 1e6
    return measures | values


def talk(uid: str, orig: str = "10.0.0.1", resp: str = "192.0.2.7", **values: Any) -> dict[str, Any]:
    return connection(uid=uid, **{"orig_h": orig, "resp_h": resp, **carried(), **values})


TRAFFIC = connections(
    talk("C1", service="http"),
    talk("C2", resp_rexmit_pkts=4, resp_lost_upstream_pkts=3, resp_lost_downstream_pkts=1, service="http"),
    talk("C3", "10.0.0.2", "192.0.2.8", orig_rexmit_pkts=1, orig_lost_downstream_pkts=1, orig_handshake_rtt_s=0.2),
    talk("C4", "2001:db8::1", "2001:db8:1::9", resp_reordered_pkts=2, resp_zero_windows=1, resp_zero_window_s=1.5),
    talk("C5", "10.0.0.1", "198.51.100.1", conn_state="S0", orig_handshake_rtt_s=None, resp_handshake_rtt_s=None,
         orig_rtt_median_s=None, resp_rtt_median_s=None, orig_data_pkts=0, resp_data_pkts=0),
    talk("C6", "10.0.0.1", "198.51.100.1", conn_state="REJ", orig_data_pkts=0, resp_data_pkts=0),
    talk("C7", conn_state="OTH", resp_duplicate_pkts=1),
    talk("C8", interim=True, resp_rexmit_pkts=9),
    connection(uid="C9", proto="udp"),
)  # fmt: skip


@pytest.fixture(params=["polars", "polars lazy", "duckdb", "pyarrow", "pandas", "pandas of numpy"])
def put(request: pytest.FixtureRequest) -> Put:
    def duckdb_relation(frame: pl.DataFrame) -> Any:
        import duckdb

        return duckdb.from_arrow(frame.to_arrow())

    engines: dict[str, Put] = {
        "polars": lambda frame: frame,
        "polars lazy": lambda frame: frame.lazy(),
        "duckdb": duckdb_relation,
        "pyarrow": lambda frame: frame.to_arrow(),
        "pandas": lambda frame: frame.to_arrow().to_pandas(types_mapper=pd.ArrowDtype),
        "pandas of numpy": lambda frame: frame.to_pandas(),
    }
    return engines[request.param]


def run(frame: Any, by: str = "host", **options: Any) -> Rows:
    return endpoints(frame, EndpointOptions(by=by), **options)


def of_key(rows: Rows, key: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row["key"] == key]
    return row


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
def test_every_engine_gives_the_same_rows(put: Put, by: str) -> None:
    rows, expected = run(put(TRAFFIC), by), run(TRAFFIC, by)
    assert [row["key"] for row in rows] == [row["key"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        assert row == pytest.approx(other)


def test_the_rows_have_the_columns_of_the_schema_and_the_total_first(put: Put) -> None:
    rows = run(put(TRAFFIC))
    assert tuple(rows[0]) == ENDPOINTS.names
    total = rows[0]
    assert (total["key"], total["rank"]) == (None, None)
    wanted = {
        "connections": 7, "attempts": 6, "unanswered": 1, "refused": 1, "reset": 0, "data_pkts": 100,
        "rexmit_pkts": 5, "lost_upstream_pkts": 3, "lost_downstream_pkts": 2, "duplicate_pkts": 1,
    }  # fmt: skip
    assert {name: total[name] for name in wanted} == wanted
    assert total["rexmit_share"] == pytest.approx(0.05)
    assert total["failed_share"] == pytest.approx(2 / 6)


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_give_the_rows_of_the_whole(by: str, size: int) -> None:
    counter = EndpointCounter(EndpointOptions(by=by), sort="failed", top=3)
    for batch in TRAFFIC.iter_slices(size):
        counter.add(batch)
    rows, expected = counter.rows(), run(TRAFFIC, by, sort="failed", top=3)
    assert [row["key"] for row in rows] == [row["key"] for row in expected]
    for row, other in zip(rows, expected, strict=True):
        assert row == pytest.approx(other)


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
def test_connections_that_carried_nothing_need_no_measures(by: str) -> None:
    silent: dict[str, Any] = {
        f"{side}_{name}": value
        for side in ("orig", "resp")
        for name, value in (
            *dict.fromkeys(("handshake_rtt_s", "rtt_median_s", "rtt_p95_s", "goodput_bps")).items(),
            ("data_pkts", 0),
        )
    }
    scan = connections(
        *(talk(f"S{at}", resp=f"192.0.2.{at}", conn_state=("S0", "REJ")[at % 2], **silent) for at in range(9)),
        connection(uid="U1", proto="udp"),
    )
    whole = pl.concat([TRAFFIC, scan])
    for parts in ((TRAFFIC, scan), (scan, TRAFFIC), (scan,)):
        counter = EndpointCounter(EndpointOptions(by=by), sort="failed", top=5)
        for part in parts:
            counter.add(part.select(needed(by, measured=part is TRAFFIC)))
        assert counter.rows() == run(whole if len(parts) > 1 else scan, by, sort="failed", top=5)


def test_no_batch_with_tcp_gives_no_rows() -> None:
    counter = EndpointCounter()
    assert counter.rows() == []
    counter.add(TRAFFIC.filter(proto="udp"))
    assert counter.rows() == []


def test_interim_rows_and_other_transports_do_not_count() -> None:
    keys = [row["key"] for row in run(TRAFFIC, "connection")[1:]]
    assert sorted(keys) == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]


def test_losses_are_put_on_the_side_of_the_monitor_where_they_happened() -> None:
    rows = run(TRAFFIC)
    server, client = of_key(rows, "192.0.2.7"), of_key(rows, "10.0.0.1")
    assert (server["lost_near_pkts"], server["lost_far_pkts"]) == (3, 1)
    assert (client["lost_near_pkts"], client["lost_far_pkts"]) == (1, 3)
    behind = of_key(rows, "192.0.2.8")
    assert (behind["lost_near_pkts"], behind["lost_far_pkts"]) == (1, 0)


def test_the_worst_come_first_and_a_lucky_few_packets_do_not_count_as_much() -> None:
    frame = connections(
        talk("C1", resp="192.0.2.1", orig_data_pkts=0, resp_data_pkts=1, resp_rexmit_pkts=1),
        talk("C2", resp="192.0.2.2", orig_data_pkts=0, resp_data_pkts=1000, resp_rexmit_pkts=300),
        talk("C3", resp="192.0.2.3", orig_data_pkts=0, resp_data_pkts=1000, resp_rexmit_pkts=1),
    )
    keys = [row["key"] for row in run(frame, "server")[1:]]
    assert keys == ["192.0.2.2", "192.0.2.1", "192.0.2.3"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("loss", "C2"), ("failed", "C5"), ("reordered", "C4"), ("zero-window", "C4"), ("rtt", "C3")],
)
def test_each_order_puts_its_worst_first(sort: str, first: str) -> None:
    assert run(TRAFFIC, "connection", sort=sort)[1]["key"] == first


@pytest.mark.parametrize("sort", ENDPOINT_SORTS)
def test_ranks_count_up_from_one_and_top_bounds_them(put: Put, sort: str) -> None:
    rows = run(put(TRAFFIC), "host", sort=sort, top=3)
    assert [row["rank"] for row in rows] == [None, 1, 2, 3]


def test_keys_are_what_they_are_called() -> None:
    assert {row["key"] for row in run(TRAFFIC, "service")[1:]} == {"http", "unrecognized"}
    assert {row["key"] for row in run(TRAFFIC, "port")[1:]} == {"443"}
    prefixes = {row["key"] for row in run(TRAFFIC, "prefix")[1:]}
    assert prefixes == {"10.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "2001:db8::/48", "2001:db8:1::/48"}
    row = of_key(run(TRAFFIC, "connection"), "C4")
    assert (row["orig"], row["resp"]) == ("[2001:db8::1]:40000", "[2001:db8:1::9]:443")


def test_percentiles_are_of_the_connections_of_a_row() -> None:
    row = of_key(run(TRAFFIC), "10.0.0.2")
    assert row["rtt_median_s"] == pytest.approx(0.21)
    assert row["near_rtt_median_s"] == pytest.approx(0.2)
    total = run(TRAFFIC)[0]
    assert (total["rtt_median_s"], total["rtt_p95_s"]) == (pytest.approx(0.02), pytest.approx(0.21))
    one = of_key(run(TRAFFIC, "connection"), "C1")
    assert one["rtt_p95_s"] == pytest.approx(0.08)


def test_a_log_without_measures_has_failures_but_no_losses(put: Put) -> None:
    frame = connections(connection(uid="C1"), connection(uid="C2", conn_state="REJ"))
    total = run(put(frame))[0]
    assert (total["refused"], total["failed_share"]) == (1, 0.5)
    assert (total["data_pkts"], total["rexmit_pkts"], total["rexmit_share"], total["rtt_median_s"]) == (None,) * 4


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
def test_without_connections_there_are_no_rows(put: Put, by: str) -> None:
    assert run(put(connections())) == []
    assert run(put(connections(connection(uid="C9", proto="udp"))), by) == []


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
def test_the_order_of_the_rows_does_not_matter(by: str) -> None:
    dice = random.Random(7)
    closed = [talk(f"D{n}", orig_handshake_rtt_s=dice.random(), resp_zero_window_s=dice.random()) for n in range(50)]
    traffic = pl.concat([TRAFFIC, connections(*closed)])
    shuffled = traffic.sample(fraction=1, shuffle=True, seed=4)
    assert run(shuffled, by) == run(traffic, by)


@pytest.mark.parametrize("by", ENDPOINT_KEYS)
@pytest.mark.parametrize("shares", [1, 2, 7, 64])
def test_the_counts_of_shares_add_up(by: str, shares: int) -> None:
    dice = random.Random(shares)
    place = pl.Series([dice.randrange(shares) for _ in range(TRAFFIC.height)])
    options = EndpointOptions(by=by)
    keys = ["key", "orig", "resp"]
    parts = [collected(totals(TRAFFIC.filter(place == share), options)).to_native() for share in range(shares)]
    summed = pl.concat(parts).group_by(keys).sum().sort(keys)
    whole = collected(totals(TRAFFIC, options)).to_native().sort(keys)
    for row, other in zip(summed.rows(named=True), whole.rows(named=True), strict=True):
        assert row == pytest.approx(other)


def test_outcomes_count_every_transport(put: Put) -> None:
    found = outcomes(put(TRAFFIC))
    assert found[0] == ("tcp", "SF", 4)
    assert ("udp", "SF", 1) in found
    assert sum(number for _, _, number in found) == 8


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:10.0.0.1", "::/48"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_prefix_holds_its_address(address: str, expected: str) -> None:
    assert prefix_of(address, 24, 48) == expected


@pytest.mark.parametrize("lengths", [(24, 48), (16, 64), (0, 0), (28, 56), (32, 128)])
def test_prefixes_of_many_addresses_are_those_of_each(lengths: tuple[int, int]) -> None:
    texts = [f"192.0.{high}.{low}" for high in (2, 3) for low in (0, 7, 255)] + ["2001:db8::1", "::1.2.3.4", "host.7"]
    texts += ["", ".1", "1.2.3", "1.2.3.", "1.2.3.04", "1.2.3.256", "1.2.3.4.5", "a.b.c.1"]
    assert prefixes_of(texts * 2, *lengths) == [prefix_of(text, *lengths) for text in texts * 2]
