"""Where addresses belong: which local networks cover them, nested ones included."""

from __future__ import annotations

import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Any

import narwhals as nw

from wiretell.analyses.frames import beside, collected
from wiretell.errors import UsageError


class Prefixes:
    """Looks up all prefixes that cover an address.

    The borders of the prefixes cut the address space into ranges, each with the list of prefixes that cover it; a
    lookup is one binary search.
    """

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._borders: dict[int, list[int]] = {}
        self._covers: dict[int, list[tuple[str, ...]]] = {}
        spans: dict[int, list[tuple[int, int, str]]] = {4: [], 16: []}
        for text in prefixes:
            try:
                network = ip_network(text, strict=False)
            except ValueError as error:
                raise UsageError(
                    f"{text} is no network", hint="write networks as 192.0.2.0/24 or 2001:db8::/32"
                ) from error
            first, size = int(network.network_address), network.num_addresses
            spans[4 if network.version == 4 else 16].append((first, first + size, text))
        for width, known in spans.items():
            self._borders[width], self._covers[width] = _flatten(known)

    def covering(self, address: str) -> tuple[str, ...]:
        """The prefixes that cover an address in text form, the widest first."""
        try:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address.partition("%")[0])
        except OSError:
            return ()
        width = len(packed)
        position = bisect_right(self._borders[width], int.from_bytes(packed, "big")) - 1
        return self._covers[width][position] if position >= 0 else ()


def _flatten(spans: list[tuple[int, int, str]]) -> tuple[list[int], list[tuple[str, ...]]]:
    """Borders in order, and what covers the range from each border to the next."""
    events: dict[int, tuple[list[str], list[str]]] = {}
    for first, after, text in sorted(spans, key=lambda span: (span[0], -span[1])):
        events.setdefault(first, ([], []))[0].append(text)
        events.setdefault(after, ([], []))[1].append(text)
    borders, covers, open_now = [], [], list[str]()
    for border in sorted(events):
        begins, ends = events[border]
        open_now = [text for text in open_now if text not in ends] + begins
        borders.append(border)
        covers.append(tuple(open_now))
    return borders, covers


def add_direction(rows: nw.LazyFrame[Any], local: Iterable[str]) -> nw.LazyFrame[Any]:
    """Adds `scope`: `outgoing`, `incoming`, `internal` (both ends local) or `transit` (neither)."""
    prefixes = Prefixes(local)
    inside = [address for address in _addresses(rows) if prefixes.covering(address)]
    rows = _marked(rows, inside, "src", "from_local")
    rows = _marked(rows, inside, "dst", "to_local")
    from_local, to_local = nw.col("from_local") == 1, nw.col("to_local") == 1
    scope = nw.when(from_local & to_local).then(nw.lit("internal")).otherwise(nw.lit("transit"))
    scope = nw.when(from_local & ~to_local).then(nw.lit("outgoing")).otherwise(scope)
    scope = nw.when(~from_local & to_local).then(nw.lit("incoming")).otherwise(scope)
    return rows.with_columns(scope=scope)


def without_excluded(rows: nw.LazyFrame[Any], networks: Sequence[str]) -> nw.LazyFrame[Any]:
    """Leaves out what has either end in one of the networks."""
    if not networks:
        return rows
    prefixes = Prefixes(networks)
    inside = [address for address in _addresses(rows) if prefixes.covering(address)]
    for end in ("src", "dst"):
        rows = rows.join(beside(rows, {end: [*inside]}), on=end, how="anti") if inside else rows
    return rows


def by_network(rows: nw.LazyFrame[Any], local: Iterable[str]) -> nw.LazyFrame[Any]:
    """The rows once per local network that covers either end, with its prefix as `network`; without `scope`."""
    prefixes = Prefixes(local)
    places = [(address, prefix) for address in _addresses(rows) for prefix in prefixes.covering(address)]
    addresses, networks = [address for address, _ in places], [prefix for _, prefix in places]
    names = [name for name in rows.collect_schema().names() if name != "scope"]
    if not places:
        return rows.head(0).with_columns(network=nw.lit("")).select(*names, "network")
    sides = []
    table = beside(rows, {"place": addresses, "network": networks})
    for end in ("src", "dst"):
        sides.append(rows.join(table, left_on=end, right_on="place", how="inner").select(*names, "network"))
    own = beside(rows, {"src": addresses, "network": networks})
    sides[1] = sides[1].join(own, on=["src", "network"], how="anti")
    return nw.concat(sides)


def _addresses(rows: nw.LazyFrame[Any]) -> list[str]:
    ends = [rows.select(address=nw.col(end)).unique() for end in ("src", "dst")]
    return collected(nw.concat(ends).unique())["address"].to_list()


def _marked(rows: nw.LazyFrame[Any], addresses: list[str], end: str, name: str) -> nw.LazyFrame[Any]:
    if not addresses:
        return rows.with_columns(nw.lit(0).alias(name))
    table = beside(rows, {end: [*addresses], name: [1] * len(addresses)})
    return rows.join(table, on=end, how="left").with_columns(nw.col(name).fill_null(0))
