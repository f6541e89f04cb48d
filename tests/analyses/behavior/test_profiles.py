"""Verdicts: class, states, sizes, flags and answers together, so that one is not taken for another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
        "10.1.2.3 scans port 445/tcp: 98 % of 1,312 flows are ⟨*, 445, *⟩ to 1,312 hosts, 1.2 packets each".replace(
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
