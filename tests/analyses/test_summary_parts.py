"""A summary of parts, with addresses as numbers, is that of the whole with addresses as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from wiretell._native import synthesize
from wiretell.analyses.summary import Summarizer, summarize
from wiretell.analyses.summary_cells import GrowingCells
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.analyses.summary_rank import percentiles, rank
from wiretell.schema import FLOWS
from wiretell.sources.capture import read_flows
from wiretell.sources.capture_run import CaptureRun
from wiretell.sources.meter_options import MeterOptions

SECOND = 1_000_000
OPTIONS = {
    "plain": SummaryOptions(),
    "by bytes": SummaryOptions(unit="bytes"),
    "ties": SummaryOptions(top=200),
    "none": SummaryOptions(top=0),
    "intervals": SummaryOptions(interval_us=10 * SECOND, cut=True, verbose=True, top=3),
    "either end": SummaryOptions(any_port=True),
    "sampled": SummaryOptions(scale=4.0),
    "no hosts": SummaryOptions(save_memory=True),
}


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("summary") / "mix.pcap"
    start_ns = 1_700_000_000 * 10**9
    synthesize(
        path, None, seed=5, packets=20_000, rate=2000.0, duration=None, snaplen=96, scenario="mix", surge_factor=10,
        start_ns=start_ns,
    )  # fmt: skip
    return path


def batches(path: Path, *, numbered: bool) -> tuple[list[pl.DataFrame], pl.DataFrame | None]:
    metering = MeterOptions(interval_seconds=10.0)
    run = CaptureRun(path, metering, tables=(FLOWS,), numbered=numbered)
    return [frame for _, frame in run.batches()], run.names


def slices(frames: list[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    for frame in frames:
        yield from frame.iter_slices(rows)


def found(parts: Iterator[pl.DataFrame], names: pl.DataFrame | None, options: SummaryOptions) -> Any:
    summarizer = Summarizer(options)
    for part in parts:
        summarizer.add(part, part.height)
    summary = summarizer.summary(names)
    return rank(summary, options, options.unit or "packets"), percentiles(summary)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_parts_with_numbers_give_the_rows_of_the_whole_with_text(capture: Path, options: SummaryOptions) -> None:
    whole = read_flows(capture, MeterOptions(interval_seconds=10.0))
    summary = summarize(whole, options)
    expected = rank(summary, options, options.unit or "packets"), percentiles(summary)
    frames, names = batches(capture, numbered=True)
    assert names is not None
    assert names.height > 0
    assert found(slices(frames, 1000), names, options) == expected


def test_parts_are_placed_in_networks_as_the_whole_is(capture: Path) -> None:
    options = SummaryOptions(local={"10.0.0.0/8": "all", "2001:db8::/32": "six"}, interval_us=10 * SECOND, cut=True)
    frames, _ = batches(capture, numbered=False)
    whole = summarize(pl.concat(frames), options)
    assert found(slices(frames, 700), None, options)[0] == rank(whole, options, "packets")


def test_a_unit_that_was_not_weighed_is_ranked_all_the_same(capture: Path) -> None:
    frames, names = batches(capture, numbered=True)
    summarizer = Summarizer()
    for frame in frames:
        summarizer.add(frame, frame.height)
    options = replace(SummaryOptions(), unit="bytes")
    whole = summarize(pl.concat(batches(capture, numbered=False)[0]))
    assert rank(summarizer.summary(names), options, "bytes") == rank(whole, options, "bytes")


def test_parts_are_merged_once_they_outgrow_what_was_merged(monkeypatch: pytest.MonkeyPatch, capture: Path) -> None:
    monkeypatch.setattr("wiretell.analyses.summary_cells._MERGED_ROWS", 2000)
    held = []
    add = GrowingCells.add

    def counted(self: GrowingCells, *arguments: Any) -> None:
        add(self, *arguments)
        held.append(len(self._parts))

    monkeypatch.setattr(GrowingCells, "add", counted)
    frames, names = batches(capture, numbered=True)
    parts = slices(frames, 100)
    assert found(parts, names, SummaryOptions())[0] == found(iter(frames), names, SummaryOptions())[0]
    assert max(held) < len(held) / 2
