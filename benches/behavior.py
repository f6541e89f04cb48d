"""The behavior analysis on flows of one window, from 100,000 to 10 million, beside DuckDB's SQL for one step of it.

`python -m benches.behavior [--flows N ...]`, run by `make bench`. Each run is a process of its own that reads the flows
into memory first; the time is that of the analysis alone: clusters, classes, states, profiles, findings. Runs alternate,
medians count. The peer computes only the relative uncertainties of the same clusters. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benches.behavior_flows import flows_file
from benches.report import machine
from benches.traces import OUT

SIZES = (100_000, 1_000_000, 3_000_000, 10_000_000)
MAIN = 1_000_000
FLOWS_PER_HOST = 8
"""So that a million flows have 120,000 hosts that are seen."""

Figures = dict[str, float]


@dataclass
class Row:
    """The runs of one program on flows of one size."""

    program: str
    flows: int
    runs: list[Figures] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(run[name] for run in self.runs)


def main() -> int:
    parser = argparse.ArgumentParser(prog="behavior", description=__doc__)
    parser.add_argument("--flows", type=int, nargs="+", default=SIZES, help="sizes")
    parser.add_argument("--runs", type=int, default=5, help="runs of each; the median counts")
    parser.add_argument("--markdown", type=Path, help="write the page there too")
    parser.add_argument("--once", nargs=2, metavar=("PROGRAM", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(PROGRAMS[options.once[0]](Path(options.once[1]))))
        return 0
    rows = [Row(program, flows) for flows in options.flows for program in PROGRAMS]
    for turn in range(options.runs):
        for row in rows:
            path = flows_file(OUT, row.flows, round(row.flows / FLOWS_PER_HOST))
            row.runs.append(once(row.program, path))
            print(f"{turn + 1}/{options.runs} {row.program} {row.flows:,}: {row.runs[-1]}", file=sys.stderr)
    bars = judged(rows)
    page = "\n".join([*table(rows), "", *(f"- {text}: {'holds' if holds else 'MISSED'}" for text, holds in bars), ""])
    print(page)
    if options.markdown:
        options.markdown.write_text(f"# Benchmark of the behavior analysis\n\n{machine()}\n\n{page}", encoding="utf-8")
    return 0 if all(holds for _, holds in bars) else 1


def once(program: str, path: Path) -> Figures:
    """One run, in a process of its own."""
    words = [sys.executable, "-m", "benches.behavior", "--once", program, str(path)]
    found: Figures = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


def table(rows: list[Row]) -> list[str]:
    lines = [
        "| flows | hosts | program | wall s | CPU s | µs of CPU per flow | peak MB | of it the input |",
        "|--:|--:|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        cpu = row.median("cpu")
        lines.append(
            f"| {row.flows:,} | {row.median('hosts'):,.0f} | {row.program} | {row.median('wall'):.2f} | {cpu:.2f} "
            f"| {cpu / row.flows * 1e6:.2f} | {row.median('peak') / 1e6:,.0f} | {row.median('input') / 1e6:,.0f} |"
        )
    return lines


def judged(rows: list[Row]) -> list[tuple[str, bool]]:
    """The bars, as far as their sizes were measured."""
    ours = {row.flows: row for row in rows if row.program == "wiretell"}
    bars = []
    if MAIN in ours:
        wall, peak = ours[MAIN].median("wall"), ours[MAIN].median("peak")
        bars.append((f"a million flows under 1 s: {wall:.2f} s", wall < 1))
        bars.append((f"a million flows under 500 MB: {peak / 1e6:.0f} MB", peak < 500e6))
    if MAIN in ours and max(ours) > MAIN:
        most = max(ours)
        growth = (ours[most].median("cpu") / most) / (ours[MAIN].median("cpu") / MAIN)
        bars.append(
            (f"linear: CPU per flow of {most:,} is less than 1.5 times that of a million: {growth:.2f}", growth < 1.5)
        )
    return bars


def wiretell(path: Path) -> Figures:
    """The whole analysis."""
    import polars as pl

    from wiretell.analyses.behavior import behavior, findings

    flows = pl.read_parquet(path)
    began = time.perf_counter(), time.process_time()
    result = behavior(flows)
    findings(result)
    return figures(began, flows)


def duckdb(path: Path) -> Figures:
    """The relative uncertainties of the clusters that the analysis finds, in plain SQL."""
    import duckdb as engine
    import polars as pl

    from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, is_port

    flows = pl.read_parquet(path)
    link = engine.connect()
    link.execute("set threads = 2")
    link.execute("create table flows as select src_ip, dst_ip, src_port, dst_port from flows")
    least = max(flows.height // 3200, 1)  # 2 % halved six times, as on the link of the paper
    began = time.perf_counter(), time.process_time()
    for own in DIMENSIONS:
        link.execute(
            f"create or replace temp table big as select {own} from flows group by {own} having count(*) >= {least}"
        )
        for free in FREE[own]:
            values = "least(65536, sum(c))" if is_port(free) else "sum(c)"
            link.execute(
                f"select {own}, (ln(sum(c)) - sum(c * ln(c)) / sum(c)) / ln({values}) from "
                f"(select {own}, {free}, count(*) as c from flows semi join big using ({own}) group by {own}, {free}) "
                f"group by {own} having sum(c) > 1"
            ).fetchall()
    return figures(began, flows)


def figures(began: tuple[float, float], flows: object) -> Figures:
    """Seconds since `began`, peak bytes of the process, bytes and addresses of the input."""
    import polars as pl

    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    peak = peak_bytes()
    assert isinstance(flows, pl.DataFrame)
    hosts = pl.concat([flows["src_ip"], flows["dst_ip"]]).n_unique()
    return {"wall": wall, "cpu": cpu, "peak": peak, "input": flows.estimated_size(), "hosts": hosts}


def peak_bytes() -> int:
    """Peak memory of this program alone; `getrusage` also counts that of the process which started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


PROGRAMS = {"wiretell": wiretell, "duckdb, uncertainties only": duckdb}


if __name__ == "__main__":
    sys.exit(main())
