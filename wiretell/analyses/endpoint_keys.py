"""What a row of the endpoint statistics is of: a connection, host, server, prefix, port or service."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import narwhals as nw

from wiretell.analyses.frames import beside, collected

UNRECOGNIZED = "unrecognized"
_NUMBERS = frozenset(str(number) for number in range(256))


def with_keys(frame: nw.LazyFrame[Any], by: str, near: str, prefixes: tuple[int, int]) -> nw.LazyFrame[Any]:
    """The connections with `key`, and `orig` and `resp` in text, which are empty but by connection.

    Args:
        frame: Connections.
        by: One of `settings.ENDPOINT_KEYS`, or `total`.
        near: Whose address is the key, by host and prefix: `orig` or `resp`.
        prefixes: Lengths of the prefixes of IPv4 and IPv6 addresses.
    """
    nothing = nw.lit("")
    ends = {"orig": nothing, "resp": nothing}
    if by == "host" and near == "orig":
        # Both ends of it were seen from the other side already.
        frame = frame.filter(nw.col("orig_h") != nw.col("resp_h"))
    if by == "connection":
        ends = {side: _end(side) for side in ends}
        return frame.with_columns(key=nw.col("uid").cast(nw.String), **ends)
    if by in {"host", "server"}:
        return frame.with_columns(key=nw.col(f"{near}_h").cast(nw.String), **ends)
    if by == "port":
        return frame.with_columns(key=nw.col("resp_p").cast(nw.String), **ends)
    if by == "service":
        return frame.with_columns(key=nw.col("service").fill_null(UNRECOGNIZED).cast(nw.String), **ends)
    if by == "prefix":
        frame = _with_prefixes(frame, near, "key", prefixes)
        if near == "orig":
            # Both ends of it were seen from the other side already.
            frame = _with_prefixes(frame, "resp", "_other", prefixes).filter(nw.col("key") != nw.col("_other"))
        return frame.with_columns(**ends)
    return frame.with_columns(key=nothing, **ends)


def _with_prefixes(frame: nw.LazyFrame[Any], end: str, name: str, prefixes: tuple[int, int]) -> nw.LazyFrame[Any]:
    """The connections with the prefix that one end is in."""
    address = f"{end}_h"
    addresses = collected(frame.select(nw.col(address)).unique())[address].to_list()
    keys = prefixes_of(addresses, *prefixes)
    table = beside(frame, {address: addresses or [""], name: keys or [""]})
    return frame.with_columns(nw.col(address).cast(nw.String)).join(table, on=address, how="inner")


def prefixes_of(addresses: Sequence[str], v4_prefix: int, v6_prefix: int) -> list[str]:
    """`prefix_of` each address, those of IPv4 that differ in their last number only looked at once."""
    if v4_prefix > 24:
        return [prefix_of(address, v4_prefix, v6_prefix) for address in addresses]
    known: dict[str, str] = {}
    found = []
    for address in addresses:
        head, _, last = address.rpartition(".")
        if last not in _NUMBERS or not head:
            found.append(prefix_of(address, v4_prefix, v6_prefix))
            continue
        prefix = known.get(head)
        if prefix is None:
            prefix = prefix_of(f"{head}.0", v4_prefix, v6_prefix)
            if "/" in prefix:
                known[head] = prefix
            else:
                prefix = address
        found.append(prefix)
    return found


def prefix_of(address: str, v4_prefix: int, v6_prefix: int) -> str:
    """The prefix that an address is in; a text that is no address stands for itself."""
    family, length, width = (socket.AF_INET6, v6_prefix, 128) if ":" in address else (socket.AF_INET, v4_prefix, 32)
    try:
        bits = int.from_bytes(socket.inet_pton(family, address), "big")
    except (OSError, ValueError):
        return address
    kept = bits >> (width - length) << (width - length)
    return f"{socket.inet_ntop(family, kept.to_bytes(width // 8, 'big'))}/{length}"


def _end(side: str) -> nw.Expr:
    host, port = nw.col(f"{side}_h"), nw.col(f"{side}_p").cast(nw.String)
    six = nw.concat_str(nw.lit("["), host, nw.lit("]:"), port)
    return nw.when(host.str.contains(":", literal=True)).then(six).otherwise(nw.concat_str(host, nw.lit(":"), port))
