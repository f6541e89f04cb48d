"""Blocking rules: the right sources, the narrowest rule, and what it would have hit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.analyses.behavior.flows import flow, host, syn, table
from wiretell.analyses.behavior import behavior
from wiretell.analyses.behavior.actions import Action, actions
from wiretell.reports.acl import write_acl

ME = "192.0.2.1"
SIX = "2001:db8::bad"


def found(flows: list[dict[str, Any]]) -> list[Action]:
    frame = table(flows)
    return actions(frame, pl.DataFrame(behavior(frame).profiles).to_dicts())


def scans() -> list[dict[str, Any]]:
    horizontal = [syn(ME, host(i), 1024 + i, 445) for i in range(300)]
    benign = [flow(ME, host(1, 20), 5000 + i, 445, packets=10) for i in range(5)]
    elsewhere = [flow(ME, host(1, 20), 6000 + i, 80) for i in range(4)]
    vertical = [syn(SIX, "2001:db8::1", 1024 + i, i + 1) for i in range(300)]
    return horizontal + benign + elsewhere + vertical


def test_a_scan_of_one_port_is_blocked_there_only_and_its_benign_flows_are_counted() -> None:
    by_source = {action.source: action for action in found(scans())}
    mine = by_source[ME]
    assert (mine.protocol, mine.port, mine.flows, mine.benign_flows) == ("tcp", 445, 305, 5)
    assert (mine.packets, mine.benign_bytes) == (350, 5 * 10 * 400)
    assert (by_source[SIX].protocol, by_source[SIX].flows) == (None, 300)


def test_servers_and_their_clients_are_not_blocked() -> None:
    web = [f for i in range(400) for f in (flow(host(i % 50), ME, 2000 + i, 80), flow(ME, host(i % 50), 80, 2000 + i))]
    assert found(web) == []


def test_answered_queries_are_benign_and_answered_probes_of_tcp_are_not(engine: Callable[[pl.DataFrame], Any]) -> None:
    udp, refusal = {"protocol": 17, "packets": 1}, {"packets": 1, "tcp_flags": 0x14, "payload_bytes": 0}
    asked = [flow(ME, host(1, 20), 7000 + i, 53, **udp) for i in range(9)]
    answers = [flow(f["dst_ip"], ME, 53, f["src_port"], **udp) for f in asked]
    unanswered = [flow(ME, host(1, 20), 8000 + i, 53, **udp) for i in range(4)]
    probes = [syn(ME, host(1), 1024 + i, i + 1) for i in range(300)]
    refused = [flow(host(1), ME, f["dst_port"], f["src_port"], **refusal) for f in probes]
    pings = [flow(ME, host(2), 8, 0, protocol=1, packets=1), flow(host(2), ME, 0, 0, protocol=1, packets=1)]
    flows = table(asked + answers + unanswered + probes + refused + pings)
    (mine,) = actions(engine(flows), pl.DataFrame(behavior(flows).profiles).to_dicts())
    assert (mine.source, mine.protocol, mine.flows, mine.benign_flows) == (ME, None, 314, 9)


def test_rules_in_each_style() -> None:
    rules = found(scans())
    nft = write_acl("nftables", rules)
    assert f'ip saddr {ME} tcp dport 445 counter drop comment "305 flows, 5 of them benign"' in nft
    assert f"ip6 saddr {SIX} counter drop" in nft
    assert "benign among them: 5 flows, 20000 bytes" in nft
    ios = write_acl("ios", rules)
    assert f" deny tcp host {ME} any eq 445\n" in ios
    assert f" deny ipv6 host {SIX} any\n" in ios
    assert ios.isascii()
    assert {row["source"] for row in json.loads(write_acl("json", rules))} == {ME, SIX}


def test_no_rules_say_that_there_are_none() -> None:
    for style, mark in (("nftables", "# "), ("ios", "! ")):
        assert write_acl(style, []).startswith(
            f"{mark}no source scans or floods by itself: there is nothing to block\n"
        )
        assert "nothing to block" not in write_acl(style, found(scans()))
    assert json.loads(write_acl("json", [])) == []


def test_what_is_no_address_makes_no_rule() -> None:
    row = {"dimension": "src_ip", "profile": "scan", "key": "1.2.3.4; flush ruleset", "protocol": "tcp", "port": 1}
    assert actions(table(scans()), [row | {"sentence": ""}]) == []


def test_nftables_takes_the_rules(tmp_path: Path) -> None:
    nft = shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin")
    if nft is None:
        pytest.skip("nft is not installed")
    if subprocess.run([nft, "-c", "-f", "/dev/null"], capture_output=True, check=False).returncode:
        pytest.skip("nft may not check rules here: it needs the right to look at those of the kernel")
    rules = tmp_path / "rules.nft"
    rules.write_text(write_acl("nftables", found(scans())), encoding="utf-8")
    checked = subprocess.run([nft, "-c", "-f", rules], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    rules.write_text(rules.read_text(encoding="utf-8").replace("dport 445", "dport 70000"), encoding="utf-8")
    assert subprocess.run([nft, "-c", "-f", rules], capture_output=True, check=False).returncode != 0


def test_ios_rules_are_of_the_documented_form() -> None:
    lines = write_acl("ios", found(scans())).splitlines()
    form = re.compile(
        r"!.*|ip access-list extended \w+|ipv6 access-list \w+| remark [ -~]{1,100}"
        r"| deny (tcp|udp|ip|ipv6) host [0-9a-f.:]+ any( eq \d+)?| permit (ip|ipv6) any any"
    )
    assert [line for line in lines if not form.fullmatch(line)] == []
    assert [line for line in lines if line.startswith((" deny", " permit"))][-1].startswith(" permit")


def test_every_rule_says_what_it_would_have_blocked_as_the_flows_say() -> None:
    flows = scans()
    for action in found(flows):
        hit = [
            f
            for f in flows
            if f["src_ip"] == action.source
            and (action.protocol is None or (f["protocol"], f["dst_port"]) == (6, action.port))
        ]
        assert (action.flows, action.packets, action.bytes) == (
            len(hit), sum(f["packets"] for f in hit), sum(f["bytes"] for f in hit),
        )  # fmt: skip
        benign = [f for f in hit if f["packets"] > 3]
        assert (action.benign_flows, action.benign_bytes) == (len(benign), sum(f["bytes"] for f in benign))
        assert f"{len(hit)} flows" in write_acl("nftables", [action])
