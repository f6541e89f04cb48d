"""How often each canonical profile is right on synthesized traces with labels: a Markdown table for docs/behavior.md.

    python -m benches.behavior_score 31 32

The arguments are seeds; take some that no rule was written with.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.analyses.behavior.test_synth import SCENARIOS, SECONDS, judged
from tests.analyses.behavior.truth import Score
from wiretell.analyses.behavior.verdicts import PROFILES


def main(seeds: list[int]) -> None:
    score = Score()
    with TemporaryDirectory() as folder:
        for seed in seeds:
            for scenario in SCENARIOS:
                rows, labels = judged(Path(folder), scenario, seed)
                score.add(rows, labels, SECONDS)
    print("| profile | right | wrongly given | missed | precision | recall |\n|---|---:|---:|---:|---:|---:|")
    for profile in PROFILES:
        counts = f"{score.right[profile]:,} | {score.wrong[profile]:,} | {score.missed[profile]:,}"
        print(f"| {profile} | {counts} | {score.precision(profile):.3f} | {score.recall(profile):.3f} |")
    for error in score.errors:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
