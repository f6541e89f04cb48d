"""The event workload: the same from rows and from counts, on every engine, on hand-made seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import polars as pl
import pytest

from wiretell.analyses.workload import heaviest, host_shares, per_second, shares, workload
from wiretell.analyses.workload_intervals import intervals
from wiretell.engines.polars import empty
from wiretell.schema import EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, EVENTS

START = datetime(2026, 1, 1, tzinfo=UTC)
Put = Callable[[pl.DataFrame], Any]


@pytest.fixture(params=["polars", "polars lazy", "duckdb", "pyarrow", "pandas"])
def put(request: pytest.FixtureRequest) -> Put:
    """Puts a Polars frame on an engine."""
    name: str = request.param

    def on(frame: pl.DataFrame) -> Any:
        if name.startswith("polars"):
            return frame.lazy() if name.endswith("lazy") else frame
        if name == "pandas":
            return frame.to_pandas()
        arrow = frame.to_arrow()
        if name == "pyarrow":
            return arrow
        import duckdb

        return duckdb.from_arrow(arrow)

    return on


Ends = tuple[str, str, int, str, int]
WEB: Ends = ("Cweb", "10.0.0.1", 1000, "192.0.2.80", 80)
NAMES: Ends = ("Cdns", "10.0.0.2", 2000, "192.0.2.53", 53)
SIX: Ends = ("Csix", "2001:db8::1", 3000, "192.0.2.80", 80)


def rows(events: Sequence[tuple[float, str, str, int, Ends | None]]) -> pl.DataFrame:
    """The columns of `events` but `is_orig` and `args`."""
    ends = [end or (None,) * 5 for *_, end in events]
    return pl.DataFrame(
        {
            "ts": [START + timedelta(seconds=second) for second, *_ in events],
            "name": [name for _, name, *_ in events],
            "protocol": [protocol for _, _, protocol, *_ in events],
            **{
                column: [end[at] for end in ends]
                for at, column in enumerate(("uid", "orig_h", "orig_p", "resp_h", "resp_p"))
            },
            "size": [size for *_, size, _ in events],
        },
        schema_overrides={"ts": pl.Datetime("us", "UTC"), "orig_p": pl.Int32, "resp_p": pl.Int32},
    )


def counts(frame: pl.DataFrame) -> pl.DataFrame:
    """`event_counts`; a second may have several rows."""
    second = pl.col("ts").dt.truncate("1s").alias("second")
    sums = frame.group_by(second, "name", "protocol").agg(events=pl.len().cast(pl.Int64), bytes=pl.col("size").sum())
    return pl.concat([sums.with_columns(events=pl.lit(0, pl.Int64), bytes=pl.lit(0, pl.Int64)), sums])


def hosts(frame: pl.DataFrame) -> pl.DataFrame:
    """`event_hosts`."""
    parts = []
    for side, is_orig in (("orig_h", True), ("resp_h", False)):
        for second in (pl.col("ts").dt.truncate("1s"), pl.lit(None, pl.Datetime("us", "UTC"))):
            keys = (second.alias("second"), pl.col(side).alias("host"), pl.lit(is_orig).alias("is_orig"))
            sums = (pl.len().cast(pl.Int64).alias("events"), pl.col("size").sum().alias("bytes"))
            parts.append(frame.drop_nulls("uid").group_by(*keys).agg(*sums))
    return pl.concat(parts)


def connections(frame: pl.DataFrame) -> pl.DataFrame:
    """`event_connections`."""
    known = ("uid", "orig_h", "orig_p", "resp_h", "resp_p")
    own = pl.col("protocol").filter(~pl.col("protocol").is_in(["tcp", "udp"])).max().fill_null("tcp")
    parts = []
    for second in (pl.col("ts").dt.truncate("1s"), pl.lit(None, pl.Datetime("us", "UTC"))):
        sums = (own, pl.len().cast(pl.Int64).alias("events"), pl.col("size").sum().alias("bytes"))
        parts.append(frame.drop_nulls("uid").group_by(second.alias("second"), *known).agg(*sums))
    return pl.concat(parts)


TRAFFIC = rows(
    [
        (0.0, "dns_request", "dns", 100, NAMES),
        (0.9, "dns_request", "dns", 100, NAMES),
        (0.9, "http_request", "http", 300, WEB),
        (3.0, "http_request", "http", 500, SIX),
    ]
)
QUIET = [(float(second), "dns_request", "dns", 10, NAMES) for second in range(100)]
LOUD = [(50.0 + at / 1000, "connection_attempt", "tcp", 10, WEB) for at in range(200)]
LATER = [(90.0, "http_header", "http", 4, WEB)] * 3
SURGE = rows(QUIET + LOUD + LATER + [(10.0, "arp_request", "arp", 60, None)])
EITHER = pytest.mark.parametrize("as_table", [lambda frame: frame, counts], ids=["rows", "counts"])


@EITHER
def test_rates_count_silent_seconds_too(as_table: Put, put: Put) -> None:
    load = workload(put(as_table(TRAFFIC)))
    assert (load.events.total, load.events.seconds, load.events.peak, load.bytes.total) == (4, 4, 3, 1000)
    assert load.events.mean == 1.0
    assert load.events.sigma == pytest.approx(1.5**0.5)
    assert load.events.percentiles[50] == 0.5
    assert load.bytes_per_event == 250.0
    assert [row[1:] for row in load.timeline] == [(3, 500), (1, 500)]


@EITHER
def test_shares_are_of_events_and_of_bytes(as_table: Put, put: Put) -> None:
    table = put(as_table(TRAFFIC))
    assert shares(table, "protocol") == [("dns", 2, 200), ("http", 2, 800)]
    assert shares(table, "name") == [("dns_request", 2, 200), ("http_request", 2, 800)]


def test_percentiles_are_those_of_polars_with_the_silent_seconds() -> None:
    seconds = [
        (float(second), "e", "tcp", 10 + second % 7, WEB) for second in range(0, 300, 3) for _ in range(second % 11)
    ]
    load = workload(rows(seconds))
    by_second = rows(seconds).group_by(pl.col("ts").dt.truncate("1s")).len()
    silent = load.events.seconds - by_second.height
    values = pl.concat([by_second["len"].cast(pl.Int64), pl.Series("len", [0] * silent, dtype=pl.Int64)])
    for percent, value in load.events.percentiles.items():
        assert value == pytest.approx(values.quantile(percent / 100, interpolation="linear"))
    assert load.events.sigma == pytest.approx(values.std(ddof=0))


def test_an_even_rate_has_no_sigma() -> None:
    even = pl.DataFrame(
        {
            "second": [START + timedelta(seconds=second) for second in range(3)],
            "name": "e",
            "protocol": "tcp",
            "events": [3_000_000_007] * 3,
            "bytes": [10**15 + 1] * 3,
        }
    )
    assert workload(even).bytes.sigma == 0.0


@pytest.mark.parametrize("as_rows", [True, False], ids=["rows", "tables"])
def test_hosts_and_connections_are_the_same_from_rows_and_from_tables(as_rows: bool, put: Put) -> None:
    host_table, connection_table = (put(table(SURGE)) for table in (hosts, connections))
    if as_rows:
        host_table = connection_table = put(SURGE)
    assert host_shares(host_table, is_orig=True) == [("10.0.0.1", 203, 2012), ("10.0.0.2", 100, 1000)]
    assert host_shares(host_table, is_orig=False) == [("192.0.2.80", 203, 2012), ("192.0.2.53", 100, 1000)]
    told = [(row.connection, row.protocol, row.events, row.bytes) for row in heaviest(connection_table)]
    assert told == [
        ("10.0.0.1:1000 > 192.0.2.80:80", "http", 203, 2012),
        ("10.0.0.2:2000 > 192.0.2.53:53", "dns", 100, 1000),
    ]
    assert [
        row.uid for row in heaviest(put(TRAFFIC) if as_rows else put(connections(TRAFFIC)), by_bytes=True, top=1)
    ] == ["Csix"]


def test_hosts_that_were_let_go_are_one_row() -> None:
    gone = pl.DataFrame({"second": [None], "host": [None], "is_orig": [True], "events": [7], "bytes": [70]})
    table = pl.concat([hosts(TRAFFIC), gone.cast(hosts(TRAFFIC).schema)])
    assert ("other hosts", 7, 70) in host_shares(table, is_orig=True)


@pytest.mark.parametrize("as_rows", [True, False], ids=["rows", "tables"])
def test_a_burst_is_named_with_what_stands_out_in_it(as_rows: bool, put: Put) -> None:
    if as_rows:
        load = workload(put(SURGE))
    else:
        load = workload(put(counts(SURGE)), hosts=put(hosts(SURGE)), connections=put(connections(SURGE)))
    (burst,) = load.bursts
    assert (burst.start, burst.seconds, burst.events, burst.bytes) == (int(START.timestamp()) + 50, 1, 201, 2010)
    assert burst.causes == (("connection_attempt", 198.0),)
    assert burst.protocols == (("tcp", 198.0),)
    for causes, host in ((burst.originators, "10.0.0.1"), (burst.responders, "192.0.2.80")):
        assert [what for what, _ in causes] == [host]
        assert causes[0][1] == pytest.approx(197.97)
    # The protocol of a connection in a second is what was told by then, at most: here that of rows is of the second.
    ((connection, excess),) = burst.connections
    assert connection.startswith("10.0.0.1:1000 > 192.0.2.80:80 ")
    assert excess == pytest.approx(197.97)


def test_seconds_of_a_burst_that_follow_each_other_are_one() -> None:
    loud = [(50.0 + at / 100, "dns_request", "dns", 10, NAMES) for at in range(200)]
    (burst,) = workload(rows(QUIET + loud)).bursts
    assert (burst.seconds, burst.events) == (2, 202)
    ((what, excess),) = burst.causes
    assert what == "dns_request"
    assert excess == pytest.approx(202 - 2 * 3.0)


def test_connections_of_a_burst_with_the_same_ends_are_one() -> None:
    again: Ends = ("Cagain", *WEB[1:])
    surge = [(50.0 + at / 1000, "connection_attempt", "tcp", 10, end) for at in range(100) for end in (WEB, again)]
    (burst,) = workload(rows(QUIET + surge)).bursts
    ((_, excess),) = burst.connections
    assert excess > 190


def test_many_bursts_of_many_connections_take_no_longer_each_than_a_few() -> None:
    def ends(at: int) -> Ends:
        return (f"C{at}", f"10.0.{at >> 8}.{at & 255}", 1000, "192.0.2.53", 53)

    began = process_time()
    load = workload(rows([(100.0 * at, "dns_request", "dns", 10, ends(at)) for at in range(8000)]))
    assert len(load.bursts) == 8000
    assert {len(burst.connections) for burst in load.bursts} == {1}
    # Each looked for among all of them would take ten times as long.
    assert process_time() - began < 4


def test_intervals_are_told_without_events_too_but_not_after_a_jump_of_the_clock() -> None:
    pause = [(at, "dns_request", "dns", 10, NAMES) for at in (0.0, 120.0)]
    found = intervals(rows(pause), 60)
    assert [(each.start - int(START.timestamp()), each.events) for each in found] == [(0, 1), (60, 0), (120, 1)]
    jumped = rows([*pause, (3e7, "dns_request", "dns", 10, NAMES)])
    found = intervals(jumped, 60)
    assert [(each.start - int(START.timestamp()), each.events) for each in found] == [(0, 1), (120, 1), (3e7, 1)]


@EITHER
def test_the_order_of_rows_and_their_cutting_do_not_matter(as_table: Put) -> None:
    assert workload(as_table(SURGE.reverse())) == workload(as_table(SURGE))
    parts = pl.concat([per_second(as_table(SURGE[at : at + 7])) for at in reversed(range(0, SURGE.height, 7))])
    whole = per_second(as_table(SURGE))
    order = ["second", "name", "protocol"]
    assert parts.group_by(order).agg(pl.col("events", "bytes").sum()).sort(order).equals(whole.sort(order))


def test_shares_of_hosts_and_types_add_up_to_all_events() -> None:
    for by in ("name", "protocol"):
        assert sum(n for _, n, _ in shares(SURGE, by)) == SURGE.height
    for is_orig in (True, False):
        assert sum(n for _, n, _ in host_shares(SURGE, is_orig=is_orig)) == SURGE.height - 1  # but ARP


@pytest.mark.parametrize("table", [EVENTS, EVENT_COUNTS], ids=["rows", "counts"])
def test_no_events_are_no_workload(table: Any, put: Put) -> None:
    load = workload(put(empty(table)))
    assert (load.events.total, load.events.seconds, load.timeline, load.bursts) == (0, 0, (), ())
    assert load.bytes_per_event == 0.0
    assert shares(put(empty(table)), "name") == []
    assert host_shares(put(empty(EVENT_HOSTS)), is_orig=True) == []
    assert heaviest(put(empty(EVENT_CONNECTIONS))) == []
