"""How connections went, counted while they are read: the same as of the whole table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from wiretell._native import synthesize
from wiretell.analyses import quality as counting
from wiretell.reports.quality_result import quality_of
from wiretell.schema import CONNECTIONS
from wiretell.sources.capture import meter
from wiretell.sources.capture_run import BARE_CONNECTIONS, CaptureRun


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quality") / "trace.pcap"
    synthesize(
        path,
        truth=path.with_suffix(".jsonl"),
        seed=3,
        packets=60_000,
        rate=2000.0,
        duration=None,
        snaplen=96,
        scenario="mix",
        surge_factor=10,
        start_ns=1_700_000_000_000_000_000,
    )
    return path


def counted(trace: Path) -> tuple[counting.QualityCounter, dict[str, int]]:
    run = CaptureRun(
        str(trace),
        tables=(CONNECTIONS,),
        columns={CONNECTIONS.name: counting.MEASURED_NEEDED},
        numbered=True,
        bare_connections=counting.BARE_NEEDED,
    )
    counter, rows = counting.QualityCounter(lambda: run.names), dict.fromkeys((CONNECTIONS.name, BARE_CONNECTIONS), 0)
    for name, batch in run.batches():
        counter.add(batch, measured=name == CONNECTIONS.name)
        rows[name] += batch.height
    return counter, rows


def alike(row: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    assert row is not None
    assert other is not None
    return row.keys() == other.keys() and all(
        value == pytest.approx(other[name], rel=1e-9) if isinstance(value, float) else value == other[name]
        for name, value in row.items()
    )


@pytest.mark.parametrize("waiting", [1_000_000, 500])
def test_counted_in_batches_it_is_that_of_the_whole_table(
    trace: Path, waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_WAITING", waiting)
    connections = meter(str(trace), tables=(CONNECTIONS,)).connections
    counter, rows = counted(trace)
    assert sum(rows.values()) == connections.height
    assert min(rows.values()) > 100
    for top in (3, 50):
        whole, in_batches = quality_of(connections, top), quality_of(counter, top)
        assert all((whole.servers, whole.prefixes, whole.failing))
        assert in_batches.outcomes == whole.outcomes
        for name in ("servers", "prefixes", "failing"):
            mine, other = getattr(in_batches, name), getattr(whole, name)
            assert [row["key"] for row in mine] == [row["key"] for row in other]
            for row, same in zip([in_batches.total, *mine], [whole.total, *other], strict=True):
                assert alike(row, same)


def test_nothing_measured_is_nothing_to_tell() -> None:
    names = pl.DataFrame(schema={"number": pl.Int64, "address": pl.String})
    found = quality_of(counting.QualityCounter(lambda: names), 5)
    assert (found.total, found.servers, found.prefixes, found.failing, found.outcomes) == (None, [], [], [], [])
