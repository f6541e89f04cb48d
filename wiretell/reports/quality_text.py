"""How connections went, in words that need no knowledge of TCP: outcomes, loss, round trips, the worst servers."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.analyses.connections import STATES
from wiretell.reports.blocks import NOTE, TITLE, Cell, Listing, side_by_side
from wiretell.reports.numbers import count, duration, many, share
from wiretell.reports.quality_result import QualityResult, Row

_LOSS: Final = (
    (0.0005, "next to none: healthy"),
    (0.005, "little: nobody notices"),
    (0.02, "some: long transfers get slower"),
    (0.05, "much: transfers are slow"),
    (1.1, "very much: users notice"),
)
_ROUND_TRIPS: Final = (
    (0.002, "as within a building"),
    (0.015, "as within a region"),
    (0.06, "as across a country"),
    (0.15, "as to another continent"),
    (0.4, "as around the world, or over a crowded link"),
    (float("inf"), "as over a satellite, or a badly crowded link"),
)
_UDP_STATES: Final = {
    "SF": "asked and answered",
    "S0": "without an answer",
    "SHR": "answers without a question",
    "OTH": "empty",
}
_TRANSPORTS: Final = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "unknown_transport": "other"}
_SHOWN = 5
_BRIEF = 3


def block(result: QualityResult, width: int) -> RenderableType:
    """The block of the profile."""
    lines: list[RenderableType] = [Text("Connections", style=TITLE), *_sentences(result)]
    listings = [_outcomes(result, proto) for proto in ("tcp", "udp")]
    listings.append(_list("Servers that lose most", result.servers, "rexmit_share", "sent again"))
    listings.append(_list("Networks that lose most", result.prefixes, "rexmit_share", "sent again"))
    listings.append(_list("Servers that fail most", result.failing, "failed_share", "failed"))
    shown = [listing for listing in listings if listing.rows]
    if shown:
        lines += [Text(), side_by_side(shown, width)]
    return Group(*lines)


def brief(result: QualityResult, width: int) -> RenderableType:
    """The block without outcomes state by state: sentences, and the three worst of each list."""
    listings = [
        _list("Servers that lose most", result.servers[:_BRIEF], "rexmit_share", "sent again"),
        _list("Servers that fail most", result.failing[:_BRIEF], "failed_share", "failed"),
    ]
    shown = [listing for listing in listings if listing.rows]
    lines: list[RenderableType] = [Text("Connections", style=TITLE), *_sentences(result)]
    return Group(*lines, *([side_by_side(shown, width)] if shown else []))


def sentences(result: QualityResult) -> list[str]:
    """How connections went, a sentence each."""
    return [line.plain for line in _sentences(result)]


def document(result: QualityResult) -> dict[str, Any]:
    """The same for programs."""
    return {
        "outcomes": [
            {"proto": proto, "state": state, "connections": connections, "meaning": meaning(proto, state)}
            for proto, state, connections in result.outcomes
        ],
        "total": result.total,
        "servers": result.servers,
        "prefixes": result.prefixes,
        "failing": result.failing,
    }


def meaning(proto: str, state: str) -> str:
    """A state in words; what it says depends on the transport."""
    if proto == "udp":
        return _UDP_STATES.get(state, state)
    return STATES.get(state, state) if proto == "tcp" else "no states"


def loss_in_words(value: float) -> str:
    """What a share of retransmissions means."""
    return next(words for limit, words in _LOSS if value < limit)


def round_trip_in_words(seconds: float) -> str:
    """What a round trip feels like."""
    return next(words for limit, words in _ROUND_TRIPS if seconds < limit)


def _sentences(result: QualityResult) -> list[Text]:
    everything = sum(connections for _, _, connections in result.outcomes)
    by_proto: dict[str, int] = {}
    for proto, _, connections in result.outcomes:
        by_proto[proto] = by_proto.get(proto, 0) + connections
    parts = [
        f"{_TRANSPORTS.get(proto, proto)} {count(number)}"
        for proto, number in sorted(by_proto.items(), key=lambda item: -item[1])
    ]
    lines = [f"{many(everything, 'connection')}: {', '.join(parts)}" if parts else "none"]
    total = result.total
    if total is None:
        return [Text(line) for line in lines]
    if total["failed_share"] == 0:
        lines.append(f"none of {many(total['attempts'], 'TCP attempt')} failed")
    elif total["failed_share"] is not None:
        failed = f"{share(total['failed_share'])} of {many(total['attempts'], 'TCP attempt')} failed"
        lines.append(f"{failed}: {count(total['unanswered'])} got no answer, {count(total['refused'])} were refused")
    if total["rexmit_share"] == 0:
        lines.append("none of the data was sent again: healthy")
    elif total["rexmit_share"] is not None:
        text = f"{share(total['rexmit_share'])} of the data was sent again, {loss_in_words(total['rexmit_share'])}"
        lines.append(text + _where(total))
    if total["rtt_median_s"] is not None:
        text = f"a round trip takes {duration(total['rtt_median_s'])}, {round_trip_in_words(total['rtt_median_s'])}"
        lines.append(f"{text}; 95% take at most {duration(total['rtt_p95_s'])}")
    return [Text(line) for line in lines]


def _where(total: Row) -> str:
    """On which side of the capture it was lost, if most of it was on one."""
    near, far, needless = total["lost_near_pkts"], total["lost_far_pkts"], total["spurious_pkts"]
    lost = near + far
    if not total["rexmit_pkts"]:
        return ""
    if needless * 2 > total["rexmit_pkts"]:
        return "; most of it needlessly"
    if lost < 10 or 0.2 < near / lost < 0.8:
        return ""
    return f"; lost on the side of the {'servers' if near > far else 'clients'}"


def _outcomes(result: QualityResult, proto: str) -> Listing:
    found = [(state, number) for transport, state, number in result.outcomes if transport == proto]
    whole = sum(number for _, number in found)
    rows = [
        [Cell(meaning(proto, state)), Cell(count(number), right=True), Cell(share(number / whole), right=True)]
        for state, number in found[:_SHOWN]
    ]
    return Listing(f"{proto.upper()} outcomes", rows)


def _list(title: str, rows: list[Row], column: str, what: str) -> Listing:
    shown = [
        [
            Cell(str(row["key"])),
            Cell(share(row[column]), right=True),
            Cell(f"of {count(row['data_pkts'] if column == 'rexmit_share' else row['attempts'])}", NOTE, right=True),
        ]
        for row in rows[:_SHOWN]
    ]
    return Listing(f"{title} ({what})", shown)
