"""Rows that stand for several flows: estimates come near to what all flows give."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.analyses.behavior.flows import flow, host, rows, syn, table
from wiretell.analyses.behavior import behavior
from wiretell.analyses.behavior.dimensions import DIMENSIONS


def _world() -> pl.DataFrame:
    """A scanner, a server with regular clients, a proxy, and a crowd that nobody stands out of."""
    draw = random.Random(7)
    scan = [syn("10.0.0.1", host(n, 172), 40_000, 445) for n in range(6_000)]
    serve = [flow("10.0.0.2", host(draw.randrange(300), 192), 443, 1_024 + n % 60_000) for n in range(6_000)]
    proxy = [flow("10.0.0.3", host(draw.randrange(10), 11), 1_024 + n % 60_000, 8080) for n in range(4_000)]
    crowd = [flow(host(n, 20), host(n, 30), 1_024 + n, 50_000 + n % 9_000) for n in range(2_000)]
    return table([*scan, *serve, *proxy, *crowd])


def _sampled(flows: pl.DataFrame, one_in: int, seed: int) -> pl.DataFrame:
    draw = random.Random(seed)
    kept = pl.Series([draw.random() * one_in < 1 for _ in range(flows.height)])
    return flows.filter(kept).with_columns(sampling=pl.lit(one_in, pl.Int64))


def _clusters(result: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["dimension"], row["key"]): row for row in rows(result.clusters) if row["significant"]}


def _counts(flows: pl.DataFrame, kept_rows: pl.DataFrame) -> pl.DataFrame:
    """The true `cluster_counts` of flows of which some rows were kept."""
    parts = []
    for dimension in ("src_ip", "dst_ip", "src_port", "dst_port"):
        kept = kept_rows.group_by(key=pl.col(dimension).cast(pl.String)).agg(kept_flows=pl.len().cast(pl.Int64))
        counts = flows.group_by("window", key=pl.col(dimension).cast(pl.String)).agg(
            flows=pl.len().cast(pl.Int64), packets=pl.col("packets").sum(), bytes=pl.col("bytes").sum()
        )
        logs = pl.col("flows") * pl.col("flows").cast(pl.Float64).log()
        counts = counts.join(kept, on="key", how="left").with_columns(
            pl.col("kept_flows").fill_null(0),
            dimension=pl.lit(dimension),
            flows_error=pl.lit(0, pl.Int64),
            values=pl.lit(1, pl.Int64),
            flow_logs=logs,
            spread_flows=pl.lit(None, pl.Int64),
            **{f"distinct_{free}": pl.lit(None, pl.Int64) for free in DIMENSIONS},
            **{f"entropy_{free}": pl.lit(None, pl.Float64) for free in DIMENSIONS},
        )
        parts.append(counts.select(sorted(counts.columns)))
    return pl.concat(parts)


def test_a_sample_with_weights_has_the_classes_and_counts_of_all_flows() -> None:
    flows = _world()
    truth = _clusters(behavior(flows))
    assert {key for _, key in truth} >= {"10.0.0.1", "10.0.0.2", "10.0.0.3", "445", "443", "8080"}
    for seed in range(3):
        found = _clusters(behavior(_sampled(flows, 10, seed)))
        assert truth.keys() <= found.keys()
        for name, row in truth.items():
            got = found[name]
            # Four standard deviations of a count of which one in ten is kept.
            rel = 4 * 3 / row["flows"] ** 0.5
            assert got["flows"] == pytest.approx(row["flows"], rel=rel)
            assert got["packets"] == pytest.approx(row["packets"], rel=rel)
            if row["flows"] < 2_000:
                continue
            assert got["behavior_class"] == row["behavior_class"], name
            for column in ("ru_src_ip", "ru_dst_ip", "ru_src_port", "ru_dst_port"):
                if row[column] is not None:
                    assert got[column] == pytest.approx(row[column], abs=0.05), (name, column)


def test_weights_of_one_change_nothing_beside_rows_that_stand_for_more() -> None:
    """One row of another window stands for two flows: that window alone changes."""
    flows = _world()
    later = flows.head(50).with_columns(pl.col("window") + pl.duration(minutes=5), sampling=pl.lit(2, pl.Int64))
    plain = rows(behavior(flows).clusters)
    beside = [row for row in rows(behavior(pl.concat([flows, later])).clusters) if row["window"] == flows["window"][0]]
    assert beside == plain


def test_true_counts_decide_what_is_significant_and_scale_sums(engine: Callable[[pl.DataFrame], Any]) -> None:
    flows = _world()
    sample = _sampled(flows, 10, 1)
    truth = behavior(flows)
    found = behavior(engine(sample), counts=engine(_counts(flows, sample)))
    assert rows(found.thresholds) == rows(truth.thresholds)
    expected, got = _clusters(truth), _clusters(found)
    assert expected.keys() == got.keys()
    assert all(got[name]["flows"] == expected[name]["flows"] for name in expected)
    assert all(got[name]["behavior_class"] == expected[name]["behavior_class"] for name in expected)


def test_counts_of_windows_that_lost_no_row_give_what_the_plain_analysis_gives() -> None:
    """All rows stand for themselves, and the counts say the same: the weighted estimates are then exact."""
    flows = _world()
    plain, weighted = behavior(flows), behavior(flows, counts=_counts(flows, flows))
    for name in ("thresholds", "clusters", "states", "profiles"):
        one, other = (pl.DataFrame(getattr(result, name)) for result in (plain, weighted))
        assert one.height > 0
        assert_frame_equal(one, other, check_row_order=False, rel_tol=1e-9)


def test_no_sentence_has_more_different_values_than_flows_and_estimates_are_called_so() -> None:
    scan = table([syn("10.0.0.1", "192.0.2.9", 40_000, 1 + n) for n in range(600)])
    sample = _sampled(scan, 4, 3)
    counts = _counts(scan, sample).with_columns(
        spread_flows=pl.when(pl.col("dimension") != "dst_port").then(pl.lit(600, pl.Int64)),
        **{f"distinct_{free}": pl.lit(870 if free == "dst_port" else 1, pl.Int64) for free in DIMENSIONS},
        **{f"entropy_{free}": pl.lit(6.39 if free == "dst_port" else 0.0) for free in DIMENSIONS},
    )
    found = {(row["dimension"], row["key"]): row for row in rows(behavior(sample, counts=counts).profiles)}
    assert found["src_ip", "10.0.0.1"]["sentence"].startswith("10.0.0.1 scans about 600 tcp ports of 192.0.2.9: ")
    exact = {(row["dimension"], row["key"]): row for row in rows(behavior(scan, counts=_counts(scan, scan)).profiles)}
    assert exact["src_ip", "10.0.0.1"]["sentence"].startswith("10.0.0.1 scans 600 tcp ports of 192.0.2.9: ")
