"""The event workload: the same from rows and from counts, on hand-made seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from wiretell.analyses.workload import per_second, shares, workload
from wiretell.engines.polars import empty
from wiretell.schema import EVENT_COUNTS, EVENTS

START = datetime(2026, 1, 1, tzinfo=UTC)


def rows(events: list[tuple[float, str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ts": [START + timedelta(seconds=second) for second, *_ in events],
            "name": [name for _, name, _, _ in events],
            "protocol": [protocol for _, _, protocol, _ in events],
            "size": [size for *_, size in events],
        },
        schema_overrides={"ts": pl.Datetime("us", "UTC")},
    )


def counts(frame: pl.DataFrame) -> pl.DataFrame:
    second = pl.col("ts").dt.truncate("1s").alias("second")
    sums = frame.group_by(second, "name", "protocol").agg(events=pl.len().cast(pl.Int64), bytes=pl.col("size").sum())
    # A second may have several rows.
    return pl.concat([sums.with_columns(events=pl.lit(0, pl.Int64), bytes=pl.lit(0, pl.Int64)), sums])


TRAFFIC = rows(
    [
        (0.0, "dns_request", "dns", 100),
        (0.9, "dns_request", "dns", 100),
        (0.9, "http_request", "http", 300),
        (3.0, "http_request", "http", 500),
    ]
)


@pytest.mark.parametrize("frame", [TRAFFIC, counts(TRAFFIC)], ids=["rows", "counts"])
def test_rates_count_silent_seconds_too(frame: pl.DataFrame) -> None:
    load = workload(frame)
    assert (load.events.total, load.events.seconds, load.events.peak, load.bytes.total) == (4, 4, 3, 1000)
    assert load.events.mean == 1.0
    assert load.events.sigma == pytest.approx(1.5**0.5)
    assert load.events.percentiles[50] == 0.5
    assert load.bytes_per_event == 250.0
    assert [row[1:] for row in load.timeline] == [(3, 500), (1, 500)]


@pytest.mark.parametrize("frame", [TRAFFIC, counts(TRAFFIC)], ids=["rows", "counts"])
def test_shares_are_of_events_and_of_bytes(frame: pl.DataFrame) -> None:
    assert shares(frame, "protocol") == [("dns", 2, 200), ("http", 2, 800)]
    assert shares(frame, "name") == [("dns_request", 2, 200), ("http_request", 2, 800)]


def test_the_order_of_rows_and_their_cutting_do_not_matter() -> None:
    parts = [per_second(TRAFFIC[at : at + 1]) for at in reversed(range(4))]
    assert workload(TRAFFIC.reverse()) == workload(TRAFFIC)
    assert sum(part["events"].sum() for part in parts) == 4


def test_a_burst_is_named_with_what_caused_it() -> None:
    quiet = [(float(second), "dns_request", "dns", 10) for second in range(100)]
    loud = [(50.0, "connection_attempt", "tcp", 10)] * 200
    (burst,) = workload(rows(quiet + loud)).bursts
    assert (burst.start, burst.seconds, burst.events) == (int(START.timestamp()) + 50, 1, 201)
    assert burst.causes[0][0] == "connection_attempt"


@pytest.mark.parametrize("table", [EVENTS, EVENT_COUNTS], ids=["rows", "counts"])
def test_no_events_are_no_workload(table: object) -> None:
    load = workload(empty(table))  # type: ignore[arg-type]
    assert (load.events.total, load.events.seconds, load.timeline, load.bursts) == (0, 0, (), ())
