"""A surge at a tenth of the memory: the small version of benches/surge.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benches.surge import TENTH, Way, look
from wiretell import _native
from wiretell.analyses.behavior import BehaviorOptions, behavior
from wiretell.sources.capture import meter_flows
from wiretell.sources.meter_options import MeterOptions


def synthesized(path: Path, seed: int, factor: int) -> Path:
    options: dict[str, Any] = {
        "seed": seed,
        "packets": 200_000,
        "rate": 1.0,
        "duration": 290.0,
        "snaplen": 96,
        "scenario": "surge",
    }
    _native.synthesize(str(path), None, **options, surge_factor=factor, start_ns=1_735_689_600 * 10**9)
    return path


@pytest.fixture(params=[3, 4, 5])
def surge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred times the flow rate of the mix, about 100,000 flows."""
    return synthesized(tmp_path_factory.mktemp("surge") / "surge.pcap", request.param, 100)


@pytest.fixture(params=[3, 4, 5])
def lesser_surge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten times the flow rate of the mix: many addresses of some flows each are left when large ones are taken out."""
    return synthesized(tmp_path_factory.mktemp("surge") / "lesser.pcap", request.param, 10)


def way(path: Path, keep: int | None = None, *, uniformly: bool = False) -> Way:
    values = look(path, keep, uniformly=uniformly)
    return Way(**{**values, "clusters": {tuple(key): number for key, number in values["clusters"]}})


def test_at_a_tenth_of_the_memory_clusters_and_their_classes_are_kept_as_well_as_by_a_sample(surge: Path) -> None:
    whole = way(surge)
    budget = whole.table_bytes // TENTH
    ours = way(surge, budget // 240)
    assert ours.table_bytes + ours.filter_bytes <= budget
    sample = way(surge, budget // 140, uniformly=True)
    assert sample.table_bytes <= budget
    kept, same, _ = ours.score(whole)
    kept_of_sample, same_of_sample, _ = sample.score(whole)
    assert len(whole.clusters) > 50
    assert same >= 0.95 * len(whole.clusters)
    assert kept >= kept_of_sample
    assert same >= same_of_sample


def test_the_uncertainty_that_ends_the_search_for_clusters_is_nearly_that_of_all_flows(lesser_surge: Path) -> None:
    def uncertainty(keep: int | None) -> pl.DataFrame:
        metered = meter_flows(lesser_surge, MeterOptions(interval_seconds=300, keep_flows=keep, threads=1))
        found = behavior(metered.flows, BehaviorOptions(), None if keep is None else metered.cluster_counts)
        return pl.DataFrame(found.thresholds).select("window", "dimension", "round", "uncertainty")

    both = uncertainty(None).join(uncertainty(2_500), on=["window", "dimension", "round"], suffix="_told")
    assert both.height >= 8
    off = both.select((pl.col("uncertainty_told") - pl.col("uncertainty")).abs().max()).item()
    assert off < 0.03
