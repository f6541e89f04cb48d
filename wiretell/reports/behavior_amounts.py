"""How many flows a story is about: those of who does it, not also of whom it is done to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from wiretell.reports.behavior_topics import Found, Topic

_AIM: Final = {"src_ip": "dst_port", "dst_ip": "src_port"}
"""Where the scanned port stands in what a scanner sends, and in what it hears."""


def flows_of(topic: Topic, group: Sequence[Found]) -> int:
    """The flows of a story in all of its windows.

    A scan of a port: the flows to that port where it stands out, else those of its sources that go there. A scan of a
    host: those of the sources; a flood: those to its targets. Anything else: those of the members, what several
    dimensions share counted once.
    """
    by_window: dict[datetime, list[Found]] = {}
    for found in group:
        by_window.setdefault(found.row["window"], []).append(found)
    if topic.name == "scan of host":
        scanners = _scanners(topic, group)
        told = sum(_once((found, found.flows) for found in mine if found in scanners) for mine in by_window.values())
        return told or sum(_widest(mine) for mine in by_window.values())
    return sum(_in_window(topic, mine) for mine in by_window.values())


def _in_window(topic: Topic, group: Sequence[Found]) -> int:
    if topic.name == "scan of port" and topic.port is not None:
        told = [found.flows for found in group if found.row["dimension"] == "dst_port"]
        told = told or [_once(_to_port(topic, found) for found in _with_profile(group, "scan"))]
    elif topic.name == "scan of port":
        told = [_once((found, found.flows) for found in _with_profile(group, "scan"))]
    elif topic.name == "flood":
        told = [_once((found, found.flows) for found in _with_profile(group, "flood_target"))]
    else:
        told = []
    return max(told, default=0) or _widest(group)


def _scanners(topic: Topic, group: Sequence[Found]) -> list[Found]:
    """Those who scan a host, without the host itself, whose refusals may look like a scan."""
    scanners = _with_profile(group, "scan")
    return [found for found in scanners if found.row["key"] != topic.key] or scanners


def _with_profile(group: Sequence[Found], profile: str) -> list[Found]:
    return [
        found
        for found in group
        if found.profile is not None
        and found.profile["profile"] == profile
        and not found.row["dimension"].endswith("port")
    ]


def _to_port(topic: Topic, found: Found) -> tuple[Found, int]:
    """The flows of a scanner that go to the port, if the state that explains most is of them."""
    to_port = found.fixed(_AIM[found.row["dimension"]]) == str(topic.port)
    share = float(found.profile["state_share"]) if to_port and found.profile is not None else 1.0
    return found, round(found.flows * share)


def _once(flows: Iterable[tuple[Found, int]]) -> int:
    """The sum over addresses, of each that dimension in which it has more."""
    by_key: dict[str, int] = {}
    for found, number in flows:
        by_key[found.row["key"]] = max(by_key.get(found.row["key"], 0), number)
    return sum(by_key.values())


def _widest(group: Sequence[Found]) -> int:
    """The sum over the entities of one dimension, of that in which there is most."""
    sums: dict[str, dict[str, int]] = {}
    for found in group:
        sums.setdefault(found.row["dimension"], {})[found.row["key"]] = found.flows
    return max((sum(keys.values()) for keys in sums.values()), default=0)
