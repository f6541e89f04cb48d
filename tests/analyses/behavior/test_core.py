"""Laws of the whole analysis: windows stand alone, the order of rows does not matter, flows need no meter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from wiretell.analyses.behavior import BehaviorOptions, behavior
from wiretell.engines.polars import polars_schema
from wiretell.errors import SchemaError, UsageError
from wiretell.schema import CLUSTERS, PROFILES, STATES, THRESHOLDS

from .flows import NOON, flow, host, rows, syn, table

LATER = NOON + timedelta(minutes=5)
TABLES = ("thresholds", "clusters", "states", "profiles")


def mixed(seed: int, moment: Any = NOON) -> list[dict[str, Any]]:
    web = [flow(host(i * seed % 97), host(0, 20), 2000 + i, 80, start=moment, window=moment) for i in range(300)]
    scan = [syn("192.0.2.7", host(i, 30), 3000 + i, 445, start=moment, window=moment) for i in range(200)]
    return web + scan


def test_windows_give_what_each_gives_alone(engine: Any) -> None:
    first, second = mixed(7), mixed(11, LATER)
    both = behavior(engine(table(first + second)))
    parts = [behavior(engine(table(part))) for part in (first, second)]
    for name in TABLES:
        assert rows(getattr(both, name)) == [row for part in parts for row in rows(getattr(part, name))]


def test_every_engine_says_the_same(engine: Any) -> None:
    reflected = [flow(host(i, 40), host(9, 50), 161, 50_000, protocol=17, packets=8, size=1400) for i in range(200)]
    pings = [flow(host(3, 50), host(i, 51), 8, 0, protocol=1, packets=1) for i in range(60)]
    flows = table(mixed(7) + mixed(11, LATER) + reflected + pings)
    expected, found = behavior(flows), behavior(engine(flows))
    assert "flood_target" in {row["profile"] for row in rows(expected.profiles)}
    for name in TABLES:
        assert rows(getattr(found, name)) == rows(getattr(expected, name))


@pytest.mark.parametrize("flows_at_once", [1, 700, 10_000])
def test_windows_give_the_same_one_by_one_and_together(monkeypatch: pytest.MonkeyPatch, flows_at_once: int) -> None:
    flows = [f for n in range(5) for f in mixed(7 + 2 * n, NOON + n * timedelta(minutes=5))]
    whole = behavior(table(flows))
    monkeypatch.setattr("wiretell.analyses.behavior.batches.FLOWS", flows_at_once)
    parts = behavior(table(flows))
    for name in TABLES:
        assert rows(getattr(whole, name)) == rows(getattr(parts, name))


def test_the_order_of_flows_does_not_matter(engine: Any) -> None:
    flows = table(mixed(7))
    one, other = behavior(engine(flows)), behavior(engine(flows.sample(fraction=1.0, shuffle=True, seed=3)))
    for name in TABLES:
        assert rows(getattr(one, name)) == rows(getattr(other, name))


def test_flows_without_a_window_belong_to_that_of_their_start(engine: Any) -> None:
    flows = [
        flow("192.0.2.1", host(i), 1024 + i, 80, window=None, start=NOON + timedelta(seconds=i)) for i in range(600)
    ]
    found = rows(behavior(engine(table(flows)), BehaviorOptions(interval_seconds=300)).profiles)
    assert {row["window"] for row in found} == {NOON, LATER}


def test_a_port_beyond_16_bits_counts_as_none(engine: Any) -> None:
    told = behavior(engine(table([flow(host(1), host(2), 93_145, 80), flow(host(3), host(2), 65_535, 80)])))
    assert {row["key"] for row in rows(told.clusters) if row["dimension"] == "src_port"} == {"0", "65535"}


def test_results_have_the_declared_columns(engine: Any) -> None:
    result = behavior(engine(table(mixed(7))))
    for name, declared in zip(TABLES, (THRESHOLDS, CLUSTERS, STATES, PROFILES), strict=True):
        assert pl.DataFrame(getattr(result, name).to_arrow()).schema == polars_schema(declared)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="tcp_flags"):
        behavior(table(mixed(7)).drop("tcp_flags"))


@pytest.mark.parametrize("name", ["start", "src_ip", "dst_port"])
def test_a_column_of_another_type_is_named(name: str) -> None:
    kind = {"start": pl.Datetime("us"), "src_ip": pl.Binary(), "dst_port": pl.String()}[name]
    with pytest.raises(SchemaError, match=f"in {name}"):
        behavior(table(mixed(7)).with_columns(pl.lit(None).cast(kind).alias(name)))


@pytest.mark.parametrize("wrong", [{"beta": 1.0}, {"alpha": 0.0}, {"delta": 2.0}, {"epsilon_port": 0.5}])
def test_constants_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        BehaviorOptions(**wrong)  # type: ignore[arg-type]
