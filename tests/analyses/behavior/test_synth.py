"""Synthesized traces with labels: how often each canonical profile is right, and whether each attack is found."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from wiretell._native import synthesize
from wiretell.analyses.behavior import behavior
from wiretell.sources.capture import read_flows
from wiretell.sources.meter_options import MeterOptions

from .truth import Labels, Score

SECONDS = 300
SCENARIOS = ("benign", "mix", "scan", "worm", "flood", "reflection", "flash")
SEEDS = (3, 4)


def judged(folder: Path, scenario: str, seed: int) -> tuple[list[dict[str, object]], Labels]:
    capture, truth = folder / f"{scenario}-{seed}.pcap", folder / f"{scenario}-{seed}.jsonl"
    synthesize(
        str(capture), str(truth), seed=seed, packets=150_000, rate=250.0, duration=600.0, snaplen=96, scenario=scenario,
        surge_factor=10, start_ns=1_767_225_600_000_000_000,
    )  # fmt: skip
    flows = read_flows(capture, MeterOptions(interval_seconds=SECONDS))
    capture.unlink()
    return pl.DataFrame(behavior(flows).profiles).to_dicts(), Labels.read(truth)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], tuple[list[dict[str, object]], Labels]]:
    folder = tmp_path_factory.mktemp("synth")
    return {(scenario, seed): judged(folder, scenario, seed) for scenario in SCENARIOS for seed in SEEDS}


@pytest.mark.parametrize("profile", ["server", "heavy_hitter", "scan", "flood_target"])
def test_precision_and_recall_of_each_profile(
    traces: dict[tuple[str, int], tuple[list[dict[str, object]], Labels]], profile: str
) -> None:
    score = Score()
    for rows, labels in traces.values():
        score.add(rows, labels, SECONDS)
    assert score.right[profile] >= 10
    assert score.precision(profile) >= 0.95, score.errors
    assert score.recall(profile) >= 0.95, score.errors


def test_every_attack_is_found_at_its_source_or_target(
    traces: dict[tuple[str, int], tuple[list[dict[str, object]], Labels]],
) -> None:
    wanted = {"horizontal-scan": "scan", "vertical-scan": "scan", "worm": "scan", "syn-flood": "flood_target"} | {
        "dns-reflection": "flood_target", "ntp-reflection": "flood_target"
    }  # fmt: skip
    for (scenario, seed), (rows, labels) in traces.items():
        found = {(row["profile"], row["key"]) for row in rows}
        for attack in labels.attacks:
            if attack["name"] in wanted:
                profile = wanted[attack["name"]]
                known = attack["sources"] if profile == "scan" else attack["targets"]
                assert any((profile, address) in found for address in known), (scenario, seed, attack["name"])


def test_a_flash_crowd_is_no_flood(traces: dict[tuple[str, int], tuple[list[dict[str, object]], Labels]]) -> None:
    for seed in SEEDS:
        rows, _ = traces["flash", seed]
        assert not [row["sentence"] for row in rows if row["profile"] in {"flood_target", "flood_source", "scan"}]
