"""`wiretell behavior`, `history` and `store`, from captures to what is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.analyses.behavior.flows import NOON, flow, host, table
from wiretell.analyses.behavior import BehaviorOptions
from wiretell.analyses.behavior.encode import NEEDED
from wiretell.cli.app import run
from wiretell.cli.behavior_run import analyzed
from wiretell.sources.capture import read_flows
from wiretell.sources.meter_options import MeterOptions
from wiretell.store import open_store

SCAN = "attack/markofu/EvilFingers/NMAP_PCAPS__NMAP_SCAN_ANALYSIS_TCP_SYN_SCAN_TCP_SYN_SCAN.pcap"


@pytest.fixture
def capture(shared_data: Path) -> str:
    return str(shared_data / SCAN)


def test_a_scan_is_told_in_plain_words(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["behavior", capture]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "192.168.1.10 scans 1,000 tcp ports of 192.168.1.25" in text


def test_json_has_the_evidence(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["behavior", capture, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    scans = [row for row in document["profiles"] if row["profile"] == "scan" and row["key"] == "192.168.1.10"]
    assert scans[0]["evidence"]["probes"] > 0.9
    assert document["findings"]


def test_results_are_kept_and_read_again(capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("deltalake")
    lake = str(tmp_path / "lake")
    assert run(["behavior", capture, "--store", lake, "--keep-flows"]) == 0
    assert run(["behavior", capture, "--store", lake]) == 0  # again: replaces the same windows
    capsys.readouterr()
    assert run(["history", "192.168.1.10", "--store", lake, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["windows"]
    assert [row["profile"] for row in rows] == ["scan", "scan"]
    assert {row["dimension"] for row in rows} == {"src_ip", "dst_ip"}
    assert run(["behavior", "--store", lake, "--since", "2000-01-01T00:00:00", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trends"]
    assert run(["store", "info", lake, "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert info["windows"] == 1
    assert {table["name"] for table in info["tables"] if table["rows"]} >= {"clusters", "profiles", "states", "flows"}
    assert run(["store", "info", lake]) == 0
    assert capsys.readouterr().out.startswith("1 window, 2")
    assert run(["store", "compact", lake]) == 0
    capsys.readouterr()
    assert run(["store", "expire", lake, "--keep", "20000d", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["windows_dropped"] == 0
    assert run(["store", "expire", lake, "--keep", "1d"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 window from before ")
    assert "dropped, 0 windows left; " in text


def test_the_store_has_summaries_by_window(capture: str, tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    lake = tmp_path / "lake"
    assert run(["behavior", capture, "--store", str(lake)]) == 0
    rows = open_store(lake).read("summary").collect()
    clusters = open_store(lake).read("clusters").collect()
    assert set(rows["window"]) == set(clusters["window"])
    total = rows.filter(pl.col("breakdown") == "total")
    assert total["flows"].sum() == read_flows(capture, MeterOptions(interval_seconds=300)).height
    assert {"source", "port", "pair"} <= set(rows["breakdown"])


def test_an_interrupted_reading_does_not_store_its_last_window(tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    later = NOON + timedelta(minutes=5)
    flows = [flow(host(i % 9), host(99), 1024 + i, 80, start=at, window=at) for at in (NOON, later) for i in range(50)]
    store = open_store(tmp_path / "lake", create=True)
    report, _ = analyzed(table(flows), BehaviorOptions(), inputs=["x"], store=store, interrupted=True)
    assert report.windows == [NOON, later]
    assert store.windows() == [NOON]


def test_windows_of_seconds_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("deltalake")
    lake = tmp_path / "lake"
    starts = (NOON, NOON + timedelta(seconds=10))
    flows = [flow(host(i % 9), host(99), 1024 + i, 80, start=at, window=at) for at in starts for i in range(50)]
    analyzed(table(flows), BehaviorOptions(), inputs=["x"], store=open_store(lake, create=True))
    for words in (["history", "80", "--store", str(lake)], ["behavior", "--store", str(lake)]):
        assert run(words) == 0
        assert f"{starts[1]:%Y-%m-%d %H:%M:%S}" in capsys.readouterr().out
    assert run(["store", "info", str(lake)]) == 0
    assert capsys.readouterr().out.startswith(
        f"2 windows, {NOON:%Y-%m-%d %H:%M} to {starts[1]:%Y-%m-%d %H:%M:%S} UTC\n"
    )


def test_history_takes_any_form_of_an_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("deltalake")
    lake = tmp_path / "lake"
    flows = [flow("2001:db8::7", host(i % 9), 443, 1024 + i) for i in range(50)]
    analyzed(table(flows), BehaviorOptions(), inputs=["x"], store=open_store(lake, create=True))
    assert run(["history", "2001:DB8:0::0007", "--store", str(lake)]) == 0
    text = capsys.readouterr().out
    assert "History of 2001:db8::7 (1 window)" in text
    assert "⟨443, *, *⟩ 100 %" in text


@pytest.mark.parametrize(
    "arguments", [["store", "info", "."], ["store", "compact", "."], ["store", "expire", ".", "--keep", "1d"],
                  ["history", "80", "--store", "."], ["behavior", "--store", "."]]
)  # fmt: skip
def test_a_folder_that_is_no_store_is_said_to_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (tmp_path / "note.txt").write_text("no store\n")
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("wiretell: .: no store there\nhint: ")


@pytest.mark.parametrize("style", ["nftables", "ios", "json"])
def test_it_is_said_why_there_are_no_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str], style: str) -> None:
    scenarios = {"benign": "nothing to block\n", "flood": "a flood from many sources is not blocked by source"}
    for scenario, why in scenarios.items():
        path = str(tmp_path / f"{scenario}.pcap")
        assert run(["synth", path, "--scenario", scenario, "--packets", "8000", "--seed", "3"]) == 0
        capsys.readouterr()
        assert run(["behavior", path, "--acl", style]) == 0
        output = capsys.readouterr()
        assert why in output.err
        assert output.err.count("\n") == 1
        assert "drop" not in output.out.replace("policy", "")


def test_times_are_in_the_zone_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("deltalake")
    lake, table_file = str(tmp_path / "lake"), tmp_path / "flows.parquet"
    table([flow("192.0.2.1", host(i % 9), 443, 1024 + i) for i in range(50)]).write_parquet(table_file)
    zone = ("--tz", "Asia/Kolkata")
    moment = f"{NOON + timedelta(hours=5, minutes=30):%Y-%m-%d %H:%M}"
    assert run(["behavior", str(table_file), "--store", lake, *zone]) == 0
    assert f"1 window, {moment} IST" in capsys.readouterr().out
    assert run(["behavior", "--store", lake, *zone]) == 0
    assert f"1 window, {moment} IST" in capsys.readouterr().out
    assert run(["history", "192.0.2.1", "--store", lake, *zone]) == 0
    text = capsys.readouterr().out
    assert "window (IST)" in text
    assert text.count(moment) >= 2
    before, after = (f"{NOON + timedelta(hours=5, minutes=at):%Y-%m-%dT%H:%M}" for at in (30, 31))
    assert run(["history", "192.0.2.1", "--store", lake, *zone, "--since", before, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["windows"]
    assert run(["history", "192.0.2.1", "--store", lake, *zone, "--since", after, "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["windows"]


def test_a_connection_log_has_two_flows_for_each_connection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes resp_bytes conn_state history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes".split()  # noqa: SIM905
    kinds = "time string addr port addr port enum interval count count string string count count count count".split()  # noqa: SIM905
    served = "192.0.2.1 80 tcp 1 500 900 SF ShADadFf 6 740 6 1140"
    answered = [f"{1e9 + i / 10} C{i} {host(i % 40)} {2000 + i} {served}".split() for i in range(300)]
    probed = "445 tcp - - - S0 S 1 40 0 0"
    alone = [f"{1e9 + i / 10} D{i} 203.0.113.9 {3000 + i} {host(i, 30)} {probed}".split() for i in range(200)]
    lines = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tconn"]
    lines += ["\t".join(["#fields", *columns]), "\t".join(["#types", *kinds])]
    lines += ["\t".join(row) for row in answered + alone]
    log = tmp_path / "conn.log"
    log.write_text("\n".join(lines) + "\n")
    assert run(["behavior", str(log), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["flows"] == 2 * 300 + 200
    verdicts = {(row["dimension"], row["key"]): row["profile"] for row in found["profiles"]}
    assert verdicts["src_ip", "192.0.2.1"] == verdicts["dst_ip", "192.0.2.1"] == "server"
    assert verdicts["src_ip", "203.0.113.9"] == "scan"


def test_flows_in_parquet_give_what_the_capture_gives(
    capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read_flows(capture, MeterOptions(interval_seconds=300)).write_parquet(tmp_path / "flows.parquet")
    documents = []
    for name in (capture, str(tmp_path / "flows.parquet")):
        assert run(["behavior", name, "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out) | {"inputs": [], "facts": None})
    assert documents[0] == documents[1]


def test_a_flows_table_from_elsewhere_needs_only_the_columns_that_are_read(
    capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("deltalake")
    flows = read_flows(capture, MeterOptions(interval_seconds=300)).select(NEEDED)
    flows.write_parquet(tmp_path / "flows.parquet")
    lake = tmp_path / "lake"
    assert run(["behavior", str(tmp_path / "flows.parquet"), "--store", str(lake), "--keep-flows"]) == 0
    assert open_store(lake).read("flows").collect().select(NEEDED).sort(NEEDED).equals(flows.sort(NEEDED))
    assert open_store(lake).read("summary").collect().height
    capsys.readouterr()
    flows.drop("tcp_flags").write_parquet(tmp_path / "flows.parquet")
    assert run(["behavior", str(tmp_path / "flows.parquet")]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "wiretell: the flows lack tcp_flags"


def test_a_capture_without_flows_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    assert run(["behavior", str(empty)]) == 0
    assert "No flows" in capsys.readouterr().out
    assert run(["behavior", str(empty), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stories"] == []
    assert run(["behavior", str(empty), "--acl", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_what_could_not_be_read_is_told_with_the_result(
    capture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(capture).read_bytes()[:-7])
    assert run(["behavior", str(cut)]) == 0
    text = capsys.readouterr().out
    assert "scans" in text
    assert "the file ends inside a record" in " ".join(text.partition("\nCapture\n")[2].split())
    assert run(["behavior", str(cut), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["facts"]
    assert facts["files"][0]["warnings"]


def _wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    """Until the process has read all that there is: it takes hardly any CPU time in a second."""
    spent, now = -100, 0
    while now - spent > 5:
        time.sleep(1)
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        spent, now = now, int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("style", ["text", "json"])
def test_ctrl_c_while_reading_tells_what_was_read(capture: str, style: str) -> None:
    whole = Path(capture).read_bytes()
    words = [sys.executable, "-m", "wiretell", "behavior", "-", *(["--json"] if style == "json" else [])]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(whole)
        process.stdin.flush()
        _wait_until_idle(process)
        process.send_signal(signal.SIGINT)
        try:
            out, error = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert b"interrupted" in error
    assert b"192.168.1.10 scans" in out


def test_rules_are_written(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["behavior", capture, "--acl", "nftables"]) == 0
    assert "ip saddr 192.168.1.10 counter drop" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["behavior", "x.pcap", "--acl", "iptables"], "no such style"),
        (["behavior", "x.pcap", "--acl", "ios", "--json"], "--acl and --json both want standard output"),
        (["behavior", "--store", "missing", "--acl", "ios"], "--acl needs an input"),
        (["behavior", "--store", "missing", "--parquet", "tables"], "--parquet needs an input"),
        (["behavior", "--store", "missing", "--keep-flows"], "--keep-flows needs an input"),
        (["behavior", "x.pcap", "--keep-flows"], "--keep-flows needs --store"),
        (["behavior", "x.pcap", "--since", "2026-01-01"], "--since needs --store"),
        (["history", "80", "--store", "missing"], "no store there"),
        (["history", "me", "--store", "missing"], "neither an address nor a port"),
        (["store", "polish", "missing"], "no such job"),
    ],
)
def test_mistakes_take_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[0]
