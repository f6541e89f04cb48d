"""The traffic summary: totals and breakdowns of flows or connections, whole, by direction, by network, by interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.frames import beside, kept
from wiretell.analyses.services import PROTOCOLS, SERVICES
from wiretell.analyses.summary_items import NO_PORT, amounts_of, items
from wiretell.analyses.summary_options import SummaryOptions
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
        breakdowns: By name: what the groups differ in, and a table with a row per group and `key` (pairs: and `peer`).
        sizes: Flows by their bytes and packets, for percentiles.
        rows: The items that were summarized.
        amounts: The names of the amounts.
    """

    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, list[tuple[Level, nw.LazyFrame[Any]]]]
    sizes: dict[str, nw.LazyFrame[Any]]
    rows: nw.LazyFrame[Any]
    amounts: list[str]


def summarize(frame: IntoFrame, options: SummaryOptions | None = None) -> Summary:
    """Summarizes a `flows` or a `connections` table.

    Args:
        frame: The table, eager or lazy, of any engine that Narwhals knows.
        options: What to count, keep and split by.

    Returns:
        Lazy tables. Only with local or excluded networks (their addresses are looked up) and with intervals that rows
        cross (how many they cross) is anything computed here.
    """
    options = options or SummaryOptions()
    rows = items(nw.from_native(frame).lazy(), options)
    amounts = amounts_of(rows)
    places = Places(options.local, options.exclude)
    if options.local or options.exclude:
        rows = places.placed(rows)
    if options.external:
        rows = rows.filter((nw.col("src_place") == 0) | (nw.col("dst_place") == 0))
    parts = list(_parts(rows, places, options, amounts))
    names = dict.fromkeys(name for part in parts for name in part.breakdowns)
    return Summary(
        totals=_stack([part.totals for part in parts]),
        breakdowns={
            name: [(part.level, part.breakdowns[name]) for part in parts if name in part.breakdowns] for name in names
        },
        sizes={name: _sizes(rows, name, options.scale) for name in ("bytes", "packets")},
        rows=rows,
        amounts=amounts,
    )


def _sizes(rows: nw.LazyFrame[Any], name: str, scale: float) -> nw.LazyFrame[Any]:
    """How many items have each size: of whole items, where they were spread, and as seen, where counts are scaled."""
    size = nw.col(name)
    if "is_first" in rows.collect_schema().names():
        rows, size = rows.filter(nw.col("is_first")), nw.col(f"whole_{name}")
    if scale != 1:
        size = (size / scale).round(0)
    return rows.select(size.alias(name)).group_by(name).agg(rows=nw.len())


@dataclass(frozen=True, slots=True)
class _Part:
    """The tables of one level."""

    level: Level
    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, nw.LazyFrame[Any]]


@dataclass(frozen=True, slots=True)
class _Cells:
    """The rows grouped as finely as anything needs: by service, by pair of addresses, by port of either end."""

    by_service: nw.LazyFrame[Any]
    by_pair: nw.LazyFrame[Any] | None
    by_any_port: nw.LazyFrame[Any] | None
    amounts: list[str]

    def derived(self, change: Callable[[nw.LazyFrame[Any]], nw.LazyFrame[Any]]) -> _Cells:
        """All tables, changed alike."""
        by_pair = None if self.by_pair is None else change(self.by_pair)
        by_any_port = None if self.by_any_port is None else change(self.by_any_port)
        return _Cells(change(self.by_service), by_pair, by_any_port, self.amounts)


def _cells(rows: nw.LazyFrame[Any], options: SummaryOptions, amounts: list[str]) -> _Cells:
    known = set(rows.collect_schema().names())
    groups = [name for name in ("bin", "src_place", "dst_place", "unknown_transport") if name in known]
    kinds = [name for name in ("service", "state") if name in known]
    sums = [nw.col(name).sum() for name in amounts]
    times = [nw.col("start_us").min(), nw.col("end_us").max()]
    by_service = rows.group_by(*groups, "protocol", "port", *kinds).agg(*sums, *times)
    by_pair = None if options.save_memory else rows.group_by(*groups, "src", "dst").agg(*sums)
    by_any_port = _either_end(rows, groups, amounts) if options.any_port else None
    return _Cells(by_service, by_pair, by_any_port, amounts).derived(kept)


def _parts(rows: nw.LazyFrame[Any], places: Places, options: SummaryOptions, amounts: list[str]) -> Iterator[_Part]:
    """The tables of all levels, each rolled up from the same cells."""
    cells = _cells(rows, options, amounts)
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
    if "unknown_transport" in rows.collect_schema().names():
        unknown = nw.lit("unknown_transport")
        only = cells.derived(lambda table: table.filter(nw.col("unknown_transport")).with_columns(scope=unknown))
        yield _part(("scope",), _Cells(only.by_service, only.by_pair, None, amounts), options)


def _part(level: Level, cells: _Cells, options: SummaryOptions) -> _Part:
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
    if by_pair is not None:
        tables["source"] = roll(by_pair, "src").rename({"src": "key"})
        tables["destination"] = roll(by_pair, "dst").rename({"dst": "key"})
        tables["pair"] = roll(_undirected(by_pair), "key", "peer")
        ends = [tables[name].select(*groups, "key") for name in ("source", "destination")]
        distinct["sources"], distinct["destinations"] = ends
        distinct["hosts"] = nw.concat(ends).unique()
        distinct["pairs"] = tables["pair"]
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
    columns = {name: ["key", "peer"] if name == "pair" else ["key"] for name in tables}
    return _Part(
        level,
        totals,
        {name: _placed(table, level).select(*GROUPS, *columns[name], *amounts) for name, table in tables.items()},
    )


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


def _either_end(rows: nw.LazyFrame[Any], groups: Sequence[str], amounts: list[str]) -> nw.LazyFrame[Any]:
    """Items by the port of either end; one whose ends have the same port counts once, one without ports as such."""
    sums = [nw.col(name).sum() for name in amounts]
    with_ports = nw.col("port") != NO_PORT
    ends = rows.with_columns(
        src_port=nw.when(with_ports).then(nw.col("src_port")).otherwise(nw.lit(NO_PORT)),
        dst_port=nw.when(with_ports).then(nw.col("dst_port")).otherwise(nw.lit(NO_PORT)),
    )
    cells = ends.group_by(*groups, "src_port", "dst_port").agg(*sums)
    different = cells.filter(nw.col("src_port") != nw.col("dst_port"))
    sides = [
        cells.rename({"src_port": "port"}).drop("dst_port"),
        different.rename({"dst_port": "port"}).drop("src_port"),
    ]
    names = [*groups, "port", *amounts]
    return nw.concat([side.select(*names) for side in sides])


def _stack(tables: list[nw.LazyFrame[Any]]) -> nw.LazyFrame[Any]:
    return tables[0] if len(tables) == 1 else nw.concat(tables)
