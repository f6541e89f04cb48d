"""`wiretell profile` as a user meets it: the screen, JSON, the store, what an input cannot give, mistakes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import wiretell
from wiretell._native import synthesize
from wiretell.cli.app import run

LINES = 62
"""Of one screen at 100 columns."""

START = 1_735_689_800 * 10**9  # 100 seconds before a border of 5 minutes


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labeled trace of two windows in which a worm spreads."""
    path = tmp_path_factory.mktemp("profile") / "trace.pcap"
    synthesize(
        path, None, seed=3, packets=30_000, rate=150.0, duration=None, snaplen=65_535, scenario="mix", surge_factor=10,
        start_ns=START,
    )  # fmt: skip
    return path


@pytest.fixture
def wide(trace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred columns, in the folder of the trace."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(trace.parent)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["profile", *arguments]) == 0
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(said(capsys, *arguments, "--json"))
    return document


@pytest.mark.usefixtures("wide")
def test_one_screen_the_most_important_first(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, trace.name)
    titles = ["Capture", "Findings", "Who does what", "Total", "Connections", "Events", "More: "]
    lines = text.splitlines()
    places = [next(at for at, line in enumerate(lines) if line.startswith(title)) for title in titles]
    assert places == sorted(places)
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 100
    assert "⟨" not in text


@pytest.mark.usefixtures("wide")
def test_the_worm_is_one_line_with_its_port(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in said(capsys, str(trace)).splitlines() if "scan port 5554/tcp" in line]
    assert len(lines) == 1
    assert lines[0].startswith("act")


@pytest.mark.usefixtures("wide")
def test_every_time_is_in_the_zone_that_was_asked_for(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "x.html"
    there = said(capsys, trace.name, "--tz", "Asia/Kolkata", "--html", str(page))
    here = said(capsys, trace.name)
    assert "since 00:0" in here
    assert "since 05:" in there
    assert "since 00:" not in there
    bursts = [re.findall(r"(\d\d:\d\d):\d\d for", text) for text in (here, there)]
    assert bursts[0]
    assert [
        f"{int(time[:2]) + 5 + (int(time[3:]) + 30) // 60:02}:{(int(time[3:]) + 30) % 60:02}" for time in bursts[0]
    ] == bursts[1]
    text = page.read_text(encoding="utf-8")
    assert "since 2025-01-01 05:30 IST" in text
    assert 'data-zones="0 19800 IST"' in text
    assert " UTC" not in text.partition("<script>")[0]


def test_the_figures_are_those_of_the_special_commands(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys, str(trace))
    for command in ("summary", "behavior", "events"):
        assert run([command, str(trace), "--json", *(["--top", "5"] if command == "summary" else [])]) == 0
        alone = json.loads(capsys.readouterr().out)
        if command == "summary":
            assert document["summary"]["total"] == alone["total"]
            assert document["summary"]["sizes"] == alone["sizes"]
        elif command == "behavior":
            assert len(alone["windows"]) > 1
            assert document["behavior"]["findings"] == alone["findings"]
            assert document["behavior"]["profiles"] == alone["profiles"]
        else:
            assert document["events"]["workload"] == alone["workload"]


def test_clusters_of_json_lead_to_every_profile(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    behavior = told(capsys, str(trace))["behavior"]
    entities = [
        [(row["window"], row["dimension"], row["key"]) for row in behavior[name]] for name in ("clusters", "profiles")
    ]
    assert entities[0] == entities[1]


def test_a_connection_log_says_what_it_cannot_give(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["connections", "--zeek", str(trace)]) == 0
    log, dns = tmp_path / "conn.log", tmp_path / "dns.log"
    log.write_text(capsys.readouterr().out)
    dns.write_text(
        "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\tqtype_name\n#types\ttime\tstring\tstring\tstring\n1\tC\ta\tA\n"
    )
    text = "".join(said(capsys, str(log), str(dns)).split())  # a long path wraps anywhere
    assert "5554/tcp" in text
    assert text.count("thoseneedthecapture") == 1
    assert "dns.log:ZeekTSVdnslog,1line" in text
    document = told(capsys, str(log))
    assert document["events"] is None
    assert len(document["missing"]) == 1


def test_tables_give_what_they_hold(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flows = tmp_path / "flows.parquet"
    wiretell.read_flows(trace).write_parquet(flows)
    document = told(capsys, str(flows))
    assert (document["connections"], document["events"]) == (None, None)
    assert document["behavior"]["findings"]
    assert len(document["missing"]) == 2
    counts = tmp_path / "events.parquet"
    assert run(["events", str(trace), "--parquet", str(counts)]) == 0
    connections = tmp_path / "connections.parquet"
    assert run(["connections", str(trace), "--parquet", str(connections)]) == 0
    capsys.readouterr()
    document = told(capsys, str(flows), str(connections), str(counts))
    assert document["missing"] == []
    assert document["events"]["workload"]["events"]["total"] > 0
    assert run(["profile", str(counts)]) == 2
    assert "events alone" in capsys.readouterr().err


def test_the_store_keeps_the_windows_and_is_compared_with(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("deltalake")
    for command, folder in (("profile", "one"), ("behavior", "two")):
        assert run([command, str(trace), "--store", str(tmp_path / folder)]) == 0
    capsys.readouterr()
    stored = []
    for folder in ("one", "two"):
        assert run(["behavior", "--store", str(tmp_path / folder), "--json"]) == 0
        stored.append(json.loads(capsys.readouterr().out))
    assert stored[0]["profiles"] == stored[1]["profiles"] != []
    assert stored[0]["findings"] == stored[1]["findings"] != []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--html", "/dev/full"), "/dev/full: cannot write"),
        (("--html", "nowhere/x.html"), "nowhere/x.html: cannot write: no such folder"),
        (("--html", "."), "is a folder"),
        (("--html", "-"), "the page goes into a file"),
        (("--since", "2025-01-01"), "--since needs --store"),
        (("-i", "soon"), "soon"),
        (("-i", "0"), "must be longer than zero"),
    ],
)
def test_a_mistake_is_one_line(
    trace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["profile", str(trace), *arguments]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert len([line for line in errors.splitlines() if not line.startswith("hint: ")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_gives_what_was_read_and_says_so(trace: Path, tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    command = [sys.executable, "-m", "wiretell", "profile", "-", "--html", str(page)]
    environment = os.environ | {"COLUMNS": "100"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin is not None
        process.stdin.write(trace.read_bytes())
        process.stdin.flush()
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted: this is of what was read so far" in output
    assert b"interrupted: the result is partial" in errors
    assert "Reading was interrupted" in page.read_text(encoding="utf-8")


def test_standard_input_is_named_in_words(trace: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    with trace.open("rb") as capture:
        command = [sys.executable, "-m", "wiretell", "profile", "-", "--html", str(page)]
        done = subprocess.run(command, stdin=capture, capture_output=True, text=True, check=True)
    assert "File     standard input: nanosecond pcap" in done.stdout
    assert "wiretell profile INPUT --html FILE" in " ".join(done.stdout.split())
    assert "<h1>standard input</h1>" in page.read_text(encoding="utf-8")


def test_a_capture_without_ip_has_no_behavior(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.hand_made import write_pcap

    arp = bytes(12) + b"\x08\x06" + bytes.fromhex("0001080006040001") + bytes(20)
    capture = write_pcap(tmp_path / "arp.pcap", [(0.0, arp)])
    text = said(capsys, str(capture), "--html", str(tmp_path / "x.html"))
    assert "Findings" not in text
    assert "ARP 1" in text
    assert 'id="findings"' not in (tmp_path / "x.html").read_text(encoding="utf-8")
