"""`wiretell synth`: a labeled trace from a seed."""

from __future__ import annotations

import sys
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
    from wiretell.cli.progress import Progress
    from wiretell.reports.files import replaced
    from wiretell.reports.numbers import count, volume

    if scenario not in scenarios():
        raise UsageError(f"no scenario {scenario!r}", hint="one of: " + " ".join(scenarios()))
    for name, value, most in (
        ("--packets", packets, 2**40),
        ("--snaplen", snaplen, 2**18),
        ("--seed", seed + 1, 2**64),
    ):
        if not 0 < value <= most:
            raise UsageError(f"{name} is out of its range")
    if rate <= 0 or (duration is not None and duration <= 0) or surge_factor < 1:
        raise UsageError("--rate, --duration and --surge-factor must be above 0")
    to_stdout = str(output) == "-"
    capture = Path("/dev/stdout") if to_stdout else output
    labels = truth or (None if to_stdout else output.with_suffix(".truth.jsonl"))
    with replaced(capture) as capture_part, replaced(labels or Path("/dev/null")) as truth_part, Progress() as progress:
        totals = synthesize(
            str(capture_part),
            str(truth_part),
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
    said = f"{output}: {count(totals['packets'])} packets, {volume(totals['captured_bytes'])}"
    print(said + (f"; truth in {labels}" if labels else ""), file=sys.stderr)  # noqa: T201
    return 0
