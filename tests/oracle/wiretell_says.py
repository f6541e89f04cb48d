"""What wiretell says of a capture, in the words of the golden file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.oracle.golden import Counts, Flow, Golden, digest, protocols_text
from wiretell.errors import InputError
from wiretell.sources.capture import Metered, meter_flows

TUPLE = ("src_ip", "dst_ip", "src_port", "dst_port", "protocol")


def metered_or_refused(path: Path) -> Metered | str:
    """The metered capture, or why wiretell refuses it."""
    try:
        return meter_flows([path])
    except InputError as error:
        return str(error)


def totals(flows: pl.DataFrame, by: str) -> dict[str, Counts]:
    """Packets and bytes by the values of one column."""
    sums = flows.group_by(by).agg(pl.col("packets").sum(), pl.col("bytes").sum())
    return {str(key): (packets, octets) for key, packets, octets in sums.rows()}


def flow_totals(flows: pl.DataFrame) -> dict[Flow, Counts]:
    """Packets and bytes by 5-tuple."""
    sums = flows.group_by(TUPLE).agg(pl.col("packets").sum(), pl.col("bytes").sum())
    return {
        (src, dst, src_port, dst_port, protocol): (packets, octets)
        for src, dst, src_port, dst_port, protocol, packets, octets in sums.rows()
    }


def status(warnings: list[str]) -> str:
    """The state of a file as the golden file words it."""
    if any("ends inside a record" in warning for warning in warnings):
        return "cut"
    return "broken" if any("is not read" in warning for warning in warnings) else "ok"


def as_golden(name: str, metered: Metered, theirs: Golden) -> Golden:
    """The line that wiretell would write; what it does not say is taken from the other line."""
    flows, facts = metered.flows, metered.facts
    by_source, by_destination, by_protocol = (totals(flows, by) for by in ("src_ip", "dst_ip", "protocol"))
    by_flow = flow_totals(flows)
    return Golden(
        name=name,
        status=status(facts.files[0].warnings),
        capinfos=facts.read if theirs.capinfos >= 0 else -1,
        records=facts.read,
        wire_bytes=facts.wire_bytes,
        captured_bytes=facts.captured_bytes,
        first_ns=facts.start_ns or 0,
        last_ns=facts.end_ns or 0,
        ipv4=facts.networks.get("ipv4", 0),
        ipv6=facts.networks.get("ipv6", 0),
        arp=facts.networks.get("arp", 0),
        ip_bytes=facts.ip_bytes,
        fragments_first=facts.fragments_first,
        fragments_later=facts.fragments_later,
        dont_fragment=facts.dont_fragment,
        protocols=protocols_text({int(protocol): counts for protocol, counts in by_protocol.items()}),
        sources=len(by_source),
        sources_digest=digest(by_source),
        destinations=len(by_destination),
        destinations_digest=digest(by_destination),
        flows=len(by_flow),
        flows_digest=digest(by_flow),
    )
