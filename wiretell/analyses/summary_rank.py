"""The last step of a summary: sorts, keeps the top, and adds ranks, shares, errors and times."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.addresses import named
from wiretell.analyses.frames import collected, kept, rows_of
from wiretell.analyses.percentiles import of_histogram
from wiretell.analyses.services import protocol_name
from wiretell.analyses.summary import DISTINCT, GROUPS, WHOLE_BIN, Breakdown, Level, Summary
from wiretell.analyses.summary_items import AMOUNTS, NO_PORT, OTHER_PORTS, SQUARES
from wiretell.analyses.summary_options import COLUMN_OF_UNIT, SummaryOptions

TOTAL: Final = "total"
TIMELINE_POINTS: Final = 240
SCOPES: Final = ("incoming", "outgoing", "internal", "transit", "unknown_transport")
FEW_NETWORKS: Final = 16
_NUMERIC_KEYS: Final = frozenset({"port", "port_any", "protocol"})
_ADDRESSES: Final = frozenset({"source", "destination", "pair"})
_LONG: Final = (*GROUPS, "breakdown", "number", "key", "peer")


def rank(summary: Summary, options: SummaryOptions, unit: str) -> list[dict[str, Any]]:
    """The rows of a summary that a report shows, as schema.SUMMARY.

    Args:
        summary: What `summarize` returns.
        options: `top` is used; an interval's width gives back its time.
        unit: What ranks and shares are of.

    Returns:
        Totals and the top rows of each breakdown in order of group, breakdown and rank.
    """
    weight = COLUMN_OF_UNIT[unit]
    tables = [_long_totals(summary)]
    for name, breakdowns in summary.breakdowns.items():
        count = options.tops.get(name, options.top)
        for breakdown in breakdowns:
            groups = _groups(breakdown.level, options)
            top = _top(breakdown, weight, count, groups, summary.names if name in _ADDRESSES else None)
            tables.extend(_long(name, part, summary.amounts) for part in top)
    rows = rows_of(tables)
    return _finished(rows, summary, options, weight)


def percentiles(summary: Summary) -> dict[str, dict[int, float]]:
    """Percentiles of items by their bytes and packets: exact, from how many items have each value."""
    return {
        f"{'flow' if 'flows' in summary.amounts else 'connection'}_{name}": of_histogram(
            sorted((round(value), count) for value, count in collected(table.select(name, "rows")).iter_rows())
        )
        for name, table in summary.sizes.items()
    }


def timeline(
    items: nw.LazyFrame[Any], amounts: list[str], start: int, end: int
) -> tuple[int, list[tuple[int, float, float]]]:
    """Packets (or connections) and bytes over time, in at most 240 points, by the start of the items.

    Returns:
        The width of a point in microseconds, and `(start of the point, amount, bytes)`.
    """
    width = max(-(-(end - start + 1) // TIMELINE_POINTS), 1)
    amount = "connections" if "connections" in amounts else "packets"
    place = ((nw.col("start_us") - start) // width).alias("place")
    sums = items.group_by(place).agg(nw.col(amount).sum(), nw.col("bytes").sum())
    rows = collected(sums).rows(named=True)
    return width, sorted((start + row["place"] * width, float(row[amount]), float(row["bytes"])) for row in rows)


def _long_totals(summary: Summary) -> nw.LazyFrame[Any]:
    labels = {"breakdown": nw.lit(TOTAL), "number": nw.lit(0).cast(nw.Int64), "key": nw.lit(""), "peer": nw.lit("")}
    times = {name: nw.col(name).fill_null(-1).cast(nw.Int64) for name in ("start_us", "end_us")}
    return _columns(summary.totals.with_columns(**labels, **times), summary.amounts)


def _long(name: str, table: nw.LazyFrame[Any], amounts: list[str]) -> nw.LazyFrame[Any]:
    """A breakdown with the columns of all: keys as text, numeric ones also as numbers, to sort by."""
    number = nw.col("key").cast(nw.Int64) if name in _NUMERIC_KEYS else nw.lit(0).cast(nw.Int64)
    labels = {
        "breakdown": nw.lit(name),
        "number": number,
        "key": nw.col("key").cast(nw.String),
        "peer": nw.col("peer") if name == "pair" else nw.lit(""),
    }
    nothing = {column: nw.lit(0).cast(nw.Int64) for column in (*DISTINCT, "start_us", "end_us")}
    return _columns(table.with_columns(**labels, **nothing), amounts)


def _columns(table: nw.LazyFrame[Any], amounts: list[str]) -> nw.LazyFrame[Any]:
    numbers = [nw.col(name).cast(nw.Float64) for name in amounts]
    return table.select(*_LONG, *numbers, *DISTINCT, "start_us", "end_us")


def _groups(level: Level, options: SummaryOptions) -> list[nw.Expr] | None:
    """Conditions that pick each group of a level, if there are few; None if there may be many."""
    if not level:
        return []
    if level == ("scope",):
        return [nw.col("scope") == scope for scope in SCOPES]
    if level == ("network",) and len(options.local) <= FEW_NETWORKS:
        return [nw.col("network") == network for network in options.local]
    return None


def _top(
    breakdown: Breakdown, weight: str, count: int, groups: list[nw.Expr] | None, names: nw.LazyFrame[Any] | None
) -> Iterator[nw.LazyFrame[Any]]:
    """The rows with the largest weights in each group; of equal ones those with the smaller key.

    Few groups are searched one by one, without sorting; many are sorted at once.
    """
    table, weighed = breakdown.table, breakdown.weighed
    keys = ["key", "peer"] if "peer" in table.collect_schema().names() else ["key"]
    if count == 0:
        return
    elif groups is None:
        ordered = (table if names is None else _with_text(table, keys, names)).with_columns(lightness=-nw.col(weight))
        numbered = ordered.with_row_index("position", order_by=[*GROUPS, "lightness", *keys])
        first = nw.col("position").min().over(*GROUPS)
        yield numbered.with_columns(first=first).filter(nw.col("position") - nw.col("first") < count)
    elif names is None or weighed is None:
        shared = kept(table) if groups else table
        for part in [shared.filter(group) for group in groups] or [shared]:
            yield _heaviest(part, weight, count, keys)
    else:
        parts = [(weighed.filter(group), table.filter(group)) for group in groups] or [(weighed, table)]
        for light, whole in parts:
            yield _heaviest(_first(light, whole, weight, count, keys, names), weight, count, keys)


def _heaviest(table: nw.LazyFrame[Any], weight: str, count: int, keys: list[str]) -> nw.LazyFrame[Any]:
    return table.top_k(count, by=[weight, *keys], reverse=[False, *(True for _ in keys)])


def _first(
    weighed: nw.LazyFrame[Any],
    table: nw.LazyFrame[Any],
    weight: str,
    count: int,
    keys: list[str],
    names: nw.LazyFrame[Any],
) -> nw.LazyFrame[Any]:
    """The first rows by weight and by text of their addresses, and maybe others: all are weighed, few are added up."""
    if weight not in weighed.collect_schema().names():
        weighed = kept(table)
    heaviest = collected(weighed.select(weight).top_k(count, by=weight))[weight]
    if len(heaviest) == 0:
        return named(table, keys, names)
    # All that are as heavy as the last of them: text decides among those.
    candidates = _with_text(weighed.filter(nw.col(weight) >= heaviest.min()), keys, names)
    chosen = collected(_heaviest(candidates, weight, count, keys))
    for column in keys:
        table = table.filter(nw.col(column).is_in(chosen[f"_{column}"].to_list()))
    return _with_text(table, keys, names)


def _with_text(table: nw.LazyFrame[Any], keys: list[str], names: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Addresses as text, the two of a pair in the order of their texts; their numbers are `_key` and `_peer`."""
    table = named(table.with_columns(**{f"_{column}": nw.col(column) for column in keys}), keys, names)
    if keys == ["key"]:
        return table
    key, peer = nw.col("key"), nw.col("peer")
    return table.with_columns(
        key=nw.when(key <= peer).then(key).otherwise(peer), peer=nw.when(key <= peer).then(peer).otherwise(key)
    )


