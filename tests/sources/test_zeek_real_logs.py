"""Over the real logs beside the checkout, counted independently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.zeek_tools import decompressed, plain_count, shared
from wiretell.errors import InputError
from wiretell.schema import CONN_LOG
from wiretell.sources.zeek_log import read_connections, read_log


def conn_logs() -> list[Path]:
    root = shared("data", "zeek")
    names = [*root.rglob("*conn*.log*"), *root.rglob("*conn.tsv*")]
    return sorted(path for path in names if "conn-summary" not in path.name and "text_file" not in path.parts)


def test_every_connection_log_reads_and_no_line_is_unaccounted_for() -> None:
    logs = conn_logs()
    assert len(logs) > 50
    rows = 0
    for path in logs:
        connections = read_connections([path])
        facts = connections.facts
        assert tuple(connections.frame.columns[: len(CONN_LOG)]) == CONN_LOG
        assert facts.lines == plain_count(decompressed(path)), path
        assert facts.lines == facts.rows + sum(fault.count for fault in facts.bad.values()), path
        assert connections.frame.height == facts.rows
        if "truncated" not in path.parts:
            assert not facts.bad, path
        rows += facts.rows
    assert rows > 50_000


def test_a_folder_of_hourly_logs_equals_its_files_one_by_one() -> None:
    folder = shared("data", "zeek", "rita", "missing_host", "2024-04-19")
    whole = read_connections([folder], extra=["_node_name"])
    assert len(whole.facts.files) == 24
    assert whole.facts.rows == 31_367
    assert whole.frame["_node_name"].null_count() == 0


def test_totals_equal_those_of_a_plain_loop() -> None:
    path = shared("data", "zeek", "zeek-testing", "m57-short", "conn.log")
    lines = path.read_text().splitlines()
    fields = next(line for line in lines if line.startswith("#fields")).split("\t")[1:]
    records = [dict(zip(fields, line.split("\t"), strict=True)) for line in lines if not line.startswith("#")]
    frame = read_connections([path]).frame
    for name in (
        "orig_bytes",
        "resp_bytes",
        "orig_pkts",
        "resp_pkts",
        "orig_ip_bytes",
        "resp_ip_bytes",
        "missed_bytes",
    ):
        assert frame[name].sum() == sum(int(record[name]) for record in records if record[name] != "-")
    assert frame["ts"].dt.epoch("us").to_list() == [int(record["ts"].replace(".", "")) for record in records]


def test_the_oracles_table_with_a_line_of_names_reads_whole() -> None:
    path = shared("data", "oracles", "conn.tsv.gz")
    connections = read_connections([path])
    assert connections.facts.lines == plain_count(decompressed(path)) - 1
    assert connections.facts.rows == 70_506


def test_a_text_that_is_no_log_is_refused() -> None:
    with pytest.raises(InputError, match="no connection log"):
        read_connections([shared("data", "zeek", "rita", "text_file", "conn.log")])


@pytest.mark.parametrize("log", ["dns.log", "http.log", "ssl.log", "smb_files.log", "x509.log"])
def test_other_logs_read_whole(log: str) -> None:
    for path in sorted(shared("data", "zeek").rglob(f"*{log}")):
        if path.stat().st_size and "truncated" not in path.parts and "ORIGINAL" not in path.name:
            facts = read_log(path).facts
            assert facts.lines == plain_count(decompressed(path)), path
            assert facts.lines == facts.rows + sum(fault.count for fault in facts.bad.values()), path
