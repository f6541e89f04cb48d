"""The protocol of a flow, and whether it is a probe, as one small number that counts go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.encode import packed, unpacked
from wiretell.analyses.behavior.weights import number_of

PROTOCOLS: Final = ("tcp", "udp", "icmp", "other")

BITS: Final = 3
"""Bits of a code: two of the protocol, one of the probe."""

COUNTS: Final = ("tcp_flows", "udp_flows", "icmp_flows", "probe_flows")


def kind_code() -> nw.Expr:
    """The code of a row with `tcp`, `udp`, `icmp` and `probe`."""
    tcp, udp, icmp, probe = (nw.col(name) for name in ("tcp", "udp", "icmp", "probe"))
    places = (udp, 2), (icmp, 4), (~(tcp | udp | icmp), 6), (probe, 1)
    code = nw.lit(0).cast(nw.Int8)
    for is_it, number in places:
        code = code + is_it.cast(nw.Int8) * number
    return code.cast(nw.Int8)


def counts_by_kind(rows: nw.LazyFrame[Any], *, weighted: bool) -> nw.LazyFrame[Any]:
    """How many flows there are of each `key` and code: from `key` and `kind` to `key` of both and `count`."""
    keys = rows.with_columns(key=packed(BITS, "key", "kind"))
    return keys.group_by("key").agg(count=number_of(weighted))


def summed(counts: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """What `counts_by_kind` counts, by `key`: all flows as `count`, and `COUNTS`."""
    key, code = unpacked(BITS, "key")
    counts = counts.select("count", key=key, code=code)
    whole, code = nw.col("count"), nw.col("code")
    places = {f"{name}_flows": code // 2 == place for place, name in enumerate(PROTOCOLS[:3])}
    places["probe_flows"] = code % 2 == 1
    counts = counts.with_columns(**{name: whole * is_it.cast(nw.Int64) for name, is_it in places.items()})
    return counts.group_by("key").agg(nw.col("count", *COUNTS).sum())


def protocol_of(counts: Mapping[str, Any]) -> str:
    """The protocol of most of `flows`, given `tcp_flows`, `udp_flows` and `icmp_flows`."""
    numbers = {name: counts[f"{name}_flows"] for name in PROTOCOLS[:3]}
    numbers["other"] = counts["flows"] - sum(numbers.values())
    return max(numbers, key=lambda name: numbers[name])
