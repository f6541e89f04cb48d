"""Stories: findings that belong together are told once, none is lost, and the first screen tells it all."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from tests.analyses.behavior.flows import NOON, flow, host, syn, table
from wiretell.analyses.behavior import behavior, findings
from wiretell.reports.behavior_json import document
from wiretell.reports.behavior_result import BehaviorReport, report_of
from wiretell.reports.behavior_stories import Story, stories
from wiretell.reports.behavior_text import blocks
from wiretell.reports.console import console, write_block

Flows = list[dict[str, Any]]


def at(number: int, flows: Flows) -> Flows:
    moment = NOON + number * timedelta(minutes=5)
    return [{**each, "window": moment, "start": moment, "end": moment} for each in flows]


def report(flows: Flows) -> BehaviorReport:
    result = behavior(table(flows))
    return report_of(["trace.pcap"], len(flows), result, findings(result))


def benign() -> Flows:
    there = [flow(host(i % 60, 50), "192.0.2.80", 1024 + i, 443) for i in range(400)]
    return there + [flow(f["dst_ip"], f["src_ip"], f["dst_port"], f["src_port"]) for f in there]


def worm(infected: int, port: int = 5554, network: int = 11) -> Flows:
    return [syn(host(n, network), host(300 * n + i, 30), 1024 + i, port) for n in range(infected) for i in range(200)]


def vertical(target: str = "192.0.2.10") -> Flows:
    probes = [syn("203.0.113.7", target, 40_000 + i, i) for i in range(1, 600)]
    refused = {"packets": 1, "size": 40, "tcp_flags": 0x14, "payload_bytes": 0}
    answers = [flow(f["dst_ip"], f["src_ip"], f["dst_port"], f["src_port"], **refused) for f in probes]
    return probes + answers


def flood(*targets: str) -> Flows:
    return [syn(host(1000 * n + i, 60), target, 1024 + i, 80) for n, target in enumerate(targets) for i in range(900)]


def attacks(found: list[Story]) -> list[Story]:
    return [story for story in found if story.kind in {"scan", "novel_exploit", "flood"}]


def test_a_worm_is_one_story_however_many_hosts_it_has() -> None:
    given = report(at(0, benign() + worm(3)) + at(1, benign() + worm(24)))
    (only,) = attacks(stories(given))
    assert (only.kind, only.severity, len(only.windows)) == ("novel_exploit", 3, 2)
    assert len([row for row in given.findings if row["kind"] in {"scan", "novel_exploit"}]) >= 27
    assert only.headline == (
        "24 hosts scan port 5554/tcp: 5,400 flows, to up to 4,800 hosts in a window; "
        "not among the ports that are scanned all the time; "
        "it spreads: 3 of them in the first window, 24 in the last"
    )
    assert set(only.others) == {host(n, 11) for n in range(24)}
    assert {member.key: member.windows for member in only.members}[host(1, 11)] == 2


def test_what_infected_hosts_do_beside_the_scan_is_not_counted_as_scan() -> None:
    others = [flow(host(n, 11), "192.0.2.80", 30_000 + i, 443) for n in range(12) for i in range(20)]
    (only,) = attacks(stories(report(benign() + worm(12) + others)))
    assert only.headline.startswith("12 hosts scan port 5554/tcp: 2,400 flows to 2,400 hosts; ")
    assert only.flows == 2_400


def test_a_scan_of_a_host_has_the_flows_of_those_who_scan_not_those_that_it_sends() -> None:
    target = "192.0.2.10"
    probes = [syn(f"203.0.113.{n}", target, 40_000 + n, i) for n in (1, 2, 3) for i in range(1, 200)]
    refused = {"packets": 1, "size": 40, "tcp_flags": 0x14, "payload_bytes": 0}
    back = [flow(target, f["src_ip"], f["dst_port"], f["src_port"], **refused) for f in probes]
    more = [flow(target, host(i, 70), 1 + i % 300, 2000 + i, **refused) for i in range(700)]
    (only,) = [each for each in attacks(stories(report(benign() + probes + back + more))) if "of the" not in each.kind]
    assert only.headline == f"3 hosts scan the ports of {target}: 597 flows"
    assert max(member.flows for member in only.members) > 597


def test_every_finding_is_in_one_story() -> None:
    everything = benign() + worm(4) + vertical() + flood("192.0.2.20", "192.0.2.21")
    given = report(
        [f for n in range(3) for f in at(n, benign())] + at(3, everything) + at(4, benign() + worm(1, 22, 12))
    )
    told = [id(row) for story in stories(given) for row in story.findings]
    assert sorted(told) == sorted(id(row) for row in given.findings)
    assert len(stories(given)) < len(given.findings)


def test_a_scan_of_the_ports_of_several_hosts_is_told_of_the_scanner_not_of_those_who_answer() -> None:
    scanned = ("192.0.2.10", "192.0.2.11", "192.0.2.12")
    (only,) = attacks(stories(report(benign() + [each for target in scanned for each in vertical(target)])))
    assert only.headline == "203.0.113.7 scans the ports of 3 hosts: 1,797 flows"
    assert set(only.others) == set(scanned)


def test_a_scan_of_one_host_and_its_target_are_one_story_in_the_words_of_the_scanner() -> None:
    (only,) = attacks(stories(report(benign() + vertical())))
    assert only.headline.startswith("203.0.113.7 scans 599 tcp ports of 192.0.2.10: ")
    assert only.others == ()
    assert {member.key for member in only.members} >= {"203.0.113.7", "192.0.2.10"}


def test_scans_of_two_ports_are_two_stories() -> None:
    found = attacks(stories(report(benign() + worm(3, 445) + worm(3, 22, 12))))
    assert len(found) == 2
    assert {story.headline.split(":")[0] for story in found} == {
        "3 hosts scan port 445/tcp", "3 hosts scan port 22/tcp",
    }  # fmt: skip


def test_a_flood_is_told_by_its_target_and_targets_of_one_port_together() -> None:
    (one,) = attacks(stories(report(benign() + flood("192.0.2.20"))))
    assert one.headline.startswith("192.0.2.20 is flooded on port 80/tcp from 900 addresses")
    (two,) = attacks(stories(report(benign() + flood("192.0.2.20", "192.0.2.21"))))
    assert two.headline == "2 hosts are flooded on port 80/tcp: 1,800 flows"
    assert set(two.others) == {"192.0.2.20", "192.0.2.21"}


def test_a_habit_that_an_attack_explains_is_part_of_its_story() -> None:
    me = "192.0.2.80"
    given = report(
        [f for n in range(4) for f in at(n, benign())] + at(4, [syn(me, host(i), 2000 + i, 445) for i in range(400)])
    )
    assert "behavior_change" in {row["kind"] for row in given.findings if row["key"] == me}
    mine = [story for story in stories(given) if any(member.key == me for member in story.members)]
    assert [story.kind for story in mine if story.kind == "behavior_change"] == []
    assert any("no longer" in story.headline for story in mine)


def test_the_most_severe_come_first_and_of_these_the_largest() -> None:
    found = stories(report(benign() + worm(4) + worm(9, 6129, 12) + vertical()))
    order = [(-story.severity, -story.flows) for story in found]
    assert order == sorted(order)
    assert "6129" in found[0].headline


def text(given: BehaviorReport, width: int = 80) -> list[str]:
    stream = io.StringIO()
    target = console(stream, width)
    for block in blocks(given, width, 10):
        write_block(target, block)
    return stream.getvalue().splitlines()


def test_the_first_screen_of_eighty_columns_has_every_attack() -> None:
    given = report(at(0, benign() + worm(3)) + at(1, benign() + worm(24) + vertical() + flood("192.0.2.20")))
    lines = text(given)
    assert max(map(len, lines)) <= 80
    first = " ".join(" ".join(lines[:24]).split())
    for words in ("24 hosts scan port 5554/tcp", "203.0.113.7 scans 599 tcp ports", "192.0.2.20 is flooded on port 80"):
        assert words in first


def test_no_flows_are_told_as_such() -> None:
    assert text(report([])) == ["", "No flows, so nobody behaves in any way."]


def test_json_has_the_stories_and_every_finding() -> None:
    given = report(benign() + worm(5))
    found = document(given)
    assert len(found["findings"]) == len(given.findings)
    worms = [story for story in found["stories"] if story["kind"] == "novel_exploit"]
    assert {member["key"] for member in worms[0]["members"]} >= {host(n, 11) for n in range(5)}
    assert worms[0]["windows"] == ["2026-01-02T12:00:00Z"]
