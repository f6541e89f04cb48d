"""Blocking rules: the right sources, the narrowest rule, and what it would have hit."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

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


def test_what_is_no_address_makes_no_rule() -> None:
    row = {"dimension": "src_ip", "profile": "scan", "key": "1.2.3.4; flush ruleset", "protocol": "tcp", "port": 1}
    assert actions(table(scans()), [row | {"sentence": ""}]) == []
