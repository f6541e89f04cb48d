"""Side by side on one trace: wiretell and the tools that a user has for the same job.

`python -m benches.bench [summary|profile|connections|endpoints|behavior|events]`, run by `make bench`. Runs alternate, so
that a slow minute of the machine hits every tool; medians count. A tool that takes more than a minute runs once, and the table
says so. Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benches.peers import SOFTFLOWD_PORT, Peer, found, missing
from benches.processes import Measured, Run, measure, seconds_to_first_output
from benches.report import Report, machine
from benches.traces import OUT, flood, trace, wiretell

LONG_SECONDS = 60
OURS = "wiretell"
SIZES = (1, 2, 5, 10)
SPEED = {
    "summary": (
        ("nfpcapd", 1.5, "at least 1.5 times as fast as nfpcapd"),
        ("tshark endpoints", 10.0, "at least 10 times as fast as tshark's endpoints"),
        ("capinfos -c", 0.5, "within 2 times of capinfos -c"),
    ),
    "connections": (
        ("tcptrace", 3.0, "at least 3 times as fast as tcptrace"),
        ("tshark tcp.analysis", 15.0, "at least 15 times as fast as tshark's TCP analysis"),
    ),
}
SPEED["endpoints"] = SPEED["connections"]
SPEED["profile"] = (
    ("argus", 2.0, "at least twice as fast as argus, which meters flows"),
    ("tcptrace", 2.0, "at least twice as fast as tcptrace, which does the TCP part"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what is compared, the measured figure, and whether it holds."""

    text: str
    figure: str
    holds: bool


def main() -> int:
    """Measures, prints, judges."""
    options = arguments()
    command: str = options.command
    main_trace = trace(options.packets, options.snaplen, options.synth)
    report = Report(command, main_trace, options.packets, machine())
    if options.markdown and command != "summary" and options.markdown == Path("docs/benchmarks.md"):
        options.markdown = Path(f"docs/benchmarks-{command}.md")
    rows = side_by_side(command, main_trace, options.runs, options.only)
    report.side_by_side(rows, found(command), missing(command))
    bars: list[Bar] = []
    if OURS in rows:
        bars = speed_bars(rows, command)
        if command == "events":
            bars += event_bars(rows, main_trace, options.packets)
        if command == "summary":
            bars.append(memory_bar(rows[OURS]))
        if command == "connections":
            bars += flood_bars(options)
        if not options.quick:
            linear = linearity(command, options)
            report.linearity(linear)
            bars.append(linear_bar(linear))
            startup = start_up(command, options)
            bars.append(Bar("first output on 1,000 packets under 0.5 s", f"{startup:.2f} s", startup < 0.5))
    report.bars([(bar.text, bar.figure, bar.holds) for bar in bars])
    print(report.text())
    if options.markdown:
        options.markdown.parent.mkdir(exist_ok=True)
        options.markdown.write_text(report.text(), encoding="utf-8")
    return 0 if all(bar.holds for bar in bars) else 1


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("command", nargs="?", default="summary", help="the wiretell command to measure")
    parser.add_argument("--packets", type=int, help="packets of the trace; 10 million, for events 2 million")
    parser.add_argument("--snaplen", type=int, help="bytes kept of each packet; 96, for events all")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool; the median counts")
    parser.add_argument("--flood", type=int, default=1_000_000, help="connections of the flood, with `connections`")
    parser.add_argument("--only", help="only these tools, joined by commas")
    parser.add_argument("--quick", action="store_true", help="side by side only, no linearity and start-up")
    parser.add_argument("--synth", help="another synthesizer, with {out} {packets} {snaplen} {seed}")
    parser.add_argument("--markdown", type=Path, help="write the tables there too, such as docs/benchmarks.md")
    options = parser.parse_args()
    # What applications say is in the payload: a trace for events has all of it, and fewer packets.
    of_events = options.command == "events"
    options.packets = options.packets or (2_000_000 if of_events else 10_000_000)
    options.snaplen = options.snaplen or (65_535 if of_events else 96)
    return options


