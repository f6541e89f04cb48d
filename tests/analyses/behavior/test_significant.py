"""Step 1: which values stand out, and where the search ends."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl
import pytest

from wiretell.analyses.behavior import BehaviorOptions, behavior
from wiretell.analyses.behavior.significant import cuts

from .flows import flow, host, rows, table
from .oracle import significant, significant_exactly

STRICT = BehaviorOptions(frequent=False)


def by_source(counts: list[int]) -> pl.DataFrame:
    """Flows of which source i has `counts[i]`."""
    return table(
        flow(host(i), host(0, 20), 1024 + j % 50_000, 80) for i, count in enumerate(counts) for j in range(count)
    )


def sources(result: Any) -> set[str]:
    return {row["key"] for row in rows(result.clusters) if row["dimension"] == "src_ip"}


def trail(result: Any, dimension: str = "src_ip") -> list[dict[str, Any]]:
    return [row for row in rows(result.thresholds) if row["dimension"] == dimension]


def test_thresholds_halve_from_two_percent(engine: Any) -> None:
    counts = [max(1, 4000 // (i + 1)) for i in range(3000)]
    result = behavior(engine(by_source(counts)), STRICT)
    for row in trail(result)[1:]:
        assert row["threshold"] == pytest.approx(0.02 * 2.0 ** -(row["round"] - 1))
    # the thresholds that DSN 2007, 2.1 reports, of which 0.0626 % is 2 % * 2^-5
    published = {round(2 * 2.0**-k, 5) for k in (1, 3, 5, 6)}
    assert published == {1.0, 0.25, 0.0625, 0.03125}


def test_a_share_on_a_threshold_is_above_it(engine: Any) -> None:
    total = 2**11 * 50  # 2 % halved k times is 2^(11 - k) flows, exactly
    on = [2 ** (11 - k) for k in range(12)]
    under = [2 ** (11 - k) - 1 for k in range(10)]
    rest = total - sum(on) - sum(under)
    counts = pl.DataFrame({"w": 0, "flows": [*on, *under, *[1] * rest]}, schema_overrides={"w": pl.Int64})
    given = nw.from_native(engine(counts.with_row_index("value").cast({"value": pl.Int64})))
    frame = given.lazy(backend="polars") if given.implementation.is_pyarrow() else given.lazy()
    found = cuts(frame, BehaviorOptions(beta=0.999999)).sort("round").collect()
    by_round = dict(zip(found["round"].to_list(), found["significant"].to_list(), strict=True))
    assert by_round[1] == 1
    assert by_round[2] == 3  # 1,024 on its threshold, and 2,047, just below 2 %
    assert by_round[6] == 11


def test_zipf_sources_are_cut_as_the_algorithm_says(engine: Any) -> None:
    flows = by_source([max(1, 2000 // (i + 1)) for i in range(1500)])
    assert sources(behavior(engine(flows), STRICT)) == significant(rows(flows), "src_ip")


def test_exact_mode_takes_the_smallest_set(engine: Any) -> None:
    flows = by_source([max(1, 2000 // (i + 1)) for i in range(1500)])
    exact = sources(behavior(engine(flows), BehaviorOptions(mode="exact", frequent=False)))
    assert exact == significant_exactly(rows(flows), "src_ip")


def test_halving_overshoots_the_exact_cut(engine: Any) -> None:
    zipf = [round(25_000 / (i + 1)) for i in range(25_000)]
    counts = pl.DataFrame({"w": 0, "value": range(25_000), "flows": zipf}, schema_overrides={"w": pl.Int64})
    sizes = []
    for mode in ("exact", "paper"):
        given = nw.from_native(engine(counts))
        frame = given.lazy(backend="polars") if given.implementation.is_pyarrow() else given.lazy()
        end = cuts(frame, BehaviorOptions(mode=mode)).filter(nw.col("last")).collect()
        sizes.append(end["significant"].to_list()[0])
        assert end["uncertainty"].to_list()[0] > 0.9
    assert sizes[0] < sizes[1] < 2 * sizes[0]


def test_spoofed_sources_leave_the_set_empty_and_that_is_reported(engine: Any) -> None:
    result = behavior(engine(by_source([1] * 500)), STRICT)
    (only,) = trail(result)
    assert (only["significant"], only["round"], only["last"]) == (0, 0, True)
    assert only["uncertainty"] == pytest.approx(1.0)
    assert sources(result) == set()


def test_a_value_that_is_alone_stands_out(engine: Any) -> None:
    result = behavior(engine(by_source([20])), STRICT)
    assert sources(result) == {host(0)}
    assert trail(result)[-1]["uncertainty"] is None


def test_ties_move_together_in_exact_mode(engine: Any) -> None:
    flows = by_source([300, 300, 300] + [1] * 200)
    result = behavior(engine(flows), BehaviorOptions(mode="exact", frequent=False))
    assert sources(result) == {host(0), host(1), host(2)}


def test_the_search_stops_when_one_value_is_left(engine: Any) -> None:
    result = behavior(engine(by_source([1000, 1])), STRICT)
    assert sources(result) == {host(0)}
    assert trail(result)[-1]["rest"] == 1


def test_frequent_values_of_a_random_dimension_are_profiled_but_not_significant(engine: Any) -> None:
    result = behavior(engine(by_source([50, 50])))
    found = [row for row in rows(result.clusters) if row["dimension"] == "src_ip"]
    assert [row["significant"] for row in found] == [False, False]


def test_no_flows_give_empty_tables(engine: Any) -> None:
    result = behavior(engine(table([])))
    assert [rows(frame) for frame in (result.clusters, result.states, result.profiles, result.thresholds)] == [[]] * 4
