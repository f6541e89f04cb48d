"""`wiretell synth`: a labeled trace from a seed."""

from __future__ import annotations

import errno
import math
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from wiretell.errors import UsageError

SCENARIOS = "mix benign scan worm flood reflection flash surge losses bench"


def command(
    output: Annotated[Path, typer.Argument(metavar="OUT.pcap", help="The capture to write; - for standard output.")],
    packets: Annotated[int, typer.Option("--packets", help="Packets in the trace.")] = 100_000,
    scenario: Annotated[str, typer.Option("--scenario", help=f"What happens: {SCENARIOS}.")] = "mix",
    seed: Annotated[int, typer.Option("--seed", help="The same seed and options give the same bytes.")] = 1,
    rate: Annotated[float, typer.Option("--rate", help="Mean packets per second.")] = 2000.0,
    duration: Annotated[
        float | None, typer.Option("--duration", help="Length in seconds; sets the rate instead.")
    ] = None,
    snaplen: Annotated[int, typer.Option("--snaplen", help="Bytes kept of each packet.")] = 65_535,
    surge_factor: Annotated[
        int, typer.Option("--surge-factor", help="Flows of the floods per flow of the mix, in the scenario surge.")
    ] = 10,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Where the truth goes; OUT.truth.jsonl if not said.")
    ] = None,
) -> int:
    """Writes a synthesized trace, and beside it, as JSON lines, what is true of it."""
    from wiretell._native import scenarios, synthesize
    from wiretell.cli.outputs import check_outputs
    from wiretell.cli.progress import Progress
    from wiretell.reports.files import replaced

    if scenario not in scenarios():
        raise UsageError(f"no scenario {scenario!r}", hint="one of: " + " ".join(scenarios()))
    for name, value, least, most in (
        ("--packets", packets, 1, 2**40),
        ("--snaplen", snaplen, 1, 2**18),
        ("--seed", seed, 0, 2**64 - 1),
    ):
        if not least <= value <= most:
            raise UsageError(f"{name} is out of its range", hint=f"{least:,} to {most:,}")
    check_amounts(rate, duration, surge_factor)
    to_stdout = str(output) == "-"
    if to_stdout:
        os.write(1, b"")  # fails if it is closed
    labels = truth_path(output, truth)
    check_outputs([("the capture", output), ("--truth", labels)])
    check_place(output, labels)
    with (
        ExitStack() as files,
        Progress() as progress,
    ):
        capture_part = output if to_stdout else files.enter_context(replaced(output))
        truth_part = None if labels is None else files.enter_context(replaced(labels))
        try:
            totals = synthesize(
                str(capture_part),
                None if truth_part is None else str(truth_part),
                seed=seed,
                packets=packets,
                rate=rate,
                duration=duration,
                snaplen=snaplen,
                scenario=scenario,
                surge_factor=surge_factor,
                start_ns=1_735_689_600_000_000_000,
                progress=lambda written: progress.update(written, packets, written),
            )
        except OSError as error:
            if to_stdout and error.errno == errno.EPIPE:
                return 0
            raise
    print(told(output, labels, totals, snaplen), file=sys.stderr)  # noqa: T201
    if duration is not None and (missed := falls_short(duration, totals)):
        print(missed, file=sys.stderr)  # noqa: T201
    return 0


def check_amounts(rate: float, duration: float | None, surge_factor: int) -> None:
    """Checks the numbers that must be above 0.

    Raises:
        UsageError: naming the option.
    """
    amounts = (("--rate", rate), ("--duration", duration), ("--surge-factor", surge_factor))
    for name, value in amounts:
        if value is not None and not 0 < value < math.inf:
            raise UsageError(f"{name} must be a number above 0")
    if surge_factor >= 2**32:
        raise UsageError("--surge-factor is out of its range")


def check_place(output: Path, labels: Path | None) -> None:
    """Checks that no capture is lost: only a trace of synth, which has its truth, gives way to another.

    Raises:
        UsageError: if another file is there.
    """
    if labels is not None and not labels.exists() and output.is_file() and output.stat().st_size:
        raise UsageError(
            f"{output} is there, and has no truth: it is no trace of synth", hint="name another file, or remove it"
        )


def falls_short(duration: float, totals: Mapping[str, int]) -> str | None:
    """Says, in one line, that a trace is shorter than half of what was asked for, since it has too few packets."""
    from wiretell.reports.numbers import duration as written
    from wiretell.reports.numbers import many

    seconds = (totals["end_ns"] - totals["start_ns"]) / 1e9
    if seconds >= duration / 2:
        return None
    packets = many(totals["packets"], "packet", brief=True)
    return f"wiretell: {packets} end after {written(seconds)}: too few for --duration {duration:g}"


def truth_path(output: Path, asked: Path | None) -> Path | None:
    """Where the truth goes: where it was asked for, else beside a capture that is a file."""
    if asked is None:
        return (
            None
            if str(output) == "-" or (output.exists() and not output.is_file())
            else output.with_suffix(".truth.jsonl")
        )
    return asked


def told(output: Path, labels: Path | None, totals: Mapping[str, int], snaplen: int) -> str:
    """What was written, in one line: packets, what they had on the wire, the file, the truth."""
    from wiretell.reports.numbers import duration, many, volume

    seconds = (totals["end_ns"] - totals["start_ns"]) / 1e9
    parts = [
        many(totals["packets"], "packet", brief=True),
        duration(seconds),
        f"{volume(totals['wire_bytes'])} on the wire",
    ]
    if totals["captured_bytes"] < totals["wire_bytes"]:
        parts.append(f"{volume(totals['captured_bytes'])} kept of it with --snaplen {snaplen}")
    if output.is_file():
        parts.append(f"a file of {volume(output.stat().st_size)}")
    return f"{output}: {', '.join(parts)}" + (f"; truth in {labels}" if labels else "")