def side_by_side(command: str, path: Path, runs: int, only: str | None) -> dict[str, Measured]:
    """Wiretell and every peer, in turns."""
    wanted = set(only.split(",")) if only else None
    peers = [peer for peer in found(command) if wanted is None or peer.name in wanted]
    rows = {peer.name: Measured(peer.name) for peer in peers}
    if wanted is None or OURS in wanted:
        rows[OURS] = Measured(OURS)
    by_name: dict[str, Peer] = {peer.name: peer for peer in peers}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", SOFTFLOWD_PORT))
        measure(["cat", str(path)], OUT / "cat.log")
        for turn in range(runs):
            for name, row in rows.items():
                if turn and row.runs[0].wall > LONG_SECONDS:
                    continue
                row.runs.append(once(by_name.get(name), command, path))
                print(f"{turn + 1}/{runs} {name}: {row.runs[-1].wall:.2f} s", file=sys.stderr)
    return rows


def once(peer: Peer | None, command: str, path: Path) -> Run:
    """One run of a peer, or of wiretell."""
    scratch = OUT / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    words = [wiretell(), command, str(path)] if peer is None else peer.command(path, scratch)
    run = measure(words, OUT / f"{peer.program if peer else OURS}.log", scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    return run


def speed_bars(rows: dict[str, Measured], command: str, remark: str = "") -> list[Bar]:
    """The bars on speed, as far as their peers are there."""
    ours = rows[OURS].wall
    return [
        Bar(f"{text}{remark}", f"{rows[name].wall / ours:.2f} times", rows[name].wall / ours >= least)
        for name, least, text in SPEED.get(command, ())
        if name in rows and not rows[name].failed
    ]


def event_bars(rows: dict[str, Measured], path: Path, packets: int) -> list[Bar]:
    """The bars on events, with how many there are."""
    done = subprocess.run([wiretell(), "events", "--json", str(path)], capture_output=True, check=True)
    events: int = json.loads(done.stdout)["workload"]["events"]["total"]
    ours = rows[OURS].wall
    figure = f"{packets / ours / 1e6:.2f} million packets/s, {events / ours / 1e6:.2f} million events/s"
    bars = [Bar("2 million packets/s on the mixed trace", figure, packets / ours >= 2e6)]
    for name in ("tshark dissect", "tshark fields"):
        if name in rows and not rows[name].failed:
            ratio = rows[name].wall / ours
            bars.append(Bar(f"at least 10 times as fast as {name}", f"{ratio:.1f} times", ratio >= 10))
    return bars


def flood_bars(options: argparse.Namespace) -> list[Bar]:
    """A flood of one-packet connections: the same speed, and the whole table in bounded memory."""
    path = flood(options.flood)
    rows = side_by_side("connections", path, options.runs, options.only)
    if OURS not in rows:
        return []
    bars = speed_bars(rows, "connections", f", in a flood of {options.flood:,} connections")
    whole = OUT / "flood.parquet"
    run = measure([wiretell(), "connections", str(path), "--parquet", str(whole)], OUT / f"{OURS}.log")
    whole.unlink(missing_ok=True)
    text = f"peak memory under 600 MB while {options.flood:,} connections are written"
    return [*bars, Bar(text, f"{run.rss / 1e6:.0f} MB", run.rss < 600e6 and not run.status)]


def memory_bar(ours: Measured) -> Bar:
    """Peak memory on the big trace."""
    return Bar("peak memory under 500 MB", f"{ours.rss / 1e6:.0f} MB", ours.rss < 500e6)


def linearity(command: str, options: argparse.Namespace) -> dict[int, Measured]:
    """Wiretell alone on traces of 1 to 10 parts of the size."""
    part = options.packets // max(SIZES)
    paths = {size * part: trace(size * part, options.snaplen, options.synth) for size in SIZES}
    rows = {packets: Measured(f"{packets}") for packets in paths}
    for _ in range(options.runs):
        for packets, path in paths.items():
            rows[packets].runs.append(once(None, command, path))
    return rows


def linear_bar(rows: dict[int, Measured]) -> Bar:
    """Time per packet may not grow by more than a quarter from the smallest trace to the largest."""
    least, most = min(rows), max(rows)
    growth = (rows[most].wall / most) / (rows[least].wall / least)
    return Bar("linear: time per packet grows by less than a quarter", f"{growth:.2f} times", growth < 1.25)


def start_up(command: str, options: argparse.Namespace) -> float:
    """Median seconds until the first output on a small capture."""
    small = trace(1000, options.snaplen, options.synth)
    return statistics.median(seconds_to_first_output([wiretell(), command, str(small)]) for _ in range(options.runs))


if __name__ == "__main__":
    sys.exit(main())
