"""An event workload estimated from Zeek logs: what the logged connections, requests, queries and handshakes must have raised.

A log tells one line where the engine raised many events, and how many is known only for some: a connection begins and
ends once, but its headers are not logged. What is not logged is taken as usual: `USUAL` names each figure. The error
against events that were counted stands in docs/events.md.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.errors import InputError
from wiretell.schema import EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS
from wiretell.sources.zeek_event_rules import RULES, Rule

if TYPE_CHECKING:
    from wiretell.sources.log_facts import LogFacts
    from wiretell.sources.opening import Source

LOGS = tuple(RULES)
"""The logs that tell of events."""
_ENDS = ("orig_h", "orig_p", "resp_h", "resp_p")
_ESTIMATED = {"dns", "http", "ssl", "quic"}
_TOP = 1000
_PLACES = 300
"""At so many seconds at most the events of one line are placed that come over the time of a connection."""

_LINES, _LASTING_LINES = 50_000, 1_000
"""So many lines at a time are turned into events, and of those of connections that last: they can have hundreds of rows."""
_LASTING = 10.0
"""Seconds from which a connection lasts."""
_OF_A_SECOND = 10
"""Hosts in each role and connections that are named of a second, the heaviest of each such part, as threads do it."""
_Sums = tuple[pl.DataFrame, ...]
"""Events by second, name and protocol; by second and in all: by host and role, by connection."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """An event workload that was estimated.

    Attributes:
        frame: The columns of `schema.EVENT_COUNTS`.
        hosts: The columns of `schema.EVENT_HOSTS`.
        connections: The columns of `schema.EVENT_CONNECTIONS`.
        rows: Rows by log.
        services: Connections by a service whose events no log here tells of: they are missing in the estimate.
        facts: By log what was read and what was not used.
    """

    frame: pl.DataFrame
    hosts: pl.DataFrame
    connections: pl.DataFrame
    rows: dict[str, int]
    services: dict[str, int]
    facts: dict[str, LogFacts]


def estimate_events(logs: dict[str, Sequence[str | os.PathLike[str] | Source]]) -> Estimated:
    """Estimates the events that these logs tell of.

    Args:
        logs: By name of the log (`conn`, `http`, `dns`, `ssl`) its files.

    Raises:
        InputError: if a log cannot be read or lacks what every log has.
    """
    from wiretell.sources.zeek_log import read_log

    sums, rows, facts = list[_Sums](), dict[str, int](), dict[str, "LogFacts"]()
    services: dict[str, int] = {}
    bytes_of = None
    for name in LOGS:
        if name not in logs:
            continue
        log = read_log(list(logs[name]))
        rows[name], facts[name] = log.frame.height, log.facts
        lines = _complete(log.frame, name)
        if name == "conn":
            services = _untold(lines, set(logs))
            carried = pl.col("orig_bytes").fill_null(0) + pl.col("resp_bytes").fill_null(0)
            bytes_of = lines.select("uid", "duration", carried=carried)
        elif name == "ssl" and bytes_of is not None:
            lines = lines.drop("carried", "duration").join(bytes_of.unique("uid"), on="uid", how="left")
        lasts = pl.col("duration").fill_null(0.0) >= _LASTING
        brief, lasting = lines.filter(~lasts), lines.filter(lasts)
        parts = [*brief.iter_slices(_LINES), *lasting.iter_slices(_LASTING_LINES)]
        for part in parts or [lines]:
            raised = pl.concat([_raised(part, rule) for rule in RULES[name]])
            sums.append(_sums(raised.filter(pl.col("events") > 0)))
    counts, *who = (pl.concat(part) for part in zip(*sums, strict=True))
    return Estimated(_counts(counts), _hosts(*who[:2]), _connections(*who[2:]), rows, services, facts)


def _complete(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The lines with every column that rules ask for; what a log lacks is null."""
    if frame.is_empty():
        frame = pl.DataFrame(schema={"ts": pl.Datetime("us", "UTC"), "orig_h": pl.String(), "resp_h": pl.String()})
    for needed in ("ts", "orig_h", "resp_h"):
        if needed not in frame.columns:
            raise InputError(f"a {name} log without {needed}")
    wanted: dict[str, pl.DataType | type[pl.DataType]] = {
        "uid": pl.String(), "orig_p": pl.Int64(), "resp_p": pl.Int64(), "carried": pl.Int64(), "last": pl.Float64(),
    }  # fmt: skip
    for rule in RULES[name]:
        wanted |= dict(rule.columns)
    missing = [
        pl.lit(None, dtype=dtype).alias(column) for column, dtype in wanted.items() if column not in frame.columns
    ]
    there = [pl.col(column).cast(dtype, strict=False) for column, dtype in wanted.items() if column in frame.columns]
    frame = frame.with_columns(*missing, *there)
    seconds = pl.col("ts").dt.epoch("us") / 1e6
    if "duration" in frame.columns:
        seconds = seconds + pl.col("duration").cast(pl.Float64, strict=False).fill_null(0.0)
    return frame.with_columns(left=seconds.max() - seconds)


def _untold(lines: pl.DataFrame, logs: set[str]) -> dict[str, int]:
    told = _ESTIMATED & logs
    services = lines["service"].drop_nulls().str.split(",").explode()
    counts = services.filter(~services.is_in(list(told)) & (services != "")).value_counts(sort=True)
    return {str(service): int(count) for service, count in counts.rows()}


