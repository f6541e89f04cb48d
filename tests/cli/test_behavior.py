"""`wiretell behavior`, `history` and `store`, from captures to what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wiretell.cli.app import run

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
    assert run(["store", "compact", lake]) == 0
    assert run(["store", "expire", lake, "--keep", "1d"]) == 0
    assert "0 windows are left" in capsys.readouterr().out


def test_rules_are_written(capture: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["behavior", capture, "--acl", "nftables"]) == 0
    assert "ip saddr 192.168.1.10 counter drop" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["behavior", "x.pcap", "--acl", "iptables"], "no such style"),
        (["behavior", "x.pcap", "--keep-flows"], "--keep-flows needs --store"),
        (["history", "80", "--store", "missing"], "no store there"),
        (["store", "polish", "missing"], "no such job"),
    ],
)
def test_mistakes_take_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert message in error.splitlines()[0]
