"""The traffic summary: totals and breakdowns of flows or connections, whole, by direction, by network, by interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.frames import beside
from wiretell.analyses.services import PROTOCOLS, SERVICES
from wiretell.analyses.summary_items import NO_PORT, amounts_of, items
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.analyses.summary_places import add_direction, by_network, without_excluded

GROUPS: Final = ("scope", "network", "bin")
"""What a row of a summary belongs to. Whole: scope `total`, network empty, bin -1."""

WHOLE_BIN: Final = -1
"""The `bin` of what is not split by intervals."""

DISTINCT: Final = ("sources", "destinations", "hosts", "ports", "pairs")
"""What a total counts distinct values of."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Unranked tables, lazy, all with the columns of `GROUPS` and the amounts.

    Attributes:
        totals: One row per group, with `start_us`, `end_us` and how many distinct sources, destinations, hosts, ports, pairs.
        breakdowns: By name of the breakdown, the whole first: one row per group and `key` (pairs: `key` and `peer`).
        sizes: Flows by their bytes and packets, for percentiles.
        rows: The items that were summarized.
        amounts: The names of the amounts.
    """

    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, list[nw.LazyFrame[Any]]]
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
    rows = without_excluded(rows, options.exclude)
    amounts = amounts_of(rows)
    if options.local:
        rows = add_direction(rows, options.local)
        if options.external:
            rows = rows.filter(nw.col("scope") != "internal")
    parts = [*_parts(rows, _levels(options), options, amounts)]
    if options.local:
        inside = by_network(rows, options.local)
        levels = [("network",), ("network", "bin")] if options.interval_us is not None else [("network",)]
        parts.extend(_parts(inside, levels, options, amounts))
    if "unknown_transport" in rows.collect_schema().names():
        unknown = rows.filter(nw.col("unknown_transport")).with_columns(scope=nw.lit("unknown_transport"))
        parts.extend(_parts(unknown, [("scope",)], options, amounts))
    names = dict.fromkeys(name for part in parts for name in part.breakdowns)
    return Summary(
        totals=_stack([part.totals for part in parts]),
        breakdowns={name: [part.breakdowns[name] for part in parts if name in part.breakdowns] for name in names},
        sizes={name: rows.group_by(name).agg(rows=nw.len()) for name in ("bytes", "packets")},
        rows=rows,
        amounts=amounts,
    )


def _levels(options: SummaryOptions) -> list[tuple[str, ...]]:
    levels: list[tuple[str, ...]] = [()]
    if options.local:
        levels.append(("scope",))
    if options.interval_us is not None:
        levels.append(("bin",))
        if options.local:
            levels.append(("scope", "bin"))
    return levels


@dataclass(frozen=True, slots=True)
class _Part:
    """The tables of one level."""

    totals: nw.LazyFrame[Any]
    breakdowns: dict[str, nw.LazyFrame[Any]]


def _parts(
    rows: nw.LazyFrame[Any], levels: list[tuple[str, ...]], options: SummaryOptions, amounts: list[str]
) -> Iterator[_Part]:
    """The tables of all levels: the rows are grouped once, as finely as any level needs, and then rolled up."""
    finest = list(dict.fromkeys(name for level in levels for name in level))
    known = set(rows.collect_schema().names())
    kinds = [name for name in ("service", "state") if name in known]
    times = [nw.col("start_us").min(), nw.col("end_us").max()]
    sums = [nw.col(name).sum() for name in amounts]
    by_service = rows.group_by(*finest, "protocol", "port", *kinds).agg(*sums, *times)
    by_pair = None if options.save_memory else rows.group_by(*finest, "src", "dst").agg(*sums)
    any_port = _either_end(rows, [*finest], amounts) if options.any_port else None
    for level in levels:
        yield _part(level, by_service, by_pair, any_port, options, amounts)


def _part(
    level: tuple[str, ...],
    by_service: nw.LazyFrame[Any],
    by_pair: nw.LazyFrame[Any] | None,
    any_port: nw.LazyFrame[Any] | None,
    options: SummaryOptions,
    amounts: list[str],
) -> _Part:
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
        totals,
        {name: _placed(table, level).select(*GROUPS, *columns[name], *amounts) for name, table in tables.items()},
    )


def _placed(table: nw.LazyFrame[Any], level: tuple[str, ...]) -> nw.LazyFrame[Any]:
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


def _either_end(rows: nw.LazyFrame[Any], groups: list[str], amounts: list[str]) -> nw.LazyFrame[Any]:
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
