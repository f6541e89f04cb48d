"""Small random flows: the engines say what the definitions say."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wiretell.analyses.behavior import Behavior, BehaviorOptions, behavior

from .flows import flow, rows, table
from .oracle import ORDER, behavior_class, significant, significant_exactly, states, uncertainty

_PLACES = st.sampled_from(["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "2001:db8::2"])
_PORTS = st.sampled_from([0, 53, 80, 80, 443, 50_000, 65_535])
_FLOWS = st.lists(st.builds(flow, _PLACES, _PLACES, _PORTS, _PORTS), min_size=1, max_size=60)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flows=_FLOWS, mode=st.sampled_from(["paper", "exact"]))
def test_results_are_those_of_the_definitions(engine: Any, flows: list[dict[str, Any]], mode: Any) -> None:
    check(flows, behavior(engine(table(flows)), BehaviorOptions(mode=mode)), mode)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(100, 400))
def test_results_of_more_flows_are_those_of_the_definitions(seed: int, size: int) -> None:
    chance = random.Random(seed)
    places = [f"10.0.0.{i}" for i in range(12)]
    ports = [53, 80, 443, *range(50_000, 50_020)]

    def some(values: list[Any]) -> Any:
        return values[min(int(chance.expovariate(0.5)), len(values) - 1)]

    flows = [flow(some(places), some(places), some(ports), some(ports)) for _ in range(size)]
    check(flows, behavior(table(flows)), "paper")


def check(flows: list[dict[str, Any]], result: Behavior, mode: str) -> None:
    clusters, found = rows(result.clusters), rows(result.states)
    select = significant if mode == "paper" else significant_exactly
    for dimension in ORDER:
        mine = {row["key"]: row for row in clusters if row["dimension"] == dimension}
        chosen = {str(value) for value in select(flows, dimension)}
        assert {key for key, row in mine.items() if row["significant"]} == chosen
        frequent = {
            str(f[dimension]) for f in flows if sum(g[dimension] == f[dimension] for g in flows) / len(flows) >= 0.02
        }
        assert set(mine) == chosen | frequent
        for key, row in mine.items():
            part = [f for f in flows if str(f[dimension]) == key]
            assert row["flows"] == len(part)
            for free in ORDER[dimension]:
                assert row[f"ru_{free}"] == pytest.approx(uncertainty(part, free), abs=1e-9)
                assert row[f"distinct_{free}"] == len({f[free] for f in part})
            near = any(_on_a_border(row[f"ru_{free}"]) for free in ORDER[dimension])
            assert near or row["behavior_class"] == behavior_class(part, dimension)
            if not _tied([row[f"ru_{free}"] for free in ORDER[dimension]]):
                own = [r for r in found if (r["dimension"], r["key"]) == (dimension, key)]
                got = {tuple(r[free] for free in ORDER[dimension]): r["flows"] for r in own}
                assert got == states(part, dimension)


def _on_a_border(value: float) -> bool:
    return any(abs(value - border) < 1e-9 for border in (0.2, 0.3, 0.7, 0.8))


def _tied(values: list[float]) -> bool:
    """Whether rounding alone may decide the order of two dimensions."""
    first, second, third = sorted(values)
    return 0 < second - first < 1e-9 or 0 < third - second < 1e-9
