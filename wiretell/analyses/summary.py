"""The traffic summary: totals and breakdowns of flows or connections, whole, by direction, by network, by interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoDataFrame, IntoFrame

from wiretell.analyses.addresses import is_numbered
from wiretell.analyses.frames import beside, kept
from wiretell.analyses.services import PROTOCOLS, SERVICES
from wiretell.analyses.summary_cells import Cells, GrowingCells, cells_of, cells_of_sums
from wiretell.analyses.summary_items import NO_PORT, amounts_of, items
from wiretell.analyses.summary_options import COLUMN_OF_UNIT, SummaryOptions
from wiretell.analyses.summary_places import Places, direction

GROUPS: Final = ("scope", "network", "bin")
"""What a row of a summary belongs to. Whole: scope `total`, network empty, bin -1."""

Level = tuple[str, ...]
"""The columns of `GROUPS` in which the groups of a table differ; none for the whole."""

WHOLE_BIN: Final = -1
"""The `bin` of what is not split by intervals."""

DISTINCT: Final = ("sources", "destinations", "hosts", "ports", "pairs")
"""What a total counts distinct values of."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Unranked tables, lazy, all with the columns of `GROUPS` and the amounts.

    Attributes:
        totals: One row per group, with `start_us`, `end_us` and the counts of `DISTINCT`.
        breakdowns: By name, one for each level.
        sizes: Flows by their bytes and packets, for percentiles.
        rows: The items that were summarized; none where they came in several parts, None where added up elsewhere.
        amounts: The names of the amounts.
        names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.
    """

    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, list[Breakdown]]
    sizes: Mapping[str, nw.LazyFrame[Any]]
    rows: nw.LazyFrame[Any] | None
    amounts: list[str]
    names: nw.LazyFrame[Any] | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One breakdown at one level.

    Attributes:
        level: What the groups differ in.
        table: A row per group and `key` (pairs: and `peer`), with the amounts.
        weighed: The same rows with the amount of the unit alone, computed; None where addresses are text.
    """

    level: Level
    table: nw.LazyFrame[Any]
    weighed: nw.LazyFrame[Any] | None = None


def summarize(frame: IntoFrame, options: SummaryOptions | None = None) -> Summary:
    """Summarizes a `flows` or a `connections` table.

    Args:
        frame: The table, eager or lazy, of any engine that Narwhals knows.
        options: What to count, keep and split by.

    Returns:
        Lazy tables. Only with local or excluded networks (their addresses are looked up) and with intervals that rows
        cross (how many they cross) is anything computed here.

    Raises:
        SchemaError: if it is neither table.
    """
    parts = Summarizer(options)
    parts.add(frame)
    return parts.summary()


class Summarizer:
    """Summarizes a table that comes in parts. The result is that of the whole table; no part is kept."""

    def __init__(
        self, options: SummaryOptions | None = None, names: Callable[[], IntoDataFrame | None] = lambda: None
    ) -> None:
        """Starts without rows.

        Args:
            options: What to count, keep and split by.
            names: Where addresses are numbers: gives `number` and `address` of the IPv6 addresses so far.
        """
        self._options = options or SummaryOptions()
        self._places = Places(self._options.local, self._options.exclude, names)
        self._cells = GrowingCells()
        self._rows: nw.LazyFrame[Any] | None = None

    def add(self, frame: IntoFrame, rows: int = 0) -> None:
        """Adds a part.

        Args:
            frame: Rows of a `flows` or a `connections` table, the same for all parts.
            rows: How many; needed where there are many parts.
        """
        self._cells.add(self._cells_of(frame), rows)

    def recount(self, pieces: IntoFrame, wholes: IntoFrame) -> None:
        """Counts flows that were cut, and whose pieces were added, as whole ones.

        Args:
            pieces: Rows that were added.
            wholes: What they are put together.
        """
        self._cells.add(self._cells_of(pieces).taken_away(), 0)
        self._cells.add(self._cells_of(wholes), 0)

    def _cells_of(self, frame: IntoFrame) -> Cells:
        options = self._options
        found = items(nw.from_native(frame).lazy(), options)
        if options.local or options.exclude:
            found = self._places.placed(found)
        if options.external:
            found = found.filter((nw.col("src_place") == 0) | (nw.col("dst_place") == 0))
        self._rows = found if self._rows is None else kept(found.head(0))
        return cells_of(found, options, amounts_of(found))

    def summary(self, names: IntoFrame | None = None) -> Summary:
        """The summary of all parts, of which there must be one at least.

        Args:
            names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.
        """
        if self._rows is None:
            raise ValueError("nothing was added")
        return _summary(self._cells.all(), self._places, self._options, self._rows, names)


