"""A surge metered three ways: all flows, a uniform sample, and the profiling-aware filter, at a tenth of the memory.

    python -m benches.surge [--packets N] [--factors 10 100] [--seeds S ...] [--runs R]

The reference is the run that keeps all flows. Its table of flows gives the budget: a tenth of its bytes. The filter pays
for its sketches from it; the uniform sample is charged for its table of flows alone. Both thin by the hash of the flow,
in the same table, and count what they thin. CPU is user and system time of metering and of the behavior analysis, each
the least of the runs; starting Python is not in it. A cluster is *kept* if it is significant in the same window and
dimension, and *unchanged* if its behavior class is the same, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.traces import OUT, wiretell

TENTH = 10
WINDOW_SECONDS = 300
"""The window of the paper."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """What one run says: its clusters with their classes, and what it took."""

    clusters: dict[Key, int]
    flows: int
    rows: int
    table_bytes: int
    filter_bytes: int
    meter_cpu: float
    analysis_cpu: float
    peak_bytes: int

    def score(self, reference: Way) -> tuple[int, int, int]:
        """Clusters of the reference that are kept, those of unchanged class, and clusters that it does not have."""
        kept = [key for key in reference.clusters if key in self.clusters]
        same = sum(self.clusters[key] == reference.clusters[key] for key in kept)
        return len(kept), same, len(self.clusters.keys() - reference.clusters.keys())


def surge(factor: int, packets: int, seed: int) -> Path:
    """The trace: a mix of which a flood of `factor` times as many flows is most."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"surge-{factor}-{packets}-{seed}.pcap"
    if not path.exists():
        half = path.with_suffix(".part")
        options = (
            f"--scenario surge --surge-factor {factor} --packets {packets} --seed {seed} --duration 290 --snaplen 96"
        )
        print(f"synthesizing {path.name}", file=sys.stderr)
        command = [wiretell(), "synth", str(half), *options.split(), "--truth", str(path.with_suffix(".jsonl"))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        half.rename(path)
    return path


def look(path: Path, keep: int | None = None, *, uniformly: bool = False) -> dict[str, Any]:
    """Meters and analyzes in this process; what `Way` needs."""
    import polars as pl

    from wiretell.analyses.behavior import BehaviorOptions, behavior
    from wiretell.sources.capture import meter_flows
    from wiretell.sources.meter_options import MeterOptions

    options = MeterOptions(interval_seconds=WINDOW_SECONDS, keep_flows=keep, keep_uniformly=uniformly, threads=1)
    began = _cpu()
    metered = meter_flows(path, options)
    meter_cpu = _cpu() - began
    counts = None if keep is None or uniformly else metered.cluster_counts
    result = behavior(metered.flows, BehaviorOptions(), counts)
    analysis_cpu = _cpu() - began - meter_cpu
    found = pl.DataFrame(result.clusters).filter("significant")
    room, thinned = metered.facts.flow_room, metered.facts.thinned
    assert room is not None
    rows = found.select(pl.col("window").cast(pl.String), "dimension", "key", "behavior_class").rows()
    return {
        "clusters": [[[window, dimension, key], number] for window, dimension, key, number in rows],
        "flows": metered.flows.height + sum(each.thinned_flows for each in thinned),
        "rows": metered.flows.height,
        "table_bytes": room.table_bytes,
        "filter_bytes": room.filter_bytes,
        "meter_cpu": meter_cpu,
        "analysis_cpu": analysis_cpu,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def way(path: Path, keep: int | None = None, *, uniformly: bool = False, runs: int = 1) -> Way:
    """The same in processes of its own, with the least of the CPU times."""
    words = [sys.executable, "-m", "benches.surge", "--one", str(path)]
    words += [] if keep is None else ["--keep", str(keep)]
    words += ["--uniformly"] if uniformly else []
    said = [json.loads(subprocess.run(words, check=True, capture_output=True).stdout) for _ in range(runs)]
    least = {name: min(float(each[name]) for each in said) for name in ("meter_cpu", "analysis_cpu")}
    values = said[0] | least
    return Way(**{**values, "clusters": {(key[0], key[1], key[2]): number for key, number in values["clusters"]}})


def at_most(path: Path, budget: int, *, uniformly: bool, runs: int) -> Way:
    """The run with the most flows whose bytes stay in the budget."""
    keep, found = max(budget // 250, 16), None
    for _ in range(4):
        found = way(path, keep, uniformly=uniformly)
        took = found.table_bytes if uniformly else found.table_bytes + found.filter_bytes
        if 0.93 * budget < took <= budget:
            break
        keep = int(keep * 0.98 * budget / took)
    return way(path, keep, uniformly=uniformly, runs=runs)


def table(path: Path, runs: int) -> list[str]:
    """The rows of the table of one trace."""
    reference = way(path, runs=runs)
    budget = reference.table_bytes // TENTH
    ways = {
        "no filter": reference,
        "uniform sample": at_most(path, budget, uniformly=True, runs=runs),
        "profiling-aware": at_most(path, budget, uniformly=False, runs=runs),
    }
    rows = []
    for name, each in ways.items():
        kept, same, extra = each.score(reference)
        total = len(reference.clusters)
        rows.append(
            f"| {name} | {each.rows:,} of {reference.rows:,} | {each.table_bytes / 1e6:.1f} + "
            f"{each.filter_bytes / 1e6:.1f} MB | {each.peak_bytes / 1e6:.0f} MB | {each.meter_cpu:.2f} + "
            f"{each.analysis_cpu:.2f} s | {kept} of {total} ({kept / total:.1%}) | {same} ({same / total:.1%}) "
            f"| {extra} |"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=4_000_000)
    parser.add_argument("--factors", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--uniformly", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one is not None:
        print(json.dumps(look(given.one, given.keep, uniformly=given.uniformly)))
        return
    for factor in given.factors:
        for seed in given.seeds:
            path = surge(factor, given.packets, seed)
            print(f"\n{factor} times the flow rate, {given.packets:,} packets, seed {seed}\n")
            names = ["", "flows with a row", "table + filter", "peak of the process", "CPU: meter + analysis"]
            names += ["clusters kept", "class unchanged", "others"]
            print("| " + " | ".join(names) + " |\n|---|---:|---:|---:|---:|---:|---:|---:|")
            print("\n".join(table(path, given.runs)), flush=True)


if __name__ == "__main__":
    main()
