"""Flows cut at windows and put together again are those that were never cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.captures import Sent, capture_of
from wiretell.analyses.whole_flows import crossings
from wiretell.sources.capture import read_flows
from wiretell.sources.meter_options import MeterOptions

SECONDS = 10**9
START = 1_600_000_000 * SECONDS

packets = st.lists(
    st.builds(
        Sent,
        time_ns=st.integers(0, 400).map(lambda at: START + at * SECONDS),
        src=st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1"]),
        dst=st.sampled_from(["192.0.2.7", "2001:db8::2"]),
        protocol=st.sampled_from([6, 17]),
        src_port=st.integers(1, 2),
        dst_port=st.integers(1, 2),
        payload=st.integers(0, 60),
    ),
    max_size=60,
).map(lambda sent: sorted(sent, key=lambda packet: packet.time_ns))


def rows(flows: pl.DataFrame) -> list[tuple[Any, ...]]:
    names = ["src_ip", "dst_ip", "src_port", "dst_port", "protocol", "start", "end", "packets", "bytes"]
    return sorted(flows.select(*names, "payload_bytes", "fragments", "bytes_squared").rows())


def whole(cut: pl.DataFrame, *crossing: Any) -> pl.DataFrame:
    """All flows, those that cross borders put together."""
    collected = (pl.DataFrame(nw.from_native(frame).lazy().collect("polars").to_native()) for frame in crossing)
    pieces, wholes = (frame.cast({name: cut.schema[name] for name in frame.columns}) for frame in collected)
    others = cut.join(pieces, on=["src_ip", "dst_ip", "src_port", "dst_port", "protocol", "start"], how="anti")
    return pl.concat([others.select(wholes.columns), wholes])


@given(packets, st.sampled_from([7.0, 60.0, 90.0, 300.0]))
@settings(max_examples=40, deadline=None)
def test_cut_and_put_together_is_whole(
    tmp_path_factory: pytest.TempPathFactory, sent: list[Sent], width: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "whole.pcap"
    capture_of(sent, path)
    cut = read_flows(path, MeterOptions(interval_seconds=width))
    assert rows(whole(cut, *crossings(cut, width))) == rows(read_flows(path))


def test_engines_agree(tmp_path: Path, engine: Callable[[pl.DataFrame], Any]) -> None:
    times = (0, 50, 100, 290, 310, 320, 500, 590, 601)
    path = tmp_path / "x.pcap"
    capture_of(
        [Sent(START + (at + 200) * SECONDS, "10.0.0.1", "192.0.2.7", 17, 1, 2, payload=at) for at in times], path
    )
    cut = read_flows(path, MeterOptions(interval_seconds=300.0))
    found = whole(cut, *crossings(engine(cut), 300.0))
    told = sorted(found.select("packets", "payload_bytes").rows())
    assert told == sorted(read_flows(path).select("packets", "payload_bytes").rows())
    assert cut.height > len(told)
