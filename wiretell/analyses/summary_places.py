"""Where addresses belong: which local networks cover them, nested ones included."""

from __future__ import annotations

import socket
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, ip_network
from itertools import pairwise
from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame

from wiretell.analyses.addresses import FIRST_SIX, Six, is_numbered
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

    @property
    def v4_borders(self) -> list[int]:
        """Where the prefixes of IPv4 begin and end, in order."""
        return self._borders[4]


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


class Places:
    """Puts each end of an item into a place: the local networks that cover it, outside of all, or excluded.

    A place is a number, so that what follows groups by two numbers instead of matching addresses again.
    """

    OUTSIDE = 0
    EXCLUDED = -1

    def __init__(
        self, local: Iterable[str], exclude: Iterable[str], names: Callable[[], IntoDataFrame | None] = lambda: None
    ) -> None:
        """Takes the networks.

        Args:
            local: Prefixes of local networks.
            exclude: Prefixes of what is left out.
            names: Where addresses are numbers: gives `number` and `address` of the IPv6 addresses so far.
        """
        self._six = Six(names)
        self._local = Prefixes(local)
        self._excluded = Prefixes(exclude)
        self._covers: list[tuple[str, ...]] = [()]
        self._numbers: dict[tuple[str, ...], int] = {(): self.OUTSIDE}

    def placed(self, rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Adds `src_place` and `dst_place`, without the rows that have an excluded end."""
        ends = [rows.select(address=nw.col(end)).unique() for end in ("src", "dst")]
        addresses = collected(nw.concat(ends).unique())["address"]
        numbered = is_numbered(rows, "src")
        inside = list(self._of_numbers(addresses.sort().to_list()) if numbered else self._of_texts(addresses.to_list()))
        none = 0 if numbered else ""
        for end in ("src", "dst"):
            table = beside(rows, {end: [a for a, _ in inside] or [none], f"{end}_place": [n for _, n in inside] or [0]})
            place = nw.col(f"{end}_place")
            rows = rows.join(table, on=end, how="left").with_columns(place.fill_null(self.OUTSIDE))
            rows = rows.filter(nw.col(f"{end}_place") != self.EXCLUDED)
        return rows

    def _of_texts(self, addresses: Sequence[str]) -> Iterator[tuple[str, int]]:
        """The addresses that have a place, with its number."""
        for address in addresses:
            number = self._number(address)
            if number != self.OUTSIDE:
                yield address, number

    def _of_numbers(self, addresses: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The same of numbers in order: those of IPv4 from one border to the next have the same place."""
        borders = sorted({*self._local.v4_borders, *self._excluded.v4_borders})
        for first, after in pairwise(borders):
            number = self._number(str(IPv4Address(first)))
            if number != self.OUTSIDE:
                within = addresses[bisect_left(addresses, first) : bisect_left(addresses, after)]
                yield from ((address, number) for address in within)
        texts = {self._six.text(address): address for address in addresses[bisect_left(addresses, FIRST_SIX) :]}
        yield from ((texts[text], number) for text, number in self._of_texts(list(texts)))

    def networks(self, cells: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Placed rows once per local network that covers either end, with its prefix as `network`."""
        places = range(len(self._covers))
        table = [
            (source, destination, network)
            for source in places
            for destination in places
            for network in dict.fromkeys((*self._covers[source], *self._covers[destination]))
        ]
        if not table:
            return cells.head(0).with_columns(network=nw.lit(""))
        names = ("src_place", "dst_place", "network")
        columns = {name: [row[position] for row in table] for position, name in enumerate(names)}
        return cells.join(beside(cells, columns), on=["src_place", "dst_place"], how="inner")

    def _number(self, address: str) -> int:
        if self._excluded.covering(address):
            return self.EXCLUDED
        covers = self._local.covering(address)
        number = self._numbers.setdefault(covers, len(self._covers))
        if number == len(self._covers):
            self._covers.append(covers)
        return number


def direction() -> nw.Expr:
    """Of placed rows: `outgoing`, `incoming`, `internal` (both ends local) or `transit` (neither)."""
    from_local, to_local = nw.col("src_place") > 0, nw.col("dst_place") > 0
    scope = nw.when(from_local & to_local).then(nw.lit("internal")).otherwise(nw.lit("transit"))
    scope = nw.when(from_local & ~to_local).then(nw.lit("outgoing")).otherwise(scope)
    return nw.when(~from_local & to_local).then(nw.lit("incoming")).otherwise(scope)
