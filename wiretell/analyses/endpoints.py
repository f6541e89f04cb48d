"""How well TCP is carried, by connection, host, prefix, port or service: loss, reordering, round trips, failures.

`totals` adds up counts, which shares of the traffic may do one by one; `ranked` puts the worst first and makes shares;
`percentiles` looks at the rows that are shown. Only TCP counts, and interim rows do not: a later one replaces them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.connections import as_ended, ip_bytes, packets, path_rtt
from wiretell.analyses.endpoint_keys import with_keys
from wiretell.analyses.frames import check_table, collected, kept, nullable
from wiretell.schema import CONNECTIONS, ENDPOINTS
from wiretell.settings import ENDPOINT_KEYS

Row = dict[str, Any]
UNANSWERED: Final = ("S0", "SH", "RSTOS0")
REFUSED: Final = ("REJ",)
RESET: Final = ("RSTO", "RSTR")
NO_ATTEMPT: Final = ("OTH", "SHR", "RSTRH")
"""States of connections whose first packet was not seen, so that nobody knows how the attempt went."""

_BOTH_SIDES: Final = (
    "data_pkts",
    "rexmit_pkts",
    "lost_upstream_pkts",
    "lost_downstream_pkts",
    "spurious_pkts",
    "timeout_rexmit_pkts",
    "syn_rexmit_pkts",
    "reordered_pkts",
    "duplicate_pkts",
    "zero_windows",
    "zero_window_s",
    "unseen_bytes",
)
_TIMES: Final = ("handshake_rtt_s", "rtt_median_s", "rtt_p95_s", "goodput_bps")
MEASURED: Final = (*_BOTH_SIDES, "lost_near_pkts", "lost_far_pkts")
COUNTED: Final = ("connections", "attempts", "unanswered", "refused", "reset", "pkts", "bytes")
HELPERS: Final = ("_measured", "_rtt_sum", "_rtt_count")
SUMS: Final = (*COUNTED, *MEASURED, *HELPERS)
KEYS: Final = ("key", "orig", "resp")
NEEDED: Final = (
    *("uid", "orig_h", "orig_p", "resp_h", "resp_p", "proto", "service", "conn_state", "interim"),
    *(f"{side}_{name}" for side in ("orig", "resp") for name in ("pkts", "bytes", "ip_bytes", *_BOTH_SIDES, *_TIMES)),
)
"""The columns of connections that are looked at."""
_OF_KEYS: Final = {"connection": ("uid", "orig_p", "resp_p"), "port": ("resp_p",), "service": ("service",)}
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """How endpoints are put together.

    Attributes:
        by: One of `settings.ENDPOINT_KEYS`.
        v4_prefix: Length of the prefixes of IPv4 addresses, by prefix.
        v6_prefix: Likewise of IPv6.
    """

    by: str = "host"
    v4_prefix: int = 24
    v6_prefix: int = 48


TOTAL: Final = EndpointOptions(by="total")


def needed(by: str, *, measured: bool = True) -> tuple[str, ...]:
    """The columns of `NEEDED` that rows of one of `settings.ENDPOINT_KEYS` are made of.

    Args:
        by: The key.
        measured: With what tells how data was carried.
    """
    left_out = {name for names in _OF_KEYS.values() for name in names} - set(_OF_KEYS.get(by, ()))
    if not measured:
        left_out |= {f"{side}_{name}" for side in ("orig", "resp") for name in (*_BOTH_SIDES, *_TIMES)}
    return tuple(name for name in NEEDED if name not in left_out)


def endpoints(
    connections: IntoFrame, options: EndpointOptions | None = None, *, sort: str = "loss", top: int | None = None
) -> list[Row]:
    """The rows of `schema.ENDPOINTS`: the total first, then the worst.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`, on any engine.
        options: What a row is of.
        sort: One of `settings.ENDPOINT_SORTS`.
        top: Rows beside the total; None for all.

    Raises:
        SchemaError: if it is no frame of connections.
    """
    return several(connections, [(options or EndpointOptions(), sort)], top=top)[0]


def several(
    connections: IntoFrame, wanted: Sequence[tuple[EndpointOptions, str]], *, top: int | None = None
) -> list[list[Row]]:
    """The rows of `endpoints` for several options and orders; what they share is computed once.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`, on any engine.
        wanted: What a row is of, and one of `settings.ENDPOINT_SORTS`.
        top: Rows beside the total; None for all.
    """
    for options, _ in wanted:
        if options.by not in ENDPOINT_KEYS:
            raise ValueError(options.by)
    frame: Any = kept(followed(connections).select(*NEEDED)) if len(wanted) > 1 else connections
    whole, whole_told = kept(totals(frame, TOTAL)), sides(frame, TOTAL)
    added: dict[EndpointOptions, nw.LazyFrame[Any]] = {}
    for options, _ in wanted:
        if options not in added:
            sums = totals(frame, options)
            added[options] = kept(sums) if len(wanted) > 1 else sums
    return [
        finished_rows(whole, ranked(added[options], sort, top), whole_told, sides(frame, options), options)
        for options, sort in wanted
    ]


def finished_rows(
    whole: nw.LazyFrame[Any],
    found: nw.LazyFrame[Any],
    whole_told: nw.LazyFrame[Any],
    told: nw.LazyFrame[Any],
    options: EndpointOptions,
) -> list[Row]:
    """The finished rows, from the sums of all, those of the keys in order, and what percentiles of both are of."""
    sums = collected(whole).rows(named=True)
    if not sums:
        return []
    total = _finished(sums[0], options, sums[0], None)
    rows = [_finished(row, options, total, rank) for rank, row in enumerate(collected(found).rows(named=True), start=1)]
    _fill(whole_told, [total])
    _fill(told, rows)
    return [{name: row[name] for name in ENDPOINTS.names} for row in (total, *rows)]


def totals(connections: IntoFrame, options: EndpointOptions) -> nw.LazyFrame[Any]:
    """Counts by key: what can be added up over shares of the traffic."""
    rows = sides(connections, options)
    return summed(rows)


def summed(rows: nw.LazyFrame[Any], names: Sequence[str] = SUMS) -> nw.LazyFrame[Any]:
    """Rows of the same keys as one."""
    added = rows.group_by(*KEYS).agg(*(nw.col(name).sum() for name in names))
    # DuckDB adds integers up to wider ones.
    return added.with_columns(*(nw.col(name).cast(nw.Int64) for name in names))


def ranked(found: nw.LazyFrame[Any], sort: str = "loss", top: int | None = None) -> nw.LazyFrame[Any]:
    """The counts, worst first; equals by bytes, then by key.

    Shares are compared by the lower end of their 95% interval (Wilson), so that one lost packet of one is not worse
    than a hundred of a thousand.
    """
    first, second = weights(sort)
    rows = found.with_columns(_failed=nw.col("unanswered") + nw.col("refused"))
    rows = rows.with_columns(_first=first.cast(nw.Float64), _second=second)
    order = ["_first", "_second", "bytes", *KEYS]
    rows = rows.sort(*order, descending=[True, True, True, False, False, False], nulls_last=True)
    return rows if top is None else rows.head(top)


def weights(sort: str) -> tuple[nw.Expr, nw.Expr]:
    """What an order of `settings.ENDPOINT_SORTS` looks at first and second, in sums with `_failed`."""
    failed = nw.col("_failed")
    return {
        "loss": (_surely("rexmit_pkts", "data_pkts"), failed),
        "failed": (_surely("_failed", "attempts"), failed),
        "reordered": (_surely("reordered_pkts", "data_pkts"), nw.col("reordered_pkts")),
        "zero-window": (nw.col("zero_window_s"), nw.col("zero_windows")),
        "rtt": (nw.col("_rtt_sum") / _at_least_one("_rtt_count"), nw.col("_rtt_count")),
        "bytes": (nw.col("bytes"), nw.col("bytes")),
        "connections": (nw.col("connections"), nw.col("connections")),
    }[sort]


def _at_least_one(name: str) -> nw.Expr:
    return nw.when(nw.col(name) > 0).then(nw.col(name)).otherwise(nw.lit(1)).cast(nw.Float64)


def _surely(part: str, whole: str) -> nw.Expr:
    """The lower end of the Wilson interval of a share; 0 without anything."""
    number = _at_least_one(whole)
    share = nw.col(part).cast(nw.Float64) / number
    spread = (share * (1.0 - share) / number + _Z * _Z / (number * number * 4.0)) ** 0.5
    bound = (share + _Z * _Z / (number * 2.0) - spread * _Z) / (_Z * _Z / number + 1.0)
    return nw.when(nw.col(part) > 0).then(bound).otherwise(nw.lit(0.0))


def sides(connections: IntoFrame, options: EndpointOptions, *, measured: bool = True) -> nw.LazyFrame[Any]:
    """TCP connections under their keys: once, or once per end by host and prefix; `measured`: with what needs data."""
    frame = followed(connections)
    views = [
        with_keys(frame, options.by, near, (options.v4_prefix, options.v6_prefix)).select(
            *KEYS, **counts(near, far, measured=measured), **(distributed(near, options.by) if measured else {})
        )
        for near, far in (("resp", "orig"), ("orig", "resp"))
        if near == "resp" or options.by in {"host", "prefix"}
    ]
    return nw.concat(views) if len(views) > 1 else views[0]


def followed(connections: IntoFrame) -> nw.LazyFrame[Any]:
    """The connections that have endpoints: those of TCP, as they ended."""
    frame = nullable(connections, CONNECTIONS).lazy()
    check_table(frame, "connections", "conn_state")
    ended: nw.LazyFrame[Any] = as_ended(frame.filter(nw.col("proto") == "tcp"))
    return ended


def counts(near: str, far: str, *, measured: bool = True) -> dict[str, nw.Expr]:
    """What is added up, seen from one end; `measured`: with what needs data."""
    state = nw.col("conn_state").fill_null("OTH")
    one = nw.lit(1).cast(nw.Int64)
    counted = {
        "connections": one,
        "attempts": _whether(~state.is_in(NO_ATTEMPT)),
        "unanswered": _whether(state.is_in(UNANSWERED)),
        "refused": _whether(state.is_in(REFUSED)),
        "reset": _whether(state.is_in(RESET)),
        "pkts": packets().cast(nw.Int64),
        "bytes": ip_bytes(),
    }
    if not measured:
        return counted
    both = {name: _of(near, name) + _of(far, name) for name in _BOTH_SIDES}
    both["lost_near_pkts"] = _of(near, "lost_upstream_pkts") + _of(far, "lost_downstream_pkts")
    both["lost_far_pkts"] = _of(far, "lost_upstream_pkts") + _of(near, "lost_downstream_pkts")
    rtt = path_rtt()
    helpers = {
        "_measured": _whether(~nw.col("orig_data_pkts").is_null()),
        "_rtt_sum": _nanoseconds(rtt),
        "_rtt_count": _whether(~rtt.is_null()),
    }
    return {**counted, **both, **helpers}


def _of(side: str, name: str) -> nw.Expr:
    if name.endswith("_s"):
        return _nanoseconds(nw.col(f"{side}_{name}"))
    return nw.col(f"{side}_{name}").fill_null(0).cast(nw.Int64)


def _nanoseconds(seconds: nw.Expr) -> nw.Expr:
    """Whole numbers, since a sum of fractions depends on the order of the rows."""
    return (seconds.fill_null(0.0) * 1e9).round().cast(nw.Int64)


def _whether(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)


def distributed(near: str, by: str) -> dict[str, nw.Expr]:
    """What percentiles are of, in whole microseconds or bits per second; null where a connection does not say."""
    late = nw.col("orig_rtt_p95_s") + nw.col("resp_rtt_p95_s") if by == "connection" else path_rtt()
    close = nw.coalesce(nw.col(f"{near}_handshake_rtt_s"), nw.col(f"{near}_rtt_median_s"))
    rate = nw.max_horizontal("orig_goodput_bps", "resp_goodput_bps")
    values = {"_rtt": path_rtt() * 1e6, "_late": late * 1e6, "_near": close * 1e6, "_rate": rate}
    return {name: value.round().cast(nw.Int64) for name, value in values.items()}


_PERCENTILES: Final = (
    ("rtt_median_s", "_rtt", 50, 1e-6),
    ("rtt_p95_s", "_late", 95, 1e-6),
    ("near_rtt_median_s", "_near", 50, 1e-6),
    ("goodput_median_bps", "_rate", 50, 1.0),
    ("goodput_p5_bps", "_rate", 5, 1.0),
)


SOURCES: Final = tuple(sorted({source for _, source, _, _ in _PERCENTILES}))


def _fill(told: nw.LazyFrame[Any], rows: Sequence[Row]) -> None:
    """Puts the percentiles into the rows: by nearest rank over the connections of each."""
    if not rows:
        return
    keys = [row["key"] or "" for row in rows]
    sides = told.filter(nw.col("key").is_in(sorted(set(keys))))
    for source in SOURCES:
        said = collected(sides.filter(~nw.col(source).is_null()).select("key", source).sort("key", source))
        first, places = 0, {}
        for key, many in said.group_by("key").agg(_many=nw.len()).sort("key").iter_rows():
            places[key] = first, many
            first += many
        for column, of, percentile, unit in _PERCENTILES:
            if of == source:
                at = [_place(places[key], percentile) for key in keys if key in places]
                values = iter(said[source][at].to_list() if at else [])
                for row, key in zip(rows, keys, strict=True):
                    row[column] = next(values) * unit if key in places else None


def _place(part: tuple[int, int], percentile: int) -> int:
    """Where a percentile by nearest rank stands among so many sorted values from a first one on."""
    first, many = part
    return first + max(-(-percentile * many // 100), 1) - 1


def _finished(row: Row, options: EndpointOptions, total: Row, rank: int | None) -> Row:
    """A row with its shares; null instead of counts that nothing measured."""
    done = dict(row)
    if not row["_measured"]:
        done |= dict.fromkeys(MEASURED)
    done["by"] = options.by
    done["rank"] = rank
    if rank is None:
        done["key"] = None
    for name in ("orig", "resp"):
        done[name] = row[name] or None
    done["failed_share"] = _ratio(row["unanswered"] + row["refused"], row["attempts"])
    done["bytes_share"] = _ratio(row["bytes"], total["bytes"])
    done["rexmit_of_all"] = _ratio(done["rexmit_pkts"], total["rexmit_pkts"])
    for name, of in (("rexmit", "data_pkts"), ("reordered", "data_pkts"), ("duplicate", "pkts")):
        done[f"{name}_share"] = _ratio(done[f"{name}_pkts"], done[of])
    done["zero_window_s"] = _ratio(done["zero_window_s"], 1_000_000_000)
    done["rtt_mean_s"] = _ratio(row["_rtt_sum"], row["_rtt_count"] * 1_000_000_000)
    return done


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole
