"""A summary of what the meter added up is that of its flows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.analyses.test_summary_parts import OPTIONS, capture
from wiretell.analyses.services import SERVED_PORTS, TRANSPORTS_WITH_PORTS
from wiretell.analyses.summary import summarize, summary_of_sums
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.analyses.summary_rank import percentiles, rank
from wiretell.schema import FLOWS
from wiretell.sources.capture import read_flows
from wiretell.sources.capture_run import CaptureRun, FlowSums
from wiretell.sources.meter_options import MeterOptions

__all__ = ["capture"]

KNOWN = {name: options for name, options in OPTIONS.items() if not options.any_port and options.scale == 1}


def tables(inputs: list[Path], metering: MeterOptions, *, by_pair: bool) -> dict[str, pl.DataFrame]:
    sums = FlowSums(SERVED_PORTS, TRANSPORTS_WITH_PORTS, by_pair=by_pair)
    run = CaptureRun(inputs, metering, tables=(), numbered=True, sums=sums)
    parts: dict[str, list[pl.DataFrame]] = {"flow_pairs": [], "flow_services": [], "flow_sizes": []}
    for name, batch in run.batches():
        parts[name].append(batch)
    assert run.names is not None
    return {name: pl.concat(frames) for name, frames in parts.items()} | {"names": run.names}


def found(inputs: list[Path], metering: MeterOptions, options: SummaryOptions) -> Any:
    sums = tables(inputs, metering, by_pair=not options.save_memory)
    pairs, services, sizes, names = sums.values()
    summary = summary_of_sums(pairs, services, sizes, names, options)
    return rank(summary, options, options.unit or "packets"), percentiles(summary)


def expected(inputs: list[Path], metering: MeterOptions, options: SummaryOptions) -> Any:
    summary = summarize(read_flows(inputs, metering), options)
    return rank(summary, options, options.unit or "packets"), percentiles(summary)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("options", KNOWN.values(), ids=KNOWN.keys())
def test_sums_give_the_rows_of_the_flows(capture: Path, options: SummaryOptions, threads: int) -> None:
    metering = MeterOptions(interval_seconds=10.0, threads=threads)
    assert found([capture], metering, options) == expected([capture], metering, options)


def test_sums_of_real_captures_give_the_rows_of_their_flows(shared_data: Path) -> None:
    captures = sorted(path for path in shared_data.glob("**/*.pcap*") if path.stat().st_size < 1 << 20)[::7]
    assert len(captures) > 20
    for path in captures:
        try:
            flows = expected([path], MeterOptions(), SummaryOptions(top=100))
        except Exception as error:
            with pytest.raises(type(error)):
                found([path], MeterOptions(), SummaryOptions(top=100))
            continue
        assert found([path], MeterOptions(), SummaryOptions(top=100)) == flows, path.name


def test_flows_may_go_out_beside_their_sums(capture: Path) -> None:
    sums = FlowSums(SERVED_PORTS, TRANSPORTS_WITH_PORTS)
    packets: dict[str, int] = {}
    for name, batch in CaptureRun(capture, MeterOptions(), tables=(FLOWS,), sums=sums).batches():
        if "packets" in batch.columns:
            packets[name] = packets.get(name, 0) + int(batch["packets"].sum())
    assert packets["flows"] == packets["flow_pairs"] == packets["flow_services"] > 0
