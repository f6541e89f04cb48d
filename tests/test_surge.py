"""A surge at a tenth of the memory: the small version of benches/surge.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benches.surge import TENTH, Way, look
from wiretell import _native


@pytest.fixture(params=[3, 4, 5])
def surge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred times the flow rate of the mix, about 100,000 flows."""
    path = tmp_path_factory.mktemp("surge") / "surge.pcap"
    options: dict[str, Any] = {
        "seed": request.param,
        "packets": 200_000,
        "rate": 1.0,
        "duration": 290.0,
        "snaplen": 96,
        "scenario": "surge",
    }
    _native.synthesize(str(path), None, **options, surge_factor=100, start_ns=1_735_689_600 * 10**9)
    return path


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
