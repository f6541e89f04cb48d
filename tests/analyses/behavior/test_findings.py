"""Findings: what is unusual now, and what changed since before."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from time import process_time
from typing import Any

import polars as pl
import pytest

from wiretell.analyses.behavior import behavior, behavior_from, changes, class_trends, findings, transitions

from .flows import NOON, flow, host, rows, syn, table

ME = "192.0.2.1"


def at(number: int, flows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The flows, in the window of that number."""
    moment = NOON + number * timedelta(minutes=5)
    return [{**each, "window": moment, "start": moment, "end": moment} for each in flows]


def serving() -> list[dict[str, Any]]:
    there = [flow(host(i % 60), ME, 1024 + i, 80) for i in range(400)]
    return there + [flow(f["dst_ip"], f["src_ip"], f["dst_port"], f["src_port"]) for f in there]


def scanning(port: int = 445) -> list[dict[str, Any]]:
    return [syn(ME, host(i, 30), 1024 + i, port) for i in range(400)]


def others() -> list[dict[str, Any]]:
    there = [flow(host(i % 40, 50), "192.0.2.99", 1024 + i, 443) for i in range(300)]
    return there + [flow(f["dst_ip"], f["src_ip"], f["dst_port"], f["src_port"]) for f in there]


def kinds(flows: list[dict[str, Any]], window: int, key: str = ME) -> dict[str, dict[str, Any]]:
    moment = NOON + window * timedelta(minutes=5)
    found = rows(findings(behavior(table(flows))))
    return {row["kind"]: row for row in found if row["window"] == moment and row["key"] == key}


def test_a_server_that_starts_to_scan_has_changed() -> None:
    flows = [f for n in range(4) for f in at(n, serving() + others())] + at(4, scanning() + others())
    found = kinds(flows, 4)
    assert found["behavior_change"]["severity"] == 2
    assert found["behavior_change"]["sentence"].startswith(f"{ME} changed its behavior: now it scans port 445/tcp: ")
    assert "scan" in found
    assert "vanished_server" in found


def test_a_steady_server_is_no_finding() -> None:
    flows = [f for n in range(6) for f in at(n, serving() + others())]
    assert kinds(flows, 5) == {}


def test_a_new_server_is_told_once_there_is_a_past() -> None:
    flows = [f for n in range(3) for f in at(n, others())] + at(3, serving() + others())
    assert "new_server" in kinds(flows, 3)
    assert kinds(at(0, serving() + others()), 0) == {}


@pytest.mark.parametrize(("port", "kind"), [(445, "scan"), (6129, "novel_exploit")])
def test_an_unusual_port_makes_a_novel_exploit(port: int, kind: str) -> None:
    assert set(kinds(at(0, scanning(port) + others()), 0)) & {"scan", "novel_exploit"} == {kind}


def test_a_port_that_was_scanned_before_is_not_novel() -> None:
    flows = at(0, scanning(6129) + others()) + at(1, scanning(6129) + others())
    assert "scan" in kinds(flows, 1)


def test_a_finding_says_since_when() -> None:
    flows = at(0, others()) + [f for n in (1, 2, 3) for f in at(n, scanning() + others())]
    assert kinds(flows, 3)["scan"]["since"] == NOON + timedelta(minutes=5)


def test_windows_with_a_long_past_take_no_longer_than_those_with_a_short_one() -> None:
    result = behavior(table(at(0, serving() + others())))
    moments = pl.DataFrame({"window": [NOON + number * timedelta(minutes=5) for number in range(4000)]})
    tables = (
        pl.DataFrame(each).drop("window")
        for each in (result.thresholds, result.clusters, result.states, result.profiles)
    )
    long = behavior_from(*(moments.join(each, how="cross") for each in tables))
    began = process_time()
    assert rows(findings(long)) == []
    # Looked through anew from each window, the past would take ten times as long.
    assert process_time() - began < 3


def test_how_far_is_usual_is_told_by_no_more_than_the_last_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "RECENT", 8)
    far: dict[str, Any] = {"dimension": "src_ip", "key": ME, "behavior_class": 7}
    near = far | dict.fromkeys(("ru_dst_ip", "ru_src_port", "ru_dst_port"), 0.5)
    far |= dict.fromkeys(("ru_dst_ip", "ru_src_port", "ru_dst_port"), 1.0)
    pasts = changes.Pasts()
    for number in range(100):
        pasts.add(NOON + number * timedelta(minutes=5), [far if number < 50 else near], [])
    past = pasts.entities["src_ip", ME]
    assert len(past.vectors) == 8
    # Half of all windows were there, half here: the center lies in the middle.
    assert past.usual_distance() == pytest.approx((sqrt(3) / 4, 0))
    assert past.windows == 100


def test_history_is_what_was_before_and_never_what_comes_after() -> None:
    past = behavior(table([f for n in range(4) for f in at(n, serving() + others())]))
    now = behavior(table(at(4, scanning() + others())))
    with_past = {row["kind"] for row in rows(findings(now, past)) if row["key"] == ME}
    assert "behavior_change" in with_past
    backwards = {row["kind"] for row in rows(findings(past, now))}
    assert "behavior_change" not in backwards


def test_nothing_that_stands_out_is_told() -> None:
    flood = [syn(host(i), ME, 1024 + i, 80) for i in range(600)]
    found = rows(findings(behavior(table(flood))))
    assert [r["dimension"] for r in found if r["kind"] == "nothing_stands_out"] == ["src_ip", "src_port"]


def test_popularity_size_and_volatility_follow_their_definitions(engine: Any) -> None:
    flows = [f for n in range(4) for f in at(n, others())] + at(2, scanning())
    import polars as pl

    clusters = pl.DataFrame(behavior(table(flows)).clusters.to_arrow())
    trends = {(r["dimension"], r["behavior_class"]): r for r in rows(class_trends(engine(clusters)))}
    for (dimension, number), row in trends.items():
        mine = [c for c in clusters.to_dicts() if (c["dimension"], c["behavior_class"]) == (dimension, number)]
        slots = {c["window"] for c in mine}
        assert row["popularity"] == len(slots) / 4
        assert row["average_size"] == len(mine) / len(slots)
        assert row["volatility"] == len({c["key"] for c in mine}) / len(mine)


def test_transitions_join_successive_windows() -> None:
    flows = at(0, serving() + others()) + at(1, scanning() + others())
    moves = {(r["dimension"], r["key"]): r for r in rows(transitions(behavior(table(flows)).clusters))}
    mine = moves["src_ip", ME]
    assert (mine["before_class"], mine["behavior_class"], mine["akin"]) == (7, 20, False)
    assert mine["distance"] > 1
    assert moves["src_ip", "192.0.2.99"]["distance"] == pytest.approx(0)
