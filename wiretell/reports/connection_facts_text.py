"""What following connections counted, as text: what was left out, and why."""

from __future__ import annotations

from wiretell.reports.numbers import exact, many
from wiretell.sources.facts import ConnectionFacts


def connection_facts(facts: ConnectionFacts) -> list[tuple[str, str]]:
    """Names and values of what a reader of connections must know; nothing if all went into the table as it should."""
    rows = []
    if facts.bad_checksums:
        text = f"{many(facts.bad_checksums, 'packet')} with a wrong checksum left out; --ignore-checksums counts them"
        rows.append(("Checksums", text))
    if facts.offload_checksums:
        text = f"{many(facts.offload_checksums, 'packet')} whose checksum was left to the network card, used"
        rows.append(("Offload", text))
    if facts.unreadable:
        rows.append(("Unreadable", f"{many(facts.unreadable, 'packet')} without a transport header that can be read"))
    if facts.lost_fragments:
        rows.append(("Fragments", f"{exact(facts.lost_fragments)} of datagrams that were never complete, left out"))
    if facts.evicted:
        text = f"{many(facts.evicted, 'connection')} written early for lack of room, so perhaps in several rows"
        rows.append(("Evicted", text))
    return rows
