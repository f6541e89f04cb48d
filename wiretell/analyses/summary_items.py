"""Flows and connections in one shape: an item has a source, a destination, a service-side port and amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.addresses import is_numbered
from wiretell.analyses.connections import as_ended
from wiretell.analyses.frames import beside, check_table, collected
from wiretell.analyses.services import SERVED_PORTS, TRANSPORTS_WITH_PORTS
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.errors import UsageError

NO_PORT: Final = -1
"""The port of traffic without ports."""

OTHER_PORTS: Final = -2
"""Stands for all ports that were not kept apart."""

UNKNOWN_PROTOCOL: Final = -1

MOST_INTERVALS: Final = 1_000_000
"""Intervals that one item is spread over at most; its times may be wrong, and there is a row of the result for each."""

AMOUNTS: Final = ("packets", "bytes", "payload_bytes", "fragments", "flows", "connections")
SQUARES: Final = ("packets_variance", "bytes_variance")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def items(frame: nw.LazyFrame[Any], options: SummaryOptions) -> nw.LazyFrame[Any]:
    """The items of a `flows` or `connections` table, filtered as the options say.

    Returns:
        `src`, `dst`, `src_port`, `dst_port`, `port`, `protocol`, `start_us`, `end_us`, the amounts of the kind, for
        connections `service`, `state` and `unknown_transport`, and with intervals `bin`.
    """
    check_table(frame, "flows or connections", "src_ip", "orig_h")
    rows = _from_flows(frame, options) if is_flows(frame) else _from_connections(frame, options)
    for condition in _conditions(options):
        rows = rows.filter(condition)
    if options.save_memory:
        rows = rows.with_columns(port=kept_apart(nw.col("port"), options.keep_ports))
    if options.interval_us is not None:
        rows = _cut(rows, options.interval_us) if options.cut else _spread(rows, options.interval_us)
    return rows


def is_flows(frame: nw.LazyFrame[Any]) -> bool:
    """Whether the table is `flows`; otherwise it is `connections`."""
    return "src_ip" in frame.collect_schema().names()


def amounts_of(rows: nw.LazyFrame[Any]) -> list[str]:
    """The amounts that these items have, and their variances."""
    names = set(rows.collect_schema().names())
    return [name for name in (*AMOUNTS, *SQUARES) if name in names]


def service_port(src_port: nw.Expr, dst_port: nw.Expr, protocol: nw.Expr) -> nw.Expr:
    """The port of the end that most likely serves, the same for both directions.

    A port that only one end has (the other's is 0) is taken; otherwise a well-known service's port (below 1024, or in
    the table of services) wins over one that is none, and the lower over the higher.
    """
    lower = nw.when(src_port < dst_port).then(src_port).otherwise(dst_port)
    higher = nw.when(src_port < dst_port).then(dst_port).otherwise(src_port)
    higher_serves = (lower >= 1024) & higher.is_in(SERVED_PORTS) & ~lower.is_in(SERVED_PORTS)
    chosen = nw.when((lower == 0) | higher_serves).then(higher).otherwise(lower)
    has_ports = protocol.is_in(list(TRANSPORTS_WITH_PORTS)) & (higher > 0)
    return nw.when(has_ports).then(chosen).otherwise(nw.lit(NO_PORT)).cast(nw.Int32)


def kept_apart(port: nw.Expr, keep: frozenset[int]) -> nw.Expr:
    """The port where it is below 1024 or to be kept; all others as one."""
    dropped = (port >= 1024) & ~port.is_in(sorted(keep))
    return nw.when(dropped).then(nw.lit(OTHER_PORTS)).otherwise(port)


def microseconds(name: str) -> nw.Expr:
    """A column of times as microseconds since 1970 UTC."""
    return (nw.col(name) - nw.lit(_EPOCH)).dt.total_microseconds()


def _from_flows(frame: nw.LazyFrame[Any], options: SummaryOptions) -> nw.LazyFrame[Any]:
    source, destination, protocol = nw.col("src_port"), nw.col("dst_port"), nw.col("protocol")
    counts = {name: nw.col(name) for name in ("packets", "bytes", "payload_bytes", "fragments")}
    columns = {
        "src": nw.col("src_ip") if is_numbered(frame, "src_ip") else nw.col("src_ip").cast(nw.String),
        "dst": nw.col("dst_ip") if is_numbered(frame, "dst_ip") else nw.col("dst_ip").cast(nw.String),
        "src_port": source,
        "dst_port": destination,
        "port": service_port(source, destination, protocol),
        "protocol": protocol,
        "start_us": microseconds("start"),
        "end_us": microseconds("end"),
        **{name: _scaled(count * nw.col("sampling"), options.scale) for name, count in counts.items()},
        "flows": nw.lit(1).cast(nw.Int64),
    }
    if options.scale != 1:
        spread = options.scale * (options.scale - 1)
        columns["packets_variance"] = nw.col("packets").cast(nw.Float64) * spread
        columns["bytes_variance"] = nw.col("bytes_squared") * spread
    if options.interval_us is not None and options.cut:
        columns["window_us"] = microseconds("window")
    return frame.select(**columns)


def _from_connections(frame: nw.LazyFrame[Any], options: SummaryOptions) -> nw.LazyFrame[Any]:
    frame = as_ended(frame)

    def both(name: str) -> nw.Expr:
        return nw.col(f"orig_{name}").fill_null(0) + nw.col(f"resp_{name}").fill_null(0)

    proto, start = nw.col("proto"), microseconds("ts")
    version_6 = nw.col("orig_h").str.contains(":", literal=True)
    named = nw.lit(UNKNOWN_PROTOCOL)
    for name, number in (("udp", 17), ("tcp", 6)):
        named = nw.when(proto == name).then(nw.lit(number)).otherwise(named)
    icmp = nw.when(version_6).then(nw.lit(58)).otherwise(nw.lit(1))
    named = nw.when(proto == "icmp").then(icmp).otherwise(named)
    protocol = nw.when(nw.col("ip_proto").is_null()).then(named).otherwise(nw.col("ip_proto").cast(nw.Int32))
    has_ports = (
        (proto == "tcp")
        | (proto == "udp")
        | nw.col("ip_proto").is_in(list(TRANSPORTS_WITH_PORTS)).fill_null(value=False)
    )
    payload = both("bytes")
    has_lengths = ~(nw.col("orig_ip_bytes").is_null() & nw.col("resp_ip_bytes").is_null())
    length = nw.when(has_lengths).then(both("ip_bytes")).otherwise(payload)
    duration = (nw.col("duration").fill_null(0.0) * 1e6).round(0).cast(nw.Int64)
    columns = {
        "src": nw.col("orig_h").cast(nw.String),
        "dst": nw.col("resp_h").cast(nw.String),
        "src_port": nw.col("orig_p"),
        "dst_port": nw.col("resp_p"),
        "port": nw.when(has_ports).then(nw.col("resp_p")).otherwise(nw.lit(NO_PORT)).cast(nw.Int32),
        "protocol": protocol,
        "start_us": start,
        "end_us": start + duration,
        "packets": _scaled(both("pkts"), options.scale),
        "bytes": _scaled(length, options.scale),
        "payload_bytes": _scaled(payload, options.scale),
        "connections": _scaled(nw.lit(1).cast(nw.Int64), options.scale),
        "service": _or(nw.col("service"), "other"),
        "state": _or(nw.col("conn_state"), "none"),
        "unknown_transport": proto == "unknown_transport",
    }
    if options.scale != 1:
        spread = options.scale * (options.scale - 1)
        columns["packets_variance"] = both("pkts").cast(nw.Float64) ** 2 * spread
        columns["bytes_variance"] = length.cast(nw.Float64) ** 2 * spread
    return frame.select(**columns)


def _or(text: nw.Expr, otherwise: str) -> nw.Expr:
    plain = text.cast(nw.String).fill_null("")
    return nw.when(plain == "").then(nw.lit(otherwise)).otherwise(plain)


def _scaled(amount: nw.Expr, scale: float) -> nw.Expr:
    return amount if scale == 1 else amount.cast(nw.Float64) * scale


def _conditions(options: SummaryOptions) -> list[nw.Expr]:
    conditions = []
    if options.protocols is not None:
        conditions.append(nw.col("protocol").is_in(sorted(options.protocols)))
    if options.start_us is not None:
        conditions.append(nw.col("start_us") >= options.start_us)
    if options.end_us is not None:
        conditions.append(nw.col("end_us") <= options.end_us)
    if options.ports is not None:
        ports = sorted(options.ports)
        kept = nw.col("port").is_in(ports)
        if options.any_port:
            kept = kept | nw.col("src_port").is_in(ports) | nw.col("dst_port").is_in(ports)
        conditions.append(kept)
    return conditions


def _cut(rows: nw.LazyFrame[Any], width: int) -> nw.LazyFrame[Any]:
    return rows.with_columns(bin=nw.col("window_us") // width).drop("window_us")


def _spread(rows: nw.LazyFrame[Any], width: int) -> nw.LazyFrame[Any]:
    """Spreads amounts over the intervals that an item touches; what counts once counts in the first.

    An item of k intervals meets the k rows of a small table of offsets, which it shares with items of about as many. The
    amount up to a point in time is rounded down and differences are taken, so that the parts add up to the whole exactly.

    Raises:
        UsageError: if one item touches more than `MOST_INTERVALS`.
    """
    start, end = nw.col("start_us"), nw.col("end_us")
    last = nw.when(end > start).then((end - 1) // width).otherwise(start // width)
    rows = rows.with_columns(first_bin=start // width).with_columns(span=last - nw.col("first_bin") + 1)
    spans = collected(rows.select("span").unique())["span"].to_list()
    if max(spans, default=0) > MOST_INTERVALS:
        message = f"one row lasts {max(spans):,} intervals of {width / 1e6:g} s"
        raise UsageError(message, hint=f"a larger -i: at most {MOST_INTERVALS:,} are told of one row")
    sizes = [1 << (span - 1).bit_length() for span in spans]
    pairs = [(size, offset) for size in sorted(set(sizes)) for offset in range(size)]
    table = beside(rows, {"size": [size for size, _ in pairs], "offset": [offset for _, offset in pairs]})
    rows = rows.join(beside(rows, {"span": spans, "size": sizes}), on="span", how="left")
    rows = rows.join(table, on="size", how="left").filter(nw.col("offset") < nw.col("span")).drop("size")
    rows = rows.with_columns(bin=nw.col("first_bin") + nw.col("offset"))
    low = nw.max_horizontal(start, nw.col("bin") * width)
    high = nw.min_horizontal(end, (nw.col("bin") + 1) * width)
    is_first, is_last = nw.col("offset") == 0, nw.col("offset") == nw.col("span") - 1
    duration = nw.when(end > start).then(end - start).otherwise(nw.lit(1))
    spread: dict[str, nw.Expr] = {"start_us": low, "end_us": nw.max_horizontal(low, high)}
    for name in amounts_of(rows):
        whole = nw.col(name)
        if name in {"connections", "flows"}:
            spread[name] = nw.when(is_first).then(whole).otherwise(whole * 0)
            continue
        before = (whole * ((low - start) / duration)).floor().cast(nw.Int64)
        until = (whole * ((high - start) / duration)).floor().cast(nw.Int64)
        if name in SQUARES:
            before, until = whole * ((low - start) / duration), whole * ((high - start) / duration)
        spread[name] = nw.when(is_last).then(whole - before).otherwise(until - before)
    wholes = {"is_first": is_first, "whole_bytes": nw.col("bytes"), "whole_packets": nw.col("packets")}
    return rows.with_columns(**wholes).with_columns(**spread).drop("first_bin", "span", "offset")
