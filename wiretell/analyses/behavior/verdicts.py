"""The profile of a cluster: its class proposes, its states, sizes, flags and answers decide.

The canonical profiles are Xu's (server/service, heavy hitter, scan/exploit). Class alone would call a flooded host a
server and a backup a scan; so what opens no conversation is a scan or a flood, whatever its class, and what carries
conversations is neither.
"""

from __future__ import annotations

from wiretell.analyses.behavior.groups import group_name
from wiretell.analyses.behavior.traits import MANY, Traits

SERVER, HEAVY_HITTER, OTHER = "server", "heavy_hitter", "other"
SCAN, SCAN_TARGET = "scan", "scan_target"
FLOOD_SOURCE, FLOOD_TARGET = "flood_source", "flood_target"

PROFILES = (SERVER, HEAVY_HITTER, SCAN, SCAN_TARGET, FLOOD_SOURCE, FLOOD_TARGET, OTHER)

WELL_KNOWN = 1024
"""Ports below this are servers', not clients'."""

FEW = 5
"""As many services as can be dominant at once: 1 / delta."""


SPREAD = 2
"""The label of the hosts that a scan goes to, in all published classes of it: about one flow each."""


def verdict(traits: Traits) -> str:
    """One of `PROFILES`."""
    return {
        "src_ip": _source_host,
        "dst_ip": _destination_host,
        "src_port": _source_port,
        "dst_port": _destination_port,
    }[traits.cluster["dimension"]](traits)


def _source_host(traits: Traits) -> str:
    label, distinct = traits.labels, traits.distinct
    serves = _serves(traits, "src_port", "dst_port")
    if traits.probes and not (serves and traits.protocol == "udp" and _is_service(traits)):
        if traits.probed("dst_ip") >= MANY and label["dst_ip"] == SPREAD:
            return SCAN
        if traits.probed("dst_port") >= MANY and label["dst_port"] > 0:
            return SCAN
        if traits.tries_protocols:
            return SCAN
        return FLOOD_SOURCE if traits.floods and label["dst_port"] == 0 else OTHER
    if traits.answers:
        if label["src_port"] == 0 and distinct("dst_ip") >= MANY and label["dst_ip"] > 0 and traits.swamped:
            return FLOOD_TARGET
        if label["src_port"] > 0 and distinct("src_port") >= MANY and label["dst_ip"] < 2:
            return SCAN_TARGET
        return FLOOD_TARGET if traits.floods and label["src_port"] == 0 else OTHER
    if serves:
        return SERVER
    uses = _uses(traits, "dst_port", "src_port") and group_name(traits.main["dst_ip"]) is None
    return HEAVY_HITTER if uses else OTHER


def _destination_host(traits: Traits) -> str:
    label, distinct = traits.labels, traits.distinct
    many_sources = distinct("src_ip") >= MANY and label["src_ip"] > 0
    if traits.reflected:
        return FLOOD_TARGET
    if traits.probes:
        if traits.probed("dst_port") >= MANY and label["dst_port"] > 0 and not many_sources:
            return SCAN_TARGET
        if traits.tries_protocols and not many_sources:
            return SCAN_TARGET
        if many_sources and traits.swamped:
            return FLOOD_TARGET
        return FLOOD_TARGET if traits.floods and label["dst_port"] == 0 else OTHER
    if traits.answers:
        if not traits.answered:
            return FLOOD_TARGET if many_sources and traits.swamped else OTHER
        many_refuse = traits.tried("src_ip", "dst_ip") >= MANY and label["src_ip"] == SPREAD
        if many_refuse or (traits.tried("src_port", "dst_port") >= MANY and label["src_port"] > 0):
            return SCAN
        return FLOOD_SOURCE if traits.floods and label["src_port"] == 0 else OTHER
    if _serves(traits, "dst_port", "src_port"):
        return OTHER if traits.unheard else SERVER
    # The broadcast address of a subnet hears the calls of a few services, each at its own port.
    called = traits.unheard and distinct("dst_port") < MANY
    if called or group_name(traits.cluster["key"]) is not None:
        return OTHER
    return HEAVY_HITTER if _uses(traits, "src_port", "dst_port") else OTHER


def _source_port(traits: Traits) -> str:
    label = traits.labels
    if traits.probes and not (traits.protocol == "udp" and _is_service(traits)):
        spread = traits.probed("dst_ip") >= MANY or traits.probed("dst_port") >= MANY
        return SCAN if spread else OTHER
    if traits.answers:
        return OTHER
    return SERVER if label["dst_port"] == 2 and _is_service(traits) else OTHER


def _destination_port(traits: Traits) -> str:
    label = traits.labels
    if traits.probes:
        if traits.probed("dst_ip") >= MANY and label["dst_ip"] == SPREAD:
            return SCAN
        return FLOOD_TARGET if traits.floods and label["dst_ip"] == 0 else OTHER
    if traits.answers:
        return OTHER
    return SERVER if label["src_port"] == 2 and _is_service(traits) and not traits.unheard else OTHER


def _serves(traits: Traits, own: str, other: str) -> bool:
    """Whether the host serves: few of its own ports, many of the others; or most flows have one service port.

    A service whose clients use its own port (time, names) serves if they get answers and it uses others, too, or there
    are many of them: what calls all hosts of a subnet looks the same.
    """
    spread = traits.labels[other]
    if traits.labels[own] == 0 and spread == 2:
        return True
    port = traits.main[own]
    if port is None or not 0 < port < WELL_KNOWN:
        return False
    peers = traits.distinct("dst_ip" if own == "src_port" else "src_ip")
    if traits.main[other] == port:
        return traits.answered and (spread > 0 or peers >= MANY)
    return spread > 0


def _uses(traits: Traits, service: str, own: str) -> bool:
    """Whether the host is a client: many of its own ports, and one service or a few, each used many times."""
    if traits.labels[own] != 2:
        return False
    few = traits.distinct(service) <= max(FEW, traits.cluster["flows"] // MANY)
    return traits.labels[service] == 0 or traits.main[service] is not None or few


def _is_service(traits: Traits) -> bool:
    """Whether the port on the key's side is a server's: well known, or requests come in about as flows go out."""
    side = "src_port" if traits.cluster["dimension"] in {"src_ip", "src_port"} else "dst_port"
    port = traits.fixed(side)
    return port is not None and (0 < port < WELL_KNOWN or traits.answered)
