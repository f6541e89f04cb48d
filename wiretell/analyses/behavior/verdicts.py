"""The profile of a cluster: its class proposes, its states, sizes, flags and answers decide.

The canonical profiles are Xu's (server/service, heavy hitter, scan/exploit). Class alone would call a flooded host a
server and a backup a scan; so what opens no conversation is a scan or a flood, whatever its class, and what carries
conversations is neither.
"""

from __future__ import annotations

from wiretell.analyses.behavior.traits import MANY, MOST, Traits

SERVER, HEAVY_HITTER, OTHER = "server", "heavy_hitter", "other"
SCAN, SCAN_TARGET = "scan", "scan_target"
FLOOD_SOURCE, FLOOD_TARGET = "flood_source", "flood_target"

PROFILES = (SERVER, HEAVY_HITTER, SCAN, SCAN_TARGET, FLOOD_SOURCE, FLOOD_TARGET, OTHER)

WELL_KNOWN = 1024
"""Ports below this are servers', not clients'."""


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
    serves = label["src_port"] == 0 and label["dst_port"] == 2
    if traits.probes and not (serves and traits.protocol == "udp" and _is_service(traits)):
        if distinct("dst_ip") >= MANY and label["dst_ip"] > 0:
            return SCAN
        if distinct("dst_port") >= MANY and label["dst_port"] > 0:
            return SCAN
        return FLOOD_SOURCE if traits.floods and label["dst_port"] == 0 else OTHER
    if traits.answers:
        if label["src_port"] == 0 and distinct("dst_ip") >= MANY and label["dst_ip"] > 0:
            return FLOOD_TARGET
        if label["src_port"] > 0 and distinct("src_port") >= MANY and label["dst_ip"] < 2:
            return SCAN_TARGET
        return FLOOD_TARGET if traits.floods and label["src_port"] == 0 else OTHER
    if serves:
        return SERVER
    if label["src_port"] == 2 and label["dst_port"] == 0:
        return HEAVY_HITTER
    return OTHER


def _destination_host(traits: Traits) -> str:
    label, distinct = traits.labels, traits.distinct
    many_sources = distinct("src_ip") >= MANY and label["src_ip"] > 0
    reflected = traits.share_of("udp") >= MOST and label["src_port"] == 0 and not traits.answered
    if reflected and many_sources and traits.cluster["flows"] >= MANY:
        return FLOOD_TARGET
    if traits.probes:
        if distinct("dst_port") >= MANY and label["dst_port"] > 0 and not many_sources:
            return SCAN_TARGET
        if many_sources and traits.cluster["flows"] >= FLOOD_LEAST:
            return FLOOD_TARGET
        return FLOOD_TARGET if traits.floods and label["dst_port"] == 0 else OTHER
    if traits.answers:
        if not traits.answered:
            return FLOOD_TARGET if many_sources else OTHER
        if many_sources or (distinct("src_port") >= MANY and label["src_port"] > 0):
            return SCAN
        return FLOOD_SOURCE if traits.floods and label["src_port"] == 0 else OTHER
    if label["src_port"] == 2 and label["dst_port"] == 0:
        return SERVER
    if label["src_port"] == 0 and label["dst_port"] == 2:
        return HEAVY_HITTER
    return OTHER


def _source_port(traits: Traits) -> str:
    label = traits.labels
    if traits.probes and not (traits.protocol == "udp" and _is_service(traits)):
        spread = traits.distinct("dst_ip") >= MANY or traits.distinct("dst_port") >= MANY
        return SCAN if spread else OTHER
    if traits.answers:
        return OTHER
    return SERVER if label["dst_port"] == 2 and _is_service(traits) else OTHER


def _destination_port(traits: Traits) -> str:
    label = traits.labels
    if traits.probes:
        if traits.distinct("dst_ip") >= MANY and label["dst_ip"] > 0:
            return SCAN
        return FLOOD_TARGET if traits.floods and label["dst_ip"] == 0 else OTHER
    if traits.answers:
        return OTHER
    return SERVER if label["src_port"] == 2 and _is_service(traits) else OTHER


def _is_service(traits: Traits) -> bool:
    """Whether the port on the key's side is a server's: well known, or requests come in about as flows go out."""
    side = "src_port" if traits.cluster["dimension"] in {"src_ip", "src_port"} else "dst_port"
    port = traits.fixed(side)
    return port is not None and (0 < port < WELL_KNOWN or traits.answered)


FLOOD_LEAST = 50
"""Flows from many sources below which probes of one host are not called a flood: a few failed connections are common."""
