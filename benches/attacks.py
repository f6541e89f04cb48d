"""What `wiretell behavior` finds in real captures with labels: a Markdown table for docs/behavior.md.

    python benches/attacks.py ../shared/data/attack/LABELS.tsv

A label that names a scan or a flood is *found* if some address gets a verdict of that kind; for any other label a
verdict of a scan or a flood is an alarm to look at.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl

from wiretell.analyses.behavior import behavior
from wiretell.errors import WiretellError
from wiretell.sources.capture import read_flows
from wiretell.sources.meter_options import MeterOptions

WANTED = {"scan": {"scan", "scan_target"}, "ddos": {"flood_source", "flood_target"}, "worm/exploit": {"scan"}}
ALARMS = {"scan", "scan_target", "flood_source", "flood_target"}


def verdicts(path: Path) -> tuple[int, list[dict[str, object]]]:
    """Flows of a capture, and its alarms: one sentence per address and verdict, the largest first."""
    flows = read_flows(path, MeterOptions(interval_seconds=300))
    rows = pl.DataFrame(behavior(flows).profiles).to_dicts()
    rows = [row for row in rows if row["profile"] in ALARMS and not row["dimension"].endswith("port")]
    rows.sort(key=lambda row: -row["flows"])
    return flows.height, rows


def main(labels: Path) -> None:
    root = labels.parent.parent
    with labels.open() as file:
        listed = list(csv.DictReader(file, delimiter="\t"))
    alarms: dict[str, Counter[str]] = defaultdict(Counter)
    print("| capture | label | flows | verdict |\n|---|---|---:|---|")
    for row in listed:
        kind = row["label"].split(":")[0]
        try:
            flows, found = verdicts(root / row["file"])
        except WiretellError as error:
            alarms[kind]["unreadable"] += 1
            if kind in WANTED:
                print(f"| {Path(row['file']).name} | {row['label']} | - | cannot be read: {error} |")
            continue
        alarms[kind]["captures"] += 1
        alarms[kind]["alarms"] += bool(found)
        if kind in WANTED:
            right = [each for each in found if each["profile"] in WANTED[kind]]
            alarms[kind]["found"] += bool(right)
            told = right[0]["sentence"] if right else "**missed**"
            print(f"| {Path(row['file']).name} | {row['label']} | {flows:,} | {told} |", flush=True)
        elif found:
            print(
                f"| {Path(row['file']).name} | {row['label']} | {flows:,} | alarm: {found[0]['sentence']} |", flush=True
            )
    print("\n| kind of label | captures | found | with an alarm |\n|---|---:|---:|---:|")
    for kind, counts in sorted(alarms.items()):
        found_text = counts["found"] if kind in WANTED else "-"
        print(f"| {kind} | {counts['captures']} | {found_text} | {counts['alarms']} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