def _finished(
    rows: list[dict[str, Any]], summary: Summary, options: SummaryOptions, weight: str
) -> list[dict[str, Any]]:
    """Rows with ranks, shares, errors and names, in order."""
    totals = {_group(row): row for row in rows if row["breakdown"] == TOTAL}
    order = {name: position for position, name in enumerate([TOTAL, *summary.breakdowns])}
    rows.sort(
        key=lambda row: (_group(row), order[row["breakdown"]], -row[weight], row["number"], row["key"], row["peer"])
    )
    finished, previous, position = [], None, 0
    for row in rows:
        place = (*_group(row), row["breakdown"])
        position = position + 1 if place == previous else 1
        previous = place
        finished.append(_row(row, totals[_group(row)], position, options, weight))
    return finished


def _group(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["scope"], row["network"], row["bin"]


def _row(
    row: dict[str, Any], total: dict[str, Any], position: int, options: SummaryOptions, weight: str
) -> dict[str, Any]:
    is_total = row["breakdown"] == TOTAL
    width = options.interval_us
    window = None if width is None or row["bin"] == WHOLE_BIN else row["bin"] * width
    share = row[weight] / total[weight] if total[weight] else 0.0
    finished: dict[str, Any] = {
        "window": window,
        "scope": row["scope"],
        "network": row["network"] or None,
        "breakdown": row["breakdown"],
        "rank": None if is_total else position,
        "key": None if is_total else _key(row),
        "peer": row["peer"] or None,
        "share": share if not is_total else 1.0 if total[weight] else 0.0,
        "share_error": None if is_total else _share_error(row, total, share, options.scale, weight),
    }
    for name in AMOUNTS:
        finished[name] = round(row[name]) if name in row else None
    for name, square in zip(("packets_error", "bytes_error"), SQUARES, strict=True):
        finished[name] = _digits(math.sqrt(row[square])) if square in row else None
    for name in DISTINCT:
        # To save memory, hosts are not told apart, nor are most ports.
        finished[name] = row[name] if is_total and not options.save_memory else None
    for name, column in (("start", "start_us"), ("end", "end_us")):
        finished[name] = row[column] if is_total and row[column] >= 0 else None
    return finished


def _digits(value: float) -> float:
    """Nine digits: the order in which an engine adds squares shows no more."""
    return float(f"{value:.9g}")


def _key(row: dict[str, Any]) -> str:
    if row["breakdown"] == "protocol":
        return protocol_name(row["number"])
    if row["number"] == NO_PORT:
        return "none"
    return "other" if row["number"] == OTHER_PORTS else row["key"]


def _share_error(row: dict[str, Any], total: dict[str, Any], share: float, scale: float, weight: str) -> float | None:
    """Standard error of a share under sampling: that of a ratio of two sampled sums, linearized.

    Each item is kept with probability p = 1 / scale. With y an item's amount, z whether it is of this row and R the
    share, the variance is (1 - p) sum((y z - R y)^2) / (sum y)^2 over the sample (Särndal et al., Model Assisted
    Survey Sampling, 5.6).
    """
    if scale == 1:
        return None
    square = {"packets": "packets_variance", "bytes": "bytes_variance"}.get(weight)
    if square is None or not total[weight]:
        if weight in {"connections", "flows"} and total[weight]:
            seen = total[weight] / scale
            return _digits(math.sqrt(share * (1 - share) * (1 - 1 / scale) / seen))
        return None
    spread = (1 - 2 * share) * row[square] + share * share * total[square]
    return _digits(math.sqrt(max(float(spread), 0.0)) / float(total[weight]))
