"""How connections went and where they go badly, of connections that come in batches with addresses as numbers.

The same as `endpoints` by server and by prefix, without keeping the connections: sums by address, which networks are
rolled up from. Most connections of a capture full of scans carried nothing; of those five numbers are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoDataFrame

from wiretell.analyses.addresses import FIRST_SIX, Six, text_of
from wiretell.analyses.connections import as_ended
from wiretell.analyses.endpoint_counter import as_bare, widened
from wiretell.analyses.endpoint_keys import prefix_of
from wiretell.analyses.endpoints import (
    COUNTED,
    KEYS,
    SOURCES,
    SUMS,
    EndpointOptions,
    Row,
    counts,
    distributed,
    finished_rows,
    followed,
    needed,
    weights,
)
from wiretell.analyses.frames import beside, collected

BARE_NEEDED: Final = needed("server", measured=False)
"""The columns that are looked at of connections of which nothing was measured."""

MEASURED_NEEDED: Final = needed("server")
"""The same of others."""

_WAITING: Final = 400_000
"""Connections that wait before they are added up: their memory, against the cost of adding."""

_ENDS: Final = (("resp", "orig"), ("orig", "resp"))
_SERVERS, _NETWORKS = EndpointOptions(by="server"), EndpointOptions(by="prefix")


@dataclass(frozen=True, slots=True)
class Quality:
    """How connections went.

    Attributes:
        outcomes: `(transport, state, connections)`, most first.
        total: The row of `schema.ENDPOINTS` of all TCP connections; None without any.
        servers: Those of the servers that lose most.
        prefixes: Those of the networks that lose most.
        failing: Those of the servers that fail most.
    """

    outcomes: list[tuple[str, str, int]]
    total: Row | None
    servers: list[Row]
    prefixes: list[Row]
    failing: list[Row]


@dataclass(slots=True)
class _Sums:
    """What is added up by the address of one end."""

    carried: list[Any] = field(default_factory=list)
    bare: list[Any] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)


class QualityCounter:
    """Counts connections that come in batches."""

    def __init__(self, names: Callable[[], IntoDataFrame | None]) -> None:
        """Starts without any.

        Args:
            names: Gives `number` and `address` of the IPv6 addresses so far, if there are any.
        """
        self._six = _SixNetworks(names)
        self._waiting: dict[bool, list[Any]] = {True: [], False: []}
        self._rows = 0
        self._ends = {near: _Sums() for near, _ in _ENDS}
        self._states: dict[tuple[str, str], int] = {}

    def add(self, connections: IntoDataFrame, *, measured: bool) -> None:
        """Counts a batch: all rows of a connection must be in one, interim rows aside.

        Args:
            connections: A frame in the columns of `schema.CONNECTIONS` with addresses as numbers, of which
                `MEASURED_NEEDED` or `BARE_NEEDED` are enough.
            measured: Whether anything was measured of them.
        """
        batch = nw.from_native(connections, eager_only=True)
        self._waiting[measured].append(batch)
        self._rows += len(batch)
        if self._rows > _WAITING:
            self._fold()

    def quality(self, top: int) -> Quality:
        """What was counted, with so many rows of each list."""
        self._fold()
        states = [(proto, state, many) for (proto, state), many in self._states.items()]
        states.sort(key=lambda row: (-row[2], row[0], row[1]))
        servers = self._ends["resp"]
        parts = [_added(servers.carried, SUMS, ())] if servers.carried else []
        parts += [_wide(_added(servers.bare, COUNTED, ()), ())] if servers.bare else []
        if not any(part["connections"].item() for part in parts):
            return Quality(states, None, [], [], [])
        self._six.look()
        whole = _added(parts, SUMS, ())
        total = whole.with_columns(**{name: nw.lit("") for name in KEYS}).lazy()
        told = nw.concat(servers.told) if servers.told else _nothing_told(whole)
        of_all = told.with_columns(key=nw.lit("")).lazy()
        none = total.head(0)

        def rows(ranking: _Ranking, sort: str) -> list[Row]:
            found, said = ranking.first(sort, top)
            return finished_rows(total, found.lazy(), of_all.head(0), said.lazy(), ranking.options)[1:]

        by_server = _Ranking([servers], _SERVERS, self._six, told)
        by_network = _Ranking(list(self._ends.values()), _NETWORKS, self._six, told)
        return Quality(
            states,
            total=finished_rows(total, none, of_all, of_all.head(0), _SERVERS)[0],
            servers=rows(by_server, "loss"),
            prefixes=rows(by_network, "loss"),
            failing=rows(by_server, "failed"),
        )

    def _fold(self) -> None:
        """Adds up what waits."""
        for measured, batches in self._waiting.items():
            if not batches:
                continue
            frame = nw.concat(batches).lazy()
            self._count_states(frame)
            tcp = collected(followed(frame)).lazy()
            between = self._between_networks(tcp)
            for near, far in _ENDS:
                # Within one network, both ends were seen from the other side already.
                seen = tcp if near == "resp" else between
                sums = self._ends[near]
                if measured:
                    numbers = counts(near, far) | distributed(near, "server")
                    rows = collected(seen.select(key=nw.col(f"{near}_h"), **numbers))
                    sums.carried.append(_added([rows], SUMS))
                    said = nw.any_horizontal(*(~nw.col(name).is_null() for name in SOURCES), ignore_nulls=False)
                    sums.told.append(rows.select("key", *SOURCES).filter(said))
                else:
                    every = counts(near, far, measured=False)
                    rows = collected(seen.select(key=nw.col(f"{near}_h"), **every))
                    sums.bare.append(_added([rows], COUNTED))
        self._waiting = {True: [], False: []}
        self._rows = 0

    def _between_networks(self, tcp: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The connections whose ends are in different networks."""
        orig, resp = nw.col("orig_h"), nw.col("resp_h")
        width = 2 ** (32 - _NETWORKS.v4_prefix)
        apart = tcp.filter((resp >= FIRST_SIX) | (orig // width != resp // width))
        pairs = collected(apart.filter((orig >= FIRST_SIX) & (resp >= FIRST_SIX)).select("orig_h", "resp_h").unique())
        if not len(pairs):
            return apart
        inside = [pair for pair in pairs.rows() if self._six.network(pair[0]) == self._six.network(pair[1])]
        table = beside(tcp, {"orig_h": [pair[0] for pair in inside], "resp_h": [pair[1] for pair in inside]})
        return apart.join(table, on=["orig_h", "resp_h"], how="anti") if inside else apart

    def _count_states(self, connections: nw.LazyFrame[Any]) -> None:
        frame = as_ended(connections)
        counted = frame.with_columns(state=nw.col("conn_state").fill_null("unknown")).group_by("proto", "state")
        for proto, state, many in collected(counted.agg(many=nw.len()).select("proto", "state", "many")).iter_rows():
            self._states[proto, state] = self._states.get((proto, state), 0) + int(many)


class _SixNetworks(Six):
    """IPv6 addresses by their numbers, and the networks they are in."""

    def __init__(self, names: Callable[[], IntoDataFrame | None]) -> None:
        super().__init__(names)
        self._firsts: dict[str, int] = {}
        self._networks: dict[int, int] = {}

    def network(self, number: int) -> int:
        """The number of the first address that was asked for of the same network."""
        if number not in self._networks:
            prefix = prefix_of(self.text(number), _NETWORKS.v4_prefix, _NETWORKS.v6_prefix)
            self._networks[number] = self._firsts.setdefault(prefix, number)
        return self._networks[number]


class _Ranking:
    """The sums of all servers or networks, and which come first."""

    def __init__(
        self, sums: Sequence[_Sums], options: EndpointOptions, six: _SixNetworks, like: nw.DataFrame[Any]
    ) -> None:
        """Adds up.

        Args:
            sums: By the address of one end or both.
            options: What a row is of.
            six: The IPv6 addresses.
            like: A frame of what percentiles are of.
        """
        self.options = options
        self._sums, self._six, self._like = sums, six, like
        carried = [self._keyed(frame) for part in sums for frame in part.carried]
        bare = [self._keyed(frame) for part in sums for frame in part.bare]
        self._carried = _added(carried, SUMS) if carried else None
        self._bare = _added(bare, COUNTED) if bare else None
        if self._carried is not None and self._bare is not None:
            keys = self._carried.select("key")
            both = self._bare.join(keys, on="key", how="semi")
            self._bare = self._bare.join(keys, on="key", how="anti")
            self._carried = _added([self._carried, _wide(both)], SUMS)

    def first(self, sort: str, top: int) -> tuple[nw.DataFrame[Any], nw.DataFrame[Any]]:
        """The first rows in an order of `settings.ENDPOINT_SORTS`, and what their percentiles are of."""
        parts = [part for part in (self._carried, self._bare) if part is not None]
        weighed = nw.concat([_weighed(part, sort) for part in parts])
        order = ["_first", "_second", "bytes"]
        best = weighed.sort(*order, descending=True, nulls_last=True).head(top)
        last = best.tail(1).rows(named=True)
        if last and len(weighed) > top:
            # All that are equal to the last of them: text decides among those.
            first, second, size = (nw.col(name) for name in order)
            floor = last[0]
            equal_first = (first == floor["_first"]) & (
                (second > floor["_second"]) | ((second == floor["_second"]) & (size >= floor["bytes"]))
            )
            best = weighed.filter((first > floor["_first"]) | equal_first)
        rows = (
            (-first, -second, -size, self._text(key), key)
            for key, first, second, size in best.select("key", *order).iter_rows()
        )
        chosen = {key: (place, text) for place, (*_, text, key) in enumerate(nsmallest(top, rows))}
        whole = [part.filter(nw.col("key").is_in(list(chosen))) for part in parts]
        found = nw.concat([part if "data_pkts" in part.columns else _wide(part) for part in whole])
        ordered = sorted(found.rows(named=True), key=lambda row: chosen[row["key"]][0])
        named = [{**row, "key": chosen[row["key"]][1], "orig": "", "resp": ""} for row in ordered]
        data = {name: [row[name] for row in named] for name in (*KEYS, *SUMS)}
        schema = found.schema | dict.fromkeys(KEYS, nw.String())
        backend = found.implementation
        told = [self._keyed(frame) for part in self._sums for frame in part.told]
        said = nw.concat([self._like.head(0), *(frame.filter(nw.col("key").is_in(list(chosen))) for frame in told)])
        texts = nw.from_dict(
            {"key": list(chosen), "text": [text for _, text in chosen.values()]},
            {"key": nw.Int64(), "text": nw.String()},
            backend=backend,
        )
        said = said.join(texts, on="key", how="inner").drop("key").rename({"text": "key"})
        return nw.from_dict(data, {name: schema[name] for name in data}, backend=backend), said

    def _keyed(self, frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
        """The frame with networks as keys, where rows are of networks: each is the number of its first address."""
        if self.options.by != "prefix":
            return frame
        width = 2 ** (32 - self.options.v4_prefix)
        four = (nw.col("key") // width) * width
        six = frame.filter(nw.col("key") >= FIRST_SIX)["key"].unique().to_list()
        if not six:
            return frame.with_columns(key=four)
        table = nw.from_dict(
            {"key": six, "_network": [self._six.network(number) for number in six]},
            {"key": nw.Int64(), "_network": nw.Int64()},
            backend=frame.implementation,
        )
        joined = frame.join(table, on="key", how="left")
        keyed = joined.with_columns(key=nw.when(nw.col("_network").is_null()).then(four).otherwise(nw.col("_network")))
        return keyed.drop("_network")

    def _text(self, number: int) -> str:
        text = text_of(number, self._six.addresses)
        options = self.options
        return prefix_of(text, options.v4_prefix, options.v6_prefix) if options.by == "prefix" else text


def _weighed(sums: nw.DataFrame[Any], sort: str) -> nw.DataFrame[Any]:
    """`key`, `bytes` and what rows are ordered by."""
    missing = {name: nw.lit(0).cast(nw.Int64) for name in ("rexmit_pkts", "data_pkts") if name not in sums.columns}
    rows = sums.with_columns(_failed=nw.col("unanswered") + nw.col("refused"), **missing)
    first, second = weights(sort)
    return rows.select("key", "bytes", _first=first.cast(nw.Float64), _second=second)


def _added(frames: list[nw.DataFrame[Any]], names: Sequence[str], keys: Sequence[str] = ("key",)) -> nw.DataFrame[Any]:
    """Rows of the same keys as one."""
    sums = [nw.col(name).sum() for name in names]
    frame = nw.concat(frames).lazy() if len(frames) > 1 else frames[0].lazy()
    return collected(frame.group_by(*keys).agg(*sums) if keys else frame.select(*sums)).select(*keys, *names)


def _wide(bare: nw.DataFrame[Any], keys: Sequence[str] = ("key",)) -> nw.DataFrame[Any]:
    """Sums of connections of which nothing was measured with all columns."""
    return collected(widened(as_bare(bare.lazy()), keys))


def _nothing_told(like: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    schema = {"key": nw.Int64()} | dict.fromkeys(SOURCES, nw.Int64())
    return nw.from_dict({name: [] for name in schema}, schema, backend=like.implementation)
