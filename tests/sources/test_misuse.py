"""A wrong input or option from Python is one error of the package's own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

import wiretell
from wiretell import InputError, MeterOptions, SchemaError, UsageError
from wiretell.analyses.endpoints import endpoints
from wiretell.analyses.outcomes import outcomes
from wiretell.analyses.summary import summarize
from wiretell.analyses.workload import shares, workload
from wiretell.schema import FLOWS, PACKETS

READERS = (wiretell.read_flows, wiretell.read_connections, wiretell.read_event_counts, wiretell.meter)
SCANS = (wiretell.scan_flows, wiretell.scan_connections, wiretell.scan_packets, wiretell.scan_events)


@pytest.mark.parametrize("read", READERS + SCANS)
@pytest.mark.parametrize("inputs", [None, 5, b"a.pcap", ["a.pcap", None], []])
def test_what_is_no_path_is_refused_with_a_hint(read: Any, inputs: object) -> None:
    with pytest.raises(UsageError, match=r"an input is a path|no input") as raised:
        read(inputs)
    assert raised.value.hint is not None


@pytest.mark.parametrize("read", READERS + SCANS)
def test_a_name_with_a_zero_byte_is_no_file(read: Any) -> None:
    with pytest.raises(InputError, match="zero byte"):
        read("a\0b")


@pytest.mark.parametrize("read", READERS)
def test_options_are_meter_options(read: Any, tmp_path: Any) -> None:
    (tmp_path / "a.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(12) + b"\x01\0\0\0")
    with pytest.raises(UsageError, match=r"options are MeterOptions, not \{.threads.: 1\}"):
        read(tmp_path / "a.pcap", {"threads": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("interval_seconds", "5m"), ("interim_seconds", timedelta(minutes=5)), ("sample", True)),
        *(("threads", "2"), ("threads", 1.5), ("seed", None), ("max_flows", 1e6), ("vlan", "x"), ("decap", None)),
        *(("start", "2025-01-01"), ("end", date(2025, 1, 1)), ("local_nets", "10.0.0.0/8"), ("protocols", 6)),
        *(("protocols", "tcp"), ("protocols", ["6"]), ("share", 1), ("share", (1, 2, 3))),
    ],
)
def test_an_option_of_a_wrong_type_is_named(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{name} must be "):
        MeterOptions(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("tables", [("flows",), FLOWS, (PACKETS,), "flows"])
def test_tables_that_metering_does_not_fill_are_refused(tables: Any) -> None:
    with pytest.raises(UsageError, match=r"tables must be some of schema\.FLOWS"):
        wiretell.meter("a.pcap", tables=tables)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"flows": ["nope"]}, "flows has no column 'nope'"),
        ({"flows": "bytes"}, "columns must be names"),
        ({"flows": []}, "columns must be names"),
        ({"flows": ["bytes", "bytes"]}, "columns must be names"),
        ({"packets": ["time"]}, "no such table"),
    ],
)
def test_columns_that_a_table_lacks_are_refused(columns: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        wiretell.meter("a.pcap", columns=columns)


@pytest.mark.parametrize("analysis", [summarize, endpoints, outcomes, workload, lambda frame: shares(frame, "name")])
def test_a_frame_of_another_table_is_refused(analysis: Any) -> None:
    with pytest.raises(SchemaError, match="the frame is no table of"):
        analysis(pl.DataFrame({"a": [1]}))
