"""Verdicts: class, states, sizes, flags and answers together, so that one is not taken for another."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from wiretell.analyses.behavior import behavior

from .flows import NOON, flow, host, rows, syn, table

ME = "192.0.2.1"
PROTOCOL_UDP = {"protocol": 17, "packets": 1}


def profile_of(flows: list[dict[str, Any]], key: str = ME, dimension: str = "src_ip") -> dict[str, Any]:
    (mine,) = [r for r in rows(behavior(table(flows)).profiles) if (r["dimension"], r["key"]) == (dimension, key)]
    return mine


def both_ways(client: str, server: str, client_port: int, server_port: int, **others: Any) -> list[dict[str, Any]]:
    return [
        flow(client, server, client_port, server_port, **others),
        flow(server, client, server_port, client_port, **others),
    ]


def web(clients: int = 200) -> list[dict[str, Any]]:
    return [f for i in range(1200) for f in both_ways(host(i % clients), ME, 1024 + i, 80)]


def scan(**others: Any) -> list[dict[str, Any]]:
    return [syn(ME, host(i), 1024 + i, 445, **others) for i in range(1290)] + [
        flow(ME, host(i, 40), 7000 + i, 22_222 + i) for i in range(22)
    ]


def test_the_sentence_of_a_scan() -> None:
    mine = profile_of(scan())
    assert mine["profile"] == "scan"
    assert mine["sentence"] == (
        "10.1.2.3 scans port 445/tcp: 98 % of 1,312 flows to 1,312 hosts are ⟨*, 445, *⟩, 1.2 packets each".replace(
            "10.1.2.3", ME
        )
    )
    assert (mine["port"], mine["protocol"], mine["peers"]) == (445, "tcp", 1312)


def test_a_web_server_and_its_port_are_servers() -> None:
    for dimension in ("src_ip", "dst_ip"):
        mine = profile_of(web(), ME, dimension)
        assert (mine["profile"], mine["port"]) == ("server", 80)
    assert profile_of(web(), "80", "src_port")["profile"] == "server"
    assert profile_of(web(), "80", "dst_port")["profile"] == "server"


def test_hosts_met_on_other_ports_are_not_said_to_be_of_the_port_that_is_named() -> None:
    queries = [f for i in range(380) for f in both_ways(ME, host(i % 7), 1024 + i, 53, **PROTOCOL_UDP)]
    others = [f for i in range(130) for f in both_ways(ME, host(10 + i % 43), 5000 + i, 443)]
    mine = profile_of(queries + others)
    assert (mine["profile"], mine["port"], mine["peers"]) == ("heavy_hitter", 53, 50)
    assert "is a busy client, mostly of port 53/udp, of 50 hosts" in mine["sentence"]
    assert "is a busy client of port 53/udp of 7 hosts" in profile_of(queries)["sentence"]
    assert f"{ME} serves port 80/tcp to 200 hosts" in profile_of(web())["sentence"]
    away = [f for i in range(60) for f in both_ways(ME, host(i, 40), 7000 + i, 22)]
    assert f"{ME} serves mostly port 80/tcp to 260 hosts" in profile_of(web() + away)["sentence"]
    flood = [syn(host(i), ME, 1024 + i, 80) for i in range(1200)]
    visits = [flow(host(i, 40), ME, 7000 + i, 443) for i in range(130)]
    assert (
        "is flooded mostly on port 80/tcp from 1,330 addresses" in profile_of(flood + visits, ME, "dst_ip")["sentence"]
    )


def test_the_broadcast_address_of_a_subnet_is_no_busy_client() -> None:
    calls = [flow(ME, "192.0.2.255", port, port, protocol=17, packets=5) for port in (137, 138)]
    assert profile_of(calls, "192.0.2.255", "dst_ip")["profile"] == "other"
    answers = [flow(host(1), ME, 40_000, 5000 + i, protocol=17, packets=6) for i in range(60)]
    assert profile_of(answers, ME, "dst_ip")["profile"] == "heavy_hitter"


def test_the_victim_of_a_spoofed_flood_is_no_server() -> None:
    flood = [syn(host(i), ME, 1024 + i, 80) for i in range(1200)]
    mine = profile_of(flood, ME, "dst_ip")
    assert mine["behavior_class"] == 20  # the id of a busy server
    assert mine["profile"] == "flood_target"
    assert "is flooded on port 80/tcp from 1,200 addresses" in mine["sentence"]


def test_a_victim_that_still_answers_is_no_server_either() -> None:
    answers = [flow(ME, host(i), 80, 1024 + i, packets=1, tcp_flags=0x12, payload_bytes=0) for i in range(1200)]
    assert profile_of(answers)["profile"] == "flood_target"


def test_a_backup_of_many_hosts_is_no_scan() -> None:
    backup = [f for i in range(300) for f in both_ways(ME, host(i), 1024 + i, 445, packets=4000)]
    mine = profile_of(backup)
    assert mine["behavior_class"] == 20  # the id of a scan
    assert mine["profile"] == "heavy_hitter"


def test_a_resolver_is_no_scan_and_a_sweep_of_the_same_port_is_one() -> None:
    queries = [f for i in range(600) for f in both_ways(ME, host(i), 1024 + i, 53, **PROTOCOL_UDP)]
    assert profile_of(queries)["profile"] == "heavy_hitter"
    sweep = [flow(ME, host(i), 1024 + i, 53, **PROTOCOL_UDP) for i in range(600)]
    assert profile_of(sweep)["profile"] == "scan"


def test_a_host_that_asks_a_dozen_silent_servers_again_and_again_is_no_scan() -> None:
    queries = [
        flow(ME, host(i % 15), 1024 + i, 53, start=NOON + timedelta(seconds=i), **PROTOCOL_UDP) for i in range(210)
    ]
    mine = profile_of(queries)
    assert mine["behavior_class"] % 3 == 1  # neither one host nor as many hosts as flows
    assert mine["profile"] == "other"


def test_a_name_server_with_many_clients_is_a_server() -> None:
    answers = [f for i in range(600) for f in both_ways(host(i % 90), ME, 1024 + i, 53, **PROTOCOL_UDP)]
    assert profile_of(answers)["profile"] == "server"
    assert profile_of(answers, ME, "dst_ip")["profile"] == "server"
    assert profile_of(answers, "53", "dst_port")["profile"] == "server"


@pytest.mark.parametrize("source_port", [None, 40_000])
def test_a_vertical_scan_is_told_from_a_server(source_port: int | None) -> None:
    probes = [syn(ME, host(1), source_port or 1024 + i, i) for i in range(1, 1001)]
    refusals = [
        flow(p["dst_ip"], ME, p["dst_port"], p["src_port"], packets=1, tcp_flags=0x14, payload_bytes=0) for p in probes
    ]
    mine = profile_of(probes + refusals)
    assert mine["profile"] == "scan"
    assert "scans 1,000 tcp ports of 10.0.0.1" in mine["sentence"]
    assert profile_of(probes + refusals, host(1), "dst_ip")["profile"] == "scan_target"
    visits = [flow(host(i, 40), host(1), 7000 + i, 22) for i in range(30)]
    told = profile_of(probes + refusals + visits, host(1), "dst_ip")["sentence"]
    assert f"{host(1)} is scanned on 1,000 tcp ports, mostly by {ME} among 31 hosts: " in told
    assert profile_of(probes + refusals, host(1))["profile"] == "scan_target"
    assert profile_of(probes + refusals, ME, "dst_ip")["profile"] == "scan"


def test_a_ping_sweep_is_a_scan_even_if_all_answer() -> None:
    sweep = [flow(ME, host(i), 8, 0, protocol=1, packets=1) for i in range(254)]
    replies = [flow(host(i), ME, 0, 0, protocol=1, packets=1) for i in range(254)]
    mine = profile_of(sweep + replies)
    assert mine["profile"] == "scan"
    assert "by ping" in mine["sentence"]


def test_a_reflection_hits_its_victim() -> None:
    answers = [flow(host(i), ME, 161, 50_000, protocol=17, packets=8, size=1400) for i in range(900)]
    mine = profile_of(answers, ME, "dst_ip")
    assert mine["profile"] == "flood_target"
    assert "answers it never asked for, from port 161/udp of 900 hosts" in mine["sentence"]


def test_one_sender_can_flood() -> None:
    flood = [syn(ME, host(1), 1024 + i, 80) for i in range(5000)]
    assert profile_of(flood)["profile"] == "flood_source"
    retries = [syn(ME, host(1), 1024 + i, 80) for i in range(20)]
    assert profile_of(retries)["profile"] == "other"


def test_a_busy_proxy_is_a_heavy_hitter() -> None:
    proxy = [f for i in range(1200) for f in both_ways(ME, host(i % 10), 1024 + i, 80)]
    assert profile_of(proxy)["profile"] == "heavy_hitter"
    assert profile_of(proxy, ME, "dst_ip")["profile"] == "heavy_hitter"


def test_one_protocol_after_the_other_is_a_scan_of_protocols_and_one_from_many_a_flood() -> None:
    tries = [flow(ME, host(1), 0, 0, protocol=number, packets=1, size=20) for number in range(60, 255)]
    assert profile_of(tries)["sentence"].startswith(f"{ME} scans IP protocols of 10.0.0.1: ")
    target = profile_of(tries, host(1), "dst_ip")
    assert (target["profile"], target["port"]) == ("scan_target", None)
    assert "is scanned by 192.0.2.1 for IP protocols" in target["sentence"]
    flood = [flow(host(i), ME, 0, 0, protocol=47, packets=1) for i in range(300)]
    assert profile_of(flood, ME, "dst_ip")["profile"] == "flood_target"


def test_what_scanners_of_the_internet_send_all_day_is_no_flood() -> None:
    probes = [syn(host(i), ME, 1024 + i, 23, start=NOON + timedelta(seconds=8 * i)) for i in range(400)]
    assert profile_of(probes, ME, "dst_ip")["profile"] == "other"
    refusals = [
        flow(
            ME, host(i), 23, 1024 + i, packets=1, tcp_flags=0x14, payload_bytes=0, start=NOON + timedelta(seconds=8 * i)
        )
        for i in range(400)
    ]
    assert profile_of(refusals)["profile"] == "other"


def test_a_busy_client_of_udp_among_more_tcp_flows_is_told_with_udp(engine: Callable[[pl.DataFrame], Any]) -> None:
    asked = [f for i in range(60) for f in both_ways(ME, host(1), 1024 + i, 53, protocol=17)]
    others = [f for i in range(60) for f in both_ways(ME, host(9 + i), 3000 + i, 8000 + i)]
    pings = [flow(ME, host(3), 8, 0, protocol=1, packets=9) for _ in range(4)]
    tcp_wins_over_all = [f for i in range(8) for f in both_ways(ME, host(1), 5000 + i, 53)]
    flows = engine(table(asked + others + pings + tcp_wins_over_all))
    found = {(r["dimension"], r["key"]): r for r in rows(behavior(flows).profiles)}
    mine = found["src_ip", ME]
    assert mine["profile"] == "heavy_hitter"
    assert (mine["port"], mine["protocol"]) == (53, "udp")
    assert "is a busy client, mostly of port 53/udp, of " in mine["sentence"]


def test_a_state_of_three_values_has_the_protocol_of_its_own_flows(engine: Callable[[pl.DataFrame], Any]) -> None:
    time = [flow(ME, host(1), 123, 123, protocol=17) for _ in range(6)]
    others = [flow(ME, host(i), 1024 + i, 2000 + i) for i in range(5)]
    more = [flow(ME, host(1), 123, 8000 + i) for i in range(5)]
    mine = {r["dimension"]: r for r in rows(behavior(engine(table(time + others + more))).profiles) if r["key"] == ME}
    assert json.loads(mine["src_ip"]["evidence"])["state_protocol"] == "udp"
    assert mine["src_ip"]["protocol"] == "udp"


def test_flows_that_stand_for_more_have_the_protocol_of_those_they_stand_for(
    engine: Callable[[pl.DataFrame], Any],
) -> None:
    udp = [f | {"sampling": 4} for i in range(40) for f in both_ways(ME, host(1), 1024 + i, 53, protocol=17)]
    tcp = [f for i in range(60) for f in both_ways(ME, host(1), 1024 + i, 53)]
    found = {(r["dimension"], r["key"]): r for r in rows(behavior(engine(table(udp + tcp))).profiles)}
    assert found["src_ip", ME]["protocol"] == "udp"


def test_a_client_of_icmp_is_no_client_of_a_port() -> None:
    pings = [flow(ME, host(1), 8, 0, protocol=1, packets=9) for _ in range(30)]
    tcp = [flow(ME, host(i), 1024 + i, 2000 + i) for i in range(40)]
    mine = profile_of(pings + tcp[:29])
    assert "port 0/" not in mine["sentence"]
    assert "port 0/" not in profile_of(tcp + pings)["sentence"]


def worm_among_names() -> list[dict[str, Any]]:
    """Ten probes of TCP among nine names that are asked for and answered, and a few others."""
    names = [f for i in range(9) for f in both_ways(ME, host(1 + i % 2, 20), 38_600 + i, 53, **PROTOCOL_UDP)]
    others = both_ways(ME, host(7, 20), 123, 123, **PROTOCOL_UDP) + both_ways(ME, host(8, 20), 38_650, 443)
    traces = [flow(ME, host(9 + i, 20), 38_660 + i, 33_434, **PROTOCOL_UDP) for i in range(2)]
    ping = [flow(ME, host(12, 20), 8, 0, protocol=1, packets=2), flow(host(12, 20), ME, 0, 0, protocol=1, packets=2)]
    return names + others + traces + ping + [syn(ME, host(i, 30), 38_680 + i, 5554) for i in range(10)]


def test_a_scan_that_no_state_explains_is_told_by_the_port_of_its_probes() -> None:
    mine = profile_of(worm_among_names())
    assert (mine["profile"], mine["port"], mine["protocol"]) == ("scan", 5554, "tcp")
    assert mine["sentence"].startswith(f"{ME} scans port 5554/tcp: 42 % of 24 flows to ")


def test_answered_queries_make_no_scan_of_fewer_than_ten_probes() -> None:
    flows = [f for f in worm_among_names() if f["dst_port"] != 5554 or f["src_port"] < 38_683]
    mine = profile_of(flows)
    assert mine["flows"] == 17
    assert mine["profile"] not in {"scan", "flood_source"}


def test_ports_of_a_scan_are_of_a_protocol_only_if_all_flows_are() -> None:
    probes = [syn(ME, host(1), 40_000, 1 + i) for i in range(300)]
    assert "scans 300 tcp ports of 10.0.0.1" in profile_of(probes)["sentence"]
    more = [flow(ME, host(1), 40_000, 1000 + i, **PROTOCOL_UDP) for i in range(20)]
    assert "scans 320 ports of 10.0.0.1" in profile_of(probes + more)["sentence"]


def test_hosts_that_answer_or_report_are_not_more_targets_than_were_pinged() -> None:
    pings = [flow(ME, host(i), 8, 0, protocol=1, packets=3) for i in range(8)]
    replies = [flow(host(i), ME, 0, 0, protocol=1, packets=3) for i in range(8)]
    reports = [flow(host(i, 40), ME, 3, 3, protocol=1, packets=1) for i in range(4)]
    assert profile_of(pings + replies + reports, ME, "dst_ip")["profile"] == "other"
    assert profile_of(pings + replies + reports)["profile"] == "other"


def test_a_scanner_is_still_told_by_the_refusals_that_it_hears() -> None:
    probes = [syn(ME, host(i), 1024 + i, 22) for i in range(200)]
    refusals = [flow(p["dst_ip"], ME, 22, p["src_port"], packets=1, tcp_flags=0x14, payload_bytes=0) for p in probes]
    assert profile_of(probes + refusals, ME, "dst_ip")["profile"] == "scan"


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("239.255.255.250", "is a group address and hears from"),
        ("ff02::c", "is a group address and hears from"),
        ("255.255.255.255", "is the broadcast address and hears from"),
        ("192.0.2.255", "hears from"),
    ],
)
def test_an_address_that_nobody_answers_from_serves_nothing(group: str, words: str) -> None:
    calls = [
        flow(host(i % 4), group, 2000 + i % 40, 1900, protocol=17, start=NOON + timedelta(seconds=i)) for i in range(80)
    ]
    mine = profile_of(calls, group, "dst_ip")
    assert mine["profile"] == "other"
    assert mine["sentence"].startswith(f"{group} {words} 4 hosts (udp")
    if group != "192.0.2.255":
        assert profile_of(calls, "1900", "dst_port")["profile"] == "other"
    assert "busy client" not in profile_of(calls, host(1))["sentence"] or group == "192.0.2.255"


def test_who_calls_all_hosts_of_a_subnet_from_the_port_of_the_service_serves_nothing() -> None:
    calls = [flow(ME, "192.0.2.255", 137, 137, protocol=17), flow(ME, "192.0.2.255", 138, 138, protocol=17)]
    assert profile_of(calls)["profile"] != "server"


def test_a_server_of_tcp_is_one_even_if_only_its_clients_are_seen() -> None:
    assert profile_of([f for f in web() if f["dst_ip"] == ME], ME, "dst_ip")["profile"] == "server"
