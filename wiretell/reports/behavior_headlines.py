"""The headline of each kind of story."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wiretell.reports.behavior_amounts import flows_of
from wiretell.reports.behavior_topics import ATTACKS, Found, Topic
from wiretell.reports.numbers import many

NOVEL: Final = "not among the ports that are scanned all the time"


@dataclass(frozen=True, slots=True)
class Member:
    """One address or port of a story.

    Attributes:
        dimension: Where it stands in its flows.
        key: The address or the port.
        flows: Its flows in all windows of the story.
        windows: In how many windows it is part of the story.
        sentence: What it does, from its busiest window.
    """

    dimension: str
    key: str
    flows: int
    windows: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one topic, and who they are about, the busiest first."""

    topic: Topic
    found: tuple[Found, ...]
    members: tuple[Member, ...]

    @property
    def flows(self) -> int:
        """The flows that the story is about, in all of its windows."""
        return flows_of(self.topic, self.found)


def headline(group: Group) -> str:
    """One sentence without the full stop."""
    return HEADLINES[group.topic.name](group)


def _scan_of_port(group: Group) -> str:
    novel = f"; {NOVEL}" if any(found.row["kind"] == "novel_exploit" for found in group.found) else ""
    sources = _keys(group, "src_ip") or _keys(group, "dst_ip")
    what = f"port {group.topic.port}/{group.topic.protocol}" if group.topic.port is not None else "by ping"
    if len(sources) < 2:
        return _own_words(group) + novel
    flows = many(group.flows, "flow")
    return f"{many(len(sources), 'host')} scan {what}: {flows}{_hosts(group)}{novel}{_growth(group)}"


def _hosts(group: Group) -> str:
    """How many hosts a scan of a port goes to, as far as is known: addresses of two windows may be the same."""
    windows = len({found.row["window"] for found in group.found})
    if group.topic.port is not None:
        ports = [found for found in group.found if found.row["dimension"] == "dst_port"]
        if ports:
            most = max(ports, key=lambda found: found.distinct("dst_ip"))
            about = "about " if most.evidence.get("estimated") else ""
            hosts = f"{about}{many(most.distinct('dst_ip'), 'host')}"
            return f" to {hosts}" if windows == 1 else f", to up to {hosts} in a window"
    targets = max((found.distinct("dst_ip") for found in group.found), default=0)
    return f", to up to {many(targets, 'host')} each" + ("" if windows == 1 else " in a window") if targets else ""


def _growth(group: Group) -> str:
    """How the sources of a scan became more, as those of a worm do."""
    by_window: dict[datetime, set[str]] = {}
    for found in group.found:
        if found.row["dimension"] == "src_ip":
            by_window.setdefault(found.row["window"], set()).add(found.row["key"])
    if not by_window:
        return ""
    first, last = len(by_window[min(by_window)]), len(by_window[max(by_window)])
    return f"; it spreads: {first:,} of them in the first window, {last:,} in the last" if last >= 2 * first else ""


def _scan_of_host(group: Group) -> str:
    scanners, scanned = (_with_profile(group, profile) for profile in ("scan", "scan_target"))
    sources = [key for key in scanners if key != group.topic.key]
    targets = [key for key in scanned if key not in scanners]
    if len(sources) > 1:
        return f"{many(len(sources), 'host')} scan the ports of {group.topic.key}: {many(group.flows, 'flow')}"
    if len(scanners) == 1 and len(targets) > 1:
        return f"{scanners[0]} scans the ports of {many(len(targets), 'host')}: {many(group.flows, 'flow')}"
    return _own_words(group)


def _with_profile(group: Group, profile: str) -> list[str]:
    """The addresses that have the profile in their findings, each once."""
    found = (each for each in group.found if each.profile is not None and each.profile["profile"] == profile)
    return list(dict.fromkeys(each.row["key"] for each in found if not each.row["dimension"].endswith("port")))


def _flood(group: Group) -> str:
    targets = group.topic.keys
    if len(targets) < 2:
        return _own_words(group)
    port = f" on port {group.topic.port}/{group.topic.protocol}" if group.topic.port is not None else ""
    return f"{many(len(targets), 'host')} are flooded{port}: {many(group.flows, 'flow')}"


def _change(group: Group) -> str:
    keys = _keys(group, "src_ip", "dst_ip")
    if len(keys) < 2:
        return _own_words(group, own=True)
    now = {"server": "servers of", "heavy_hitter": "busy clients of"}.get(group.topic.key or "", "")
    what = (
        f"port {group.topic.port}/{group.topic.protocol}"
        if group.topic.port is not None
        else f"many {group.topic.protocol} ports"
    )
    return f"{many(len(keys), 'host')} changed their behavior" + (f"; now they are {now} {what}" if now else "")


def _servers(group: Group) -> str:
    if len(group.members) < 2:
        return _own_words(group, own=True)
    what = f"port {group.topic.port}/{group.topic.protocol}" if group.topic.port is not None else "several ports"
    new = group.found[0].row["kind"] == "new_server"
    who = many(len(group.members), "host")
    return f"{who} are new as servers of {what}" if new else f"{who} served {what} and no longer do"


def _rare(group: Group) -> str:
    if len(group.members) < 2:
        return _own_words(group, own=True)
    noun = "port" if group.topic.key == "port" else "host"
    number = len({member.key for member in group.members})
    return f"{many(number, noun)} {'behaves' if number == 1 else 'behave'} like few others"


def _nothing(group: Group) -> str:
    names = {"src_ip": "source address", "dst_ip": "destination address"} | {
        "src_port": "source port", "dst_port": "destination port"
    }  # fmt: skip
    seen = {found.row["dimension"] for found in group.found}
    which = " and no ".join(name for dimension, name in names.items() if dimension in seen)
    return f"no {which} stands out: the flows spread over all alike, as forged or scanned ones do"


HEADLINES: Final[dict[str, Callable[[Group], str]]] = {
    "scan of port": _scan_of_port,
    "scan of host": _scan_of_host,
    "flood": _flood,
    "change": _change,
    "servers": _servers,
    "rare": _rare,
    "nothing": _nothing,
}


def _own_words(group: Group, *, own: bool = False) -> str:
    """The sentence of the most telling: an address before a port, who does it before whom it is done to."""

    def weight(found: Found) -> tuple[Any, ...]:
        attack = found.row["kind"] in ATTACKS
        done = found.profile is not None and found.profile["profile"] in {"scan", "flood_target"}
        first = "dst_ip" if found.row["kind"] == "flood" else "src_ip"
        return attack, not found.row["dimension"].endswith("port"), done, found.row["dimension"] == first, found.flows

    best = max(group.found, key=weight)
    return str(best.row["sentence"] if own or best.profile is None else best.profile["sentence"])


def _keys(group: Group, *dimensions: str) -> list[str]:
    return list(dict.fromkeys(_of(group, dimensions)))


def _of(group: Group, dimensions: Sequence[str]) -> Iterator[str]:
    for found in group.found:
        if found.row["dimension"] in dimensions:
            yield found.row["key"]