def summary_of_sums(
    pairs: IntoFrame, services: IntoFrame, sizes: IntoFrame, names: IntoFrame | None, options: SummaryOptions
) -> Summary:
    """The summary of flows that the meter added up, with the arguments of `summary_cells.cells_of_sums`.

    Args:
        pairs: By pair of addresses, as numbers.
        services: By service.
        sizes: By size.
        names: `number` and `address` of the IPv6 addresses.
        options: What to count, keep and split by.
    """
    cells = cells_of_sums(pairs, services, sizes, options)
    return _summary(cells, Places(options.local, options.exclude), options, None, names)


def _summary(
    cells: Cells,
    places: Places,
    options: SummaryOptions,
    rows: nw.LazyFrame[Any] | None,
    names: IntoFrame | None,
) -> Summary:
    parts = list(_parts(cells, places, options))
    kinds = dict.fromkeys(name for part in parts for name in part.breakdowns)
    return Summary(
        totals=_stack([part.totals for part in parts]),
        breakdowns={name: [part.breakdowns[name] for part in parts if name in part.breakdowns] for name in kinds},
        sizes={name: table.filter(nw.col("rows") != 0) for name, table in cells.sizes.items()},
        rows=rows,
        amounts=cells.amounts,
        names=None if names is None else nw.from_native(names).lazy(),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The tables of one level."""

    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, Breakdown]


def _parts(cells: Cells, places: Places, options: SummaryOptions) -> Iterator[_Part]:
    """The tables of all levels, each rolled up from the same cells."""
    yield _part((), cells, options)
    by_time = options.interval_us is not None
    if by_time:
        yield _part(("bin",), cells, options)
    if options.local:
        by_direction = cells.derived(lambda table: table.with_columns(scope=direction()))
        by_network = cells.derived(places.networks)
        yield _part(("scope",), by_direction, options)
        yield _part(("network",), by_network, options)
        if by_time:
            yield _part(("scope", "bin"), by_direction, options)
            yield _part(("network", "bin"), by_network, options)
    if "unknown_transport" in cells.by_service.collect_schema().names():
        unknown = nw.lit("unknown_transport")
        only = cells.derived(lambda table: table.filter(nw.col("unknown_transport")).with_columns(scope=unknown))
        yield _part(("scope",), replace(only, by_any_port=None), options)


def _part(level: Level, cells: Cells, options: SummaryOptions) -> _Part:
    amounts, by_service, by_pair, any_port = cells.amounts, cells.by_service, cells.by_pair, cells.by_any_port
    groups = list(level)
    sums = [nw.col(name).sum() for name in amounts]
    times = [nw.col("start_us").min(), nw.col("end_us").max()]

    def roll(table: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
        return table.group_by(*groups, *keys).agg(*sums)

    kinds = [name for name in ("service", "state") if name in by_service.collect_schema().names()]
    tables = {name: roll(by_service, name).rename({name: "key"}) for name in ("port", "protocol", *kinds)}
    if "service" not in kinds:
        tables["service"] = roll(_named(roll(by_service, "protocol", "port")), "service").rename({"service": "key"})
    if any_port is not None:
        tables["port_any"] = roll(any_port, "port").rename({"port": "key"})
    distinct = {"ports": tables["port"].filter(nw.col("key") >= 0)}
    weighed: dict[str, nw.LazyFrame[Any]] = {}
    if by_pair is not None:
        tables["source"] = roll(by_pair, "src").rename({"src": "key"})
        tables["destination"] = roll(by_pair, "dst").rename({"dst": "key"})
        tables["pair"] = roll(_undirected(by_pair), "key", "peer")
        found = {name: tables[name] for name in ("source", "destination", "pair")}
        if is_numbered(by_pair, "src"):
            unit = COLUMN_OF_UNIT[options.unit or ("connections" if "connections" in amounts else "packets")]
            weighed = {name: kept(table.select(*groups, *_keys(name), unit)) for name, table in found.items()}
            found = weighed
        ends = [found[name].select(*groups, "key") for name in ("source", "destination")]
        distinct["sources"], distinct["destinations"], distinct["pairs"] = *ends, found["pair"]
        distinct["hosts"] = nw.concat(ends).unique()
    totals = by_service.group_by(*groups).agg(*sums, *times) if groups else by_service.select(*sums, *times)
    totals = _placed(totals, level)
    for name, table in distinct.items():
        count = table.group_by(*groups).agg(nw.len().alias(name)) if groups else table.select(nw.len().alias(name))
        totals = totals.join(_placed(count, level), on=list(GROUPS), how="left")
    numbers = [nw.col(name).fill_null(0) for name in amounts]
    counts = [
        (nw.col(name).fill_null(0) if name in distinct else nw.lit(0)).cast(nw.Int64).alias(name) for name in DISTINCT
    ]
    totals = totals.select(*GROUPS, "start_us", "end_us", *numbers, *counts)
    if not options.verbose and "bin" in level:
        tables = {}
    return _Part(
        totals,
        {
            name: Breakdown(
                level,
                _placed(table, level).select(*GROUPS, *_keys(name), *amounts),
                _placed(weighed[name], level) if name in weighed else None,
            )
            for name, table in tables.items()
        },
    )


def _keys(breakdown: str) -> list[str]:
    return ["key", "peer"] if breakdown == "pair" else ["key"]


def _placed(table: nw.LazyFrame[Any], level: Level) -> nw.LazyFrame[Any]:
    """The table with all columns of `GROUPS`: those that the level does not split by say `whole`."""
    values: dict[str, nw.Expr] = {
        "scope": nw.lit("network" if "network" in level else "total"),
        "network": nw.lit(""),
        "bin": nw.lit(WHOLE_BIN).cast(nw.Int64),
    }
    return table.with_columns(**{name: value for name, value in values.items() if name not in level})


def _named(table: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds `service`: the usual service of the port, else the protocol's name if it has no ports, else `other`."""
    ports = beside(
        table,
        {
            "protocol": [protocol for protocol, _ in SERVICES],
            "port": [port for _, port in SERVICES],
            "service": list(SERVICES.values()),
        },
    )
    protocols = beside(table, {"protocol": list(PROTOCOLS), "protocol_name": list(PROTOCOLS.values())})
    wide = table.with_columns(nw.col("protocol").cast(nw.Int64), nw.col("port").cast(nw.Int64))
    joined = wide.join(ports, on=["protocol", "port"], how="left").join(protocols, on="protocol", how="left")
    portless = nw.when(nw.col("port") == NO_PORT).then(nw.col("protocol_name"))
    return joined.with_columns(
        service=nw.coalesce(nw.col("service"), portless.otherwise(nw.lit("other")), nw.lit("other"))
    )


def _undirected(by_pair: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Source and destination as `key` and `peer` in the order of their texts, so that both directions are one pair."""
    source, destination = nw.col("src"), nw.col("dst")
    forward = source <= destination
    return by_pair.with_columns(
        key=nw.when(forward).then(source).otherwise(destination),
        peer=nw.when(forward).then(destination).otherwise(source),
    )


def _stack(tables: list[nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
    return tables[0] if len(tables) == 1 else nw.concat(tables)
