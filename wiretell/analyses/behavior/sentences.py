"""Verdicts in plain words."""

from __future__ import annotations

from wiretell.analyses.behavior.groups import group_name
from wiretell.analyses.behavior.traits import Traits
from wiretell.analyses.behavior.verdicts import (
    FLOOD_SOURCE,
    FLOOD_TARGET,
    HEAVY_HITTER,
    SCAN,
    SCAN_TARGET,
    SERVER,
)


def sentence(traits: Traits, profile: str) -> str:
    """What a cluster does, as one sentence without the full stop."""
    head = _port_head(traits, profile) if traits.cluster["dimension"].endswith("port") else _host_head(traits, profile)
    return f"{head}: {_flows(traits)}, {_packets(traits)}"


def port_of(traits: Traits, profile: str) -> int | None:
    """The port that the verdict is about, by the side that has it."""
    if traits.cluster["dimension"].endswith("port"):
        return int(traits.cluster["key"])
    port = traits.fixed(_side_of(traits, profile))
    return None if port is None or traits.protocol in {"icmp", "other"} else int(port)


def mostly(traits: Traits, profile: str) -> bool:
    """Whether the port that the verdict about a host names is not that of all flows, whose peers are counted."""
    if traits.cluster["dimension"].endswith("port") or port_of(traits, profile) is None:
        return False
    return traits.mostly(_side_of(traits, profile))


def _side_of(traits: Traits, profile: str) -> str:
    """The side of a host's flows that has the port of the verdict."""
    own = profile in {SERVER, FLOOD_TARGET, SCAN_TARGET}
    return "src_port" if own == (traits.cluster["dimension"] == "src_ip") else "dst_port"


def _service(traits: Traits, profile: str) -> str:
    if traits.protocol == "icmp":
        return "by ping" if profile == SCAN else "ICMP"
    if traits.protocol == "other":
        return "IP protocols" if profile == SCAN else "a protocol without ports"
    port = port_of(traits, profile)
    return f"many {traits.protocol} ports" if port is None else f"port {port}/{traits.protocol}"


def _host_head(traits: Traits, profile: str) -> str:
    key, out = traits.cluster["key"], traits.cluster["dimension"] == "src_ip"
    service = _service(traits, profile)
    peers = traits.distinct("dst_ip" if out else "src_ip")
    one = traits.main["dst_ip" if out else "src_ip"]
    whom = _different(traits, peers, "host")
    if one is not None:
        whom = one if peers == 1 else f"{one} and {_different(traits, peers - 1, 'other')}"
    if profile == SCAN:
        ports = traits.distinct("dst_port" if out else "src_port")
        if port_of(traits, profile) is None and traits.protocol in {"tcp", "udp"}:
            service = _ports(traits, ports)
        return f"{key} scans {service}" if one is None else f"{key} scans {service} of {whom}"
    if profile == SCAN_TARGET:
        ports = traits.distinct("src_port" if out else "dst_port")
        where = "for IP protocols" if traits.protocol == "other" else f"on {_ports(traits, ports)}"
        if one is not None and peers > 1:
            return f"{key} is scanned {where}, mostly by {one} among {_different(traits, peers, 'host')}"
        return f"{key} is scanned by {whom} {where}"
    if profile == FLOOD_SOURCE:
        return f"{key} floods {service} of {whom}"
    if profile == FLOOD_TARGET:
        return _flooded(traits, service)
    if profile == SERVER:
        return f"{key} serves {'mostly ' if mostly(traits, profile) else ''}{service} to {whom}"
    if profile == HEAVY_HITTER:
        return f"{key} is a busy client{_of(service, mostly(traits, profile))} of {whom}"
    pattern = ", no common pattern" if traits.main["depth"] == 0 else ""
    group = None if out else group_name(key)
    if group is not None:
        return f"{key} is {group} and hears from {whom} ({traits.protocol}{pattern})"
    return f"{key} {'sends to' if out else 'hears from'} {whom} ({traits.protocol}{pattern})"


def _of(service: str, mostly: bool) -> str:
    return f", mostly of {service}," if mostly else f" of {service}"


def _flooded(traits: Traits, service: str) -> str:
    key = traits.cluster["key"]
    if traits.cluster["dimension"] == "src_ip":
        return f"{key} answers a flood of {service} that {_different(traits, traits.distinct('dst_ip'), 'address')} seem to send"
    sources = traits.distinct("src_ip")
    reflector = traits.fixed("src_port")
    if traits.reflected:
        if reflector is None:
            share = traits.cluster["amplified_bytes"] / traits.cluster["bytes"]
            flows = _count(traits.cluster["amplified_flows"], "flow")
            return f"{key} is flooded by answers it never asked for: {_percent(share)} of its bytes in {flows} of UDP"
        service = f"port {reflector}/{traits.protocol}"
        return (
            f"{key} is flooded by answers it never asked for, from {service} of {_different(traits, sources, 'host')}"
        )
    where = "mostly on" if mostly(traits, FLOOD_TARGET) else "on"
    return f"{key} is flooded {where} {service} from {_different(traits, sources, 'address')}"


def _port_head(traits: Traits, profile: str) -> str:
    key, out = traits.cluster["key"], traits.cluster["dimension"] == "src_port"
    sources, targets = traits.distinct("src_ip"), traits.distinct("dst_ip")

    def count(number: int, noun: str) -> str:
        return _different(traits, number, noun)

    name = f"port {key}/{traits.protocol}" if traits.protocol in {"tcp", "udp"} else traits.protocol.upper()
    if profile == SCAN:
        side = "is the source of a scan" if out else "is scanned"
        return f"{name} {side}: {count(sources, 'source')} to {count(targets, 'host')}"
    if profile == FLOOD_TARGET:
        return f"{name} is flooded: {count(sources, 'source')} to {count(targets, 'host')}"
    if profile == SERVER:
        servers, clients = (sources, targets) if out else (targets, sources)
        return f"{name} is a service: {count(servers, 'server')} for {count(clients, 'client')}"
    return f"{name} is used from {count(sources, 'host')} to {count(targets, 'host')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def _different(traits: Traits, number: int, noun: str) -> str:
    """A number of different values, which is an estimate where flows were thinned."""
    about = "about " if traits.cluster["estimated"] and number > 1 else ""
    return f"{about}{_count(number, noun)}"


def _ports(traits: Traits, number: int) -> str:
    """A number of ports: of a protocol, if no flow has another one."""
    alone = traits.share_of(traits.protocol) == 1
    return _different(traits, number, f"{traits.protocol} port" if alone else "port")


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _flows(traits: Traits) -> str:
    flows, main = traits.cluster["flows"], traits.main
    if main["depth"] == 0:
        return _count(flows, "flow")
    to = ""
    if traits.cluster["dimension"] == "src_ip" and main["dst_ip"] is None:
        to = f" to {_different(traits, traits.distinct('dst_ip'), 'host')}"
    if traits.cluster["dimension"] == "dst_ip" and main["src_ip"] is None:
        to = f" from {_different(traits, traits.distinct('src_ip'), 'host')}"
    return f"{_percent(main['share'])} of {_count(flows, 'flow')}{to} are {main['state']}"


def _packets(traits: Traits) -> str:
    mean = traits.cluster["packets_mean"]
    number = f"{mean:,.1f}".removesuffix(".0")
    return f"{number} packet{'' if number == '1' else 's'} each"