def _raised(lines: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """A row per line of the log that raised the event: when, how many, how large."""
    v6 = pl.col("orig_h").str.contains(":", literal=True)
    # As crates/meter/src/events/event.rs has it: tag, name, time, number of arguments; the connection; then arguments.
    head = 1 + 4 + len(rule.name) + 8 + 4 + 9 + (9 + 22) + 2 * (9 + 8)
    ends = pl.when(v6).then(2 * (9 + 20)).otherwise(2 * (9 + 8))
    late = pl.col("duration").fill_null(0.0) if rule.at_end else pl.lit(0.0)
    count = rule.count.fill_null(0).cast(pl.Float64)
    raised = lines.select(
        time=(pl.col("ts") + pl.duration(microseconds=(late * 1e6).cast(pl.Int64))),
        seconds=pl.col("duration").fill_null(0.0),
        name=pl.lit(rule.name),
        protocol=pl.lit(rule.protocol) if isinstance(rule.protocol, str) else rule.protocol,
        uid=pl.col("uid"),
        orig_h=pl.col("orig_h"),
        orig_p=pl.col("orig_p").fill_null(0).cast(pl.Int32),
        resp_h=pl.col("resp_h"),
        resp_p=pl.col("resp_p").fill_null(0).cast(pl.Int32),
        events=count,
        bytes=count * (head + ends + rule.size) + rule.carried.fill_null(0) * (count > 0),
    )
    return _placed(raised if not rule.spread else _spread(raised))


def _placed(raised: pl.DataFrame) -> pl.DataFrame:
    return raised.select(pl.col("time").dt.truncate("1s").alias("second"), pl.exclude("time", "seconds"))


def _spread(raised: pl.DataFrame) -> pl.DataFrame:
    """Rows of more than one event of a connection that lasts, as several rows at even times."""
    places = pl.min_horizontal(pl.col("events").ceil(), pl.col("seconds").floor() + 1, pl.lit(_PLACES)).cast(pl.Int64)
    rows = raised.filter(pl.col("events") > 0).with_columns(places=places, at=pl.int_ranges(places))
    step = pl.col("seconds") * pl.col("at") / pl.max_horizontal(pl.col("places") - 1, pl.lit(1)) * 1e6
    return rows.explode("at").select(
        time=pl.col("time") + pl.duration(microseconds=step.cast(pl.Int64)),
        seconds="seconds",
        **{name: pl.col(name) for name in ("name", "protocol", "uid", *_ENDS)},
        events=pl.col("events") / pl.col("places"),
        bytes=pl.col("bytes") / pl.col("places"),
    )


def _sums(raised: pl.DataFrame) -> _Sums:
    sides = (
        raised.select("second", pl.col(side).alias("host"), pl.lit(is_orig).alias("is_orig"), "events", "bytes")
        for side, is_orig in (("orig_h", True), ("resp_h", False))
    )
    hosts = pl.concat(_summed(rows, "second", "host", "is_orig") for rows in sides)
    connections = _of_connections(raised.drop_nulls("uid"), "second", "uid", *_ENDS)
    return (
        _summed(raised, "second", "name", "protocol"),
        _heaviest(hosts, "host", "second", "is_orig"),
        _summed(hosts, "host", "is_orig"),
        _heaviest(connections, "uid", "second"),
        _of_connections(connections, "uid", *_ENDS),
    )


def _heaviest(sums: pl.DataFrame, what: str, *within: str) -> pl.DataFrame:
    ordered = sums.sort("events", what, descending=[True, False])
    return ordered.group_by(*within, maintain_order=True).head(_OF_A_SECOND)


def _counts(sums: pl.DataFrame) -> pl.DataFrame:
    return _conform(_summed(sums, "second", "name", "protocol"), EVENT_COUNTS).sort("second", "name", "protocol")


def _hosts(seconds: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    seconds, whole = _summed(seconds, "second", "host", "is_orig"), _summed(whole, "host", "is_orig")
    whole = whole.with_columns(second=pl.lit(None, dtype=seconds.schema["second"]))
    return _conform(pl.concat([seconds, whole.select(seconds.columns)]), EVENT_HOSTS)


def _connections(seconds: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    seconds, whole = _of_connections(seconds, "second", "uid", *_ENDS), _of_connections(whole, "uid", *_ENDS)
    whole = whole.with_columns(second=pl.lit(None, dtype=seconds.schema["second"]))
    heaviest = pl.concat([whole.top_k(_TOP, by=by) for by in ("events", "bytes")]).unique("uid")
    return _conform(pl.concat([seconds, heaviest.select(seconds.columns)]), EVENT_CONNECTIONS)


def _of_connections(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    own = pl.col("protocol").filter(~pl.col("protocol").is_in(["tcp", "udp", "icmp", "other"])).max()
    return rows.group_by(*by).agg(own.fill_null(pl.col("protocol").max()), pl.col("events", "bytes").sum())


def _summed(raised: pl.DataFrame, *by: str) -> pl.DataFrame:
    return raised.group_by(*by).agg(pl.col("events", "bytes").sum())


def _conform(frame: pl.DataFrame, table: object) -> pl.DataFrame:
    schema = polars_schema(table)  # type: ignore[arg-type]
    whole = frame.with_columns(pl.col("events", "bytes").round())
    return whole.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
