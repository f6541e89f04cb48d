"""From findings to actions: which sources could be blocked, and what that would have hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.behavior.dimensions import WITH_PORTS
from wiretell.analyses.behavior.encode import kinds
from wiretell.analyses.behavior.held import lazily, rows_of
from wiretell.analyses.behavior.tables import Row, dicts

BLOCKED: Final = ("scan", "flood_source")
"""The profiles of sources that are blocked."""

_NUMBERS: Final = {"tcp": 6, "udp": 17}


@dataclass(frozen=True, slots=True)
class Action:
    """One source to block, and what the rule would have hit in the flows that were looked at.

    Attributes:
        source: The address.
        protocol: tcp or udp if the rule is of one port; else None: everything from the source.
        port: The destination port, with `protocol`.
        flows: Flows that the rule would have blocked.
        packets: Their packets.
        bytes: Their bytes.
        benign_flows: Those of them that carry a conversation: they are no probe and no mere answer. What is neither TCP
            nor ICMP is a probe only if nothing comes back.
        benign_bytes: Their bytes.
        reason: The sentence of the profile.
    """

    source: str
    protocol: str | None
    port: int | None
    flows: int
    packets: int
    bytes: int
    benign_flows: int
    benign_bytes: int
    reason: str


def actions(flows: IntoFrame, profiles: Sequence[Row]) -> list[Action]:
    """The rules against all sources that scan or flood, those that hit most first.

    A source whose probes have one port in common is blocked for that port only; any other one for everything.

    Args:
        flows: The `flows` table of the profiles.
        profiles: Rows of `profiles`.
    """
    wanted: dict[tuple[str, str | None, int | None], str] = {}
    for row in profiles:
        if row["dimension"] == "src_ip" and row["profile"] in BLOCKED and _is_address(row["key"]):
            narrow = row["protocol"] in _NUMBERS and row["port"] is not None
            rule = (row["key"], row["protocol"] if narrow else None, row["port"] if narrow else None)
            wanted.setdefault(rule, row["sentence"])
    whole = {source for source, protocol, _ in wanted if protocol is None}
    wanted = {rule: text for rule, text in wanted.items() if rule[1] is None or rule[0] not in whole}
    sources = sorted({rule[0] for rule in wanted})
    hits = _hits(lazily(flows), sources) if sources else []
    found = [_action(rule, text, hits) for rule, text in wanted.items()]
    return sorted(found, key=lambda action: (-action.flows, action.source, action.port or 0))


def _hits(flows: nw.LazyFrame[Any], sources: list[str]) -> list[dict[str, Any]]:
    """What each source sent to each port, conversations apart."""
    mine = _with_answered(flows, sources).with_columns(**kinds())
    no_probe = ~nw.col("probe") | (nw.col("query") & nw.col("answered"))
    mine = mine.with_columns(benign=no_probe & ~nw.col("answer"), port=_port("dst_port"))
    weighted = "sampling" in flows.collect_schema().names()
    weight = nw.col("sampling").fill_null(1) if weighted else nw.lit(1)
    mine = mine.with_columns(
        flows=weight.cast(nw.Int64), packets=nw.col("packets") * weight, bytes=nw.col("bytes") * weight
    )
    groups = mine.group_by("src_ip", "protocol", "port", "benign")
    return dicts(rows_of(groups.agg(nw.col("packets", "bytes", "flows").sum().cast(nw.Int64))))


def _with_answered(flows: nw.LazyFrame[Any], sources: list[str]) -> nw.LazyFrame[Any]:
    """The flows from the sources, and whether one comes back between the same addresses and ports."""
    keys = ["src_ip", "dst_ip", "from_port", "to_port", "protocol"]
    mine = flows.filter(nw.col("src_ip").is_in(sources))
    mine = mine.with_columns(from_port=_port("src_port"), to_port=_port("dst_port"))
    back = flows.filter(nw.col("dst_ip").is_in(sources)).select(
        "protocol", src_ip="dst_ip", dst_ip="src_ip", from_port=_port("dst_port"), to_port=_port("src_port")
    )
    back = back.select(keys).unique().with_columns(answered=nw.lit(value=True))
    return mine.join(back, on=keys, how="left").with_columns(nw.col("answered").fill_null(value=False))


def _port(name: str) -> nw.Expr:
    """A port; 0 of protocols that have none."""
    ports = nw.col("protocol").is_in(list(WITH_PORTS))
    return nw.when(ports).then(nw.col(name)).otherwise(nw.lit(0)).cast(nw.Int32).fill_null(0)


def _action(rule: tuple[str, str | None, int | None], reason: str, hits: list[dict[str, Any]]) -> Action:
    source, protocol, port = rule
    mine = [row for row in hits if row["src_ip"] == source]
    if protocol is not None:
        mine = [row for row in mine if (row["protocol"], row["port"]) == (_NUMBERS[protocol], port)]
    benign = [row for row in mine if row["benign"]]
    sums = {name: sum(int(row[name]) for row in mine) for name in ("flows", "packets", "bytes")}
    good = {f"benign_{name}": sum(int(row[name]) for row in benign) for name in ("flows", "bytes")}
    return Action(source=source, protocol=protocol, port=port, reason=reason, **sums, **good)


def _is_address(text: str) -> bool:
    """Whether the text is an address and nothing else: it goes into a rule."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text
