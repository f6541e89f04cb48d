"""The event workload: what the traffic means in events, how many, how large, when, of what kind, and by whom (seed 000).

Every function reads either table of events: `events` (a row for each) or `event_counts` (per second, name and protocol).
Hosts and connections come from `event_hosts` and `event_connections`, or from `events`, where they are exact.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import narwhals as nw

from wiretell.analyses.frames import check_table
from wiretell.analyses.workload_rates import Rate, rate_of

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

BURST_SIGMAS = 3.0
"""A second is in a burst when its events exceed the mean by so many standard deviations."""
CAUSES = 3
"""How many causes of each kind a burst is told with."""

Share = tuple[str, int, int]
"""What, events, bytes."""
Cause = tuple[str, float]
"""What stands out in a burst, and by how many events more than in as many average seconds."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A run of seconds with unusually many events, and what stands out in them.

    Attributes:
        start: Its first second, since 1970 UTC.
        seconds: How long it is.
        events: How many events it has.
        bytes: Their sizes together.
        excess: How many more than as many average seconds.
        causes: The names of events that exceed their own average most, with by how many.
        protocols: The same of protocols.
        originators: The same of hosts that opened connections; where threads name only the heaviest hosts of a second,
            less than a tenth of the events of a second can be missing.
        responders: The same of hosts that answered.
        connections: The same of connections, as `10.0.0.1:1234 > 10.0.0.2:25 smtp`; an average that is not known is 0.
    """

    start: int
    seconds: int
    events: int
    bytes: int
    excess: float
    causes: tuple[Cause, ...]
    protocols: tuple[Cause, ...] = ()
    originators: tuple[Cause, ...] = ()
    responders: tuple[Cause, ...] = ()
    connections: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Talker:
    """A connection and its events.

    Attributes:
        uid: Its unique id.
        connection: Who talks with whom, as `10.0.0.1:1234 > 10.0.0.2:25`.
        protocol: Its application protocol, else the transport.
        events: How many events.
        bytes: Their sizes together.
    """

    uid: str
    connection: str
    protocol: str
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Events by the values of one column.

    Attributes:
        rows: `(value, events, bytes)`, the most events first: as many as were asked for.
        values: How many values there are.
        events: Events of all of them.
        bytes: Their sizes together.
    """

    rows: list[Share]
    values: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What the events of a trace amount to.

    Attributes:
        events: Events per second.
        bytes: Bytes of events per second.
        timeline: `(second, events, bytes)`, in order; seconds without events are left out.
        bursts: Bursts, the largest excess first.
    """

    events: Rate
    bytes: Rate
    timeline: tuple[tuple[int, int, int], ...]
    bursts: tuple[Burst, ...]

    @property
    def bytes_per_event(self) -> float:
        """Mean size of an event; 0 without events."""
        return self.bytes.total / self.events.total if self.events.total else 0.0


def per_second(frame: IntoFrame) -> Any:
    """Events and bytes by second and name, of either table, as a frame of the same engine.

    Args:
        frame: The columns `ts, name, protocol, size` of events, or `second, name, protocol, events, bytes`.

    Returns:
        Columns `second` (integer, since 1970 UTC), `name`, `protocol`, `events`, `bytes`.
    """
    return nw.to_native(sums(counted(nw.from_native(frame)), "second", "name", "protocol"))


def shares(frame: IntoFrame, by: str) -> list[Share]:
    """Events and bytes by one column, the most events first: the rows of `breakdown`, all of them."""
    return breakdown(frame, by).rows


def breakdown(frame: IntoFrame, by: str, *, top: int | None = None) -> Breakdown:
    """Events and bytes by one column; events without a value are left out.

    Args:
        frame: Either table.
        by: `name` or `protocol`; of events also `uid`, `orig_h`, `resp_h`.
        top: How many rows; None for all.
    """
    table = counted(nw.from_native(frame), by)
    return _breakdown(collected(sums(table.filter(~nw.col(by).is_null()), by)), by, top)


def host_shares(hosts: IntoFrame, *, is_orig: bool) -> list[Share]:
    """Events and bytes by host in one role, the most events first: the rows of `host_breakdown`, all of them."""
    return host_breakdown(hosts, is_orig=is_orig).rows


def host_breakdown(
    hosts: IntoFrame, *, is_orig: bool, top: int | None = None, left_out: tuple[int, int, int] = (0, 0, 0)
) -> Breakdown:
    """Events and bytes by host in one role; hosts that were let go are one row, `other hosts`.

    Args:
        hosts: `event_hosts`, or `events`.
        is_orig: Hosts that opened connections, else those that answered.
        top: How many rows; None for all.
        left_out: Hosts that have no row and come after those, their events and bytes (`EventFacts.hosts_left_out`).
    """
    table = nw.from_native(hosts)
    if "host" not in table.collect_schema().names():
        return breakdown(hosts, "orig_h" if is_orig else "resp_h", top=top)
    whole, _ = _hosts(table, is_orig)
    told = _breakdown(collected(sums(whole, "host")), "host", top)
    values, events, size = left_out
    return replace(told, values=told.values + values, events=told.events + events, bytes=told.bytes + size)


def heaviest(connections: IntoFrame, *, by_bytes: bool = False, top: int | None = None) -> list[Talker]:
    """Connections and their events, the most events (or bytes) first.

    Args:
        connections: `event_connections`, or `events`.
        by_bytes: In order of bytes.
        top: How many; None for all that are named.
    """
    whole, _ = _connections(nw.from_native(connections))
    found = _most(collected(whole), "bytes" if by_bytes else "events", top)
    rows = found.select("uid", *_ENDS, "protocol", "events", "bytes").rows()
    talkers = [
        Talker(str(uid), _connection(*ends[:4]), str(ends[4]), int(n), int(size)) for uid, *ends, n, size in rows
    ]
    talkers.sort(key=lambda row: (-(row.bytes if by_bytes else row.events), _number(row.uid)))
    return talkers[:top]


def workload(frame: IntoFrame, *, hosts: IntoFrame | None = None, connections: IntoFrame | None = None) -> Workload:
    """What the events of either table amount to.

    Args:
        frame: `events` or `event_counts`.
        hosts: `event_hosts`, for what caused bursts; not needed with `events`.
        connections: `event_connections`, likewise.

    Raises:
        SchemaError: if the frame is neither table.
    """
    table = nw.from_native(frame)
    rows = collected(sums(counted(table), "second")).select("second", "events", "bytes").rows()
    timeline = tuple(sorted((int(second), int(n), int(size)) for second, n, size in rows))
    events, sizes = (rate_of({row[0]: row[at] for row in timeline}) for at in (1, 2))
    runs = _runs(timeline, events)
    if not runs:
        return Workload(events, sizes, timeline, ())
    names = table.collect_schema().names()
    hosts_table: Any = None if hosts is None else nw.from_native(hosts)
    connections_table: Any = None if connections is None else nw.from_native(connections)
    if "orig_h" in names:
        hosts_table = table if hosts is None else hosts_table
        connections_table = table if connections is None else connections_table
    seconds = [row[0] for run in runs for row in run]
    rows_of_names = counted(table)
    kinds = [_standing(rows_of_names, rows_of_names, by, seconds) for by in ("name", "protocol")]
    for is_orig in (True, False):
        kinds.append(_Standing() if hosts_table is None else _standing(*_hosts(hosts_table, is_orig), "host", seconds))
    kinds.append(_Standing() if connections_table is None else _standing_connections(connections_table, seconds))
    bursts = [_burst(run, events, kinds) for run in runs]
    return Workload(events, sizes, timeline, tuple(sorted(bursts, key=lambda burst: -burst.excess)))


@dataclass(slots=True)
class _Standing:
    """Who or what has the events of some seconds.

    Attributes:
        totals: By what: its events in all; what is not there has an unknown number of them.
        seconds: By second: what has events then, and how many.
    """

    totals: dict[str, float] = field(default_factory=dict)
    seconds: dict[int, dict[str, int]] = field(default_factory=dict)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ENDS = ("orig_h", "orig_p", "resp_h", "resp_p")


def _burst(run: list[tuple[int, int, int]], rate: Rate, kinds: list[_Standing]) -> Burst:
    events = sum(count for _, count, _ in run)
    told = []
    for standing in kinds:
        counts: Counter[str] = Counter()
        for second, _, _ in run:
            counts.update(standing.seconds.get(second, {}))
        # What has no events in these seconds cannot stand out.
        excess = [
            (what, count - standing.totals.get(what, 0.0) / rate.seconds * len(run)) for what, count in counts.items()
        ]
        above = sorted(((what, by) for what, by in excess if by > 0), key=lambda cause: (-cause[1], cause[0]))
        told.append(tuple(above[:CAUSES]))
    size = sum(size for _, _, size in run)
    return Burst(run[0][0], len(run), events, size, events - rate.mean * len(run), *told)


def _runs(timeline: tuple[tuple[int, int, int], ...], rate: Rate) -> list[list[tuple[int, int, int]]]:
    limit = rate.mean + BURST_SIGMAS * rate.sigma
    runs: list[list[tuple[int, int, int]]] = []
    for row in timeline:
        if row[1] <= limit:
            continue
        if runs and runs[-1][-1][0] == row[0] - 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _standing(whole: Any, by_second: Any, by: str, seconds: list[int]) -> _Standing:
    """What a column's values have in all, and in these seconds."""
    inside = sums(by_second.filter(~nw.col(by).is_null(), nw.col("second").is_in(seconds)), by, "second")
    standing = _Standing()
    for what, second, count in collected(inside).select(by, "second", "events").rows():
        standing.seconds.setdefault(int(second), {})[str(what)] = int(count)
    present = {what for counts in standing.seconds.values() for what in counts}
    known = whole.filter(nw.col(by).is_in(list(present)))
    for what, total in collected(sums(known, by)).select(by, "events").rows():
        standing.totals[str(what)] = float(total)
    return standing


def _standing_connections(table: Any, seconds: list[int]) -> _Standing:
    whole, by_second = _connections(table)
    inside = by_second.filter(nw.col("second").is_in(seconds)).select("uid", *_ENDS, "protocol", "second", "events")
    found = collected(inside).rows()
    named = whole.filter(nw.col("uid").is_in(list({row[0] for row in found})))
    totals = dict(collected(named.select("uid", "events")).rows())
    standing = _Standing()
    for uid, *ends, protocol, second, count in found:
        what = f"{_connection(*ends)} {protocol}"
        # One after the other can have the same ends.
        counts = standing.seconds.setdefault(int(second), {})
        counts[what] = counts.get(what, 0) + int(count)
        standing.totals[what] = standing.totals.get(what, 0.0) + float(totals.pop(uid, 0))
    return standing


def counted(table: Any, *keep: str) -> Any:
    """Either table with `second` as an integer, `name`, `protocol`, `events`, `bytes`, and what else is to be kept."""
    check_table(table, "events or event_counts", "size", "events")
    names = table.collect_schema().names()
    wanted = [nw.col(name) for name in dict.fromkeys(("name", "protocol", *keep)) if name in names]
    if "second" in names:
        return table.select(_second("second"), *wanted, nw.col("events"), nw.col("bytes"))
    return table.select(_second("ts"), *wanted, nw.lit(1).cast(nw.Int64).alias("events"), nw.col("size").alias("bytes"))


def _hosts(table: Any, is_orig: bool) -> tuple[Any, Any]:
    """Hosts in one role, in all and by second (an integer), of `event_hosts` or of events."""
    if "host" not in table.collect_schema().names():
        side = nw.col("orig_h" if is_orig else "resp_h").alias("host")
        rows = counted(table.with_columns(side), "host")
        return rows, rows
    table = table.filter(nw.col("is_orig") if is_orig else ~nw.col("is_orig"))
    return _split(table.select("second", "host", "events", "bytes"))


def _connections(table: Any) -> tuple[Any, Any]:
    """Connections in all and by second (an integer), of `event_connections` or of events."""
    columns = ("uid", *_ENDS, "protocol")
    if "second" in table.collect_schema().names():
        return _split(table.select("second", *columns, "events", "bytes"))
    rows = counted(table.filter(~nw.col("uid").is_null()), "uid", *_ENDS)
    own = nw.when(~nw.col("protocol").is_in(["tcp", "udp", "icmp", "other"])).then(nw.col("protocol")).alias("own")
    rows = rows.with_columns(own)
    # Sides can change places: the ends of all rows of a connection are those of one of them.
    known = nw.col(*_ENDS, "protocol", "own").max()
    protocol = nw.when(~nw.col("own").is_null()).then(nw.col("own")).otherwise(nw.col("protocol")).alias("protocol")
    whole, by_second = (
        rows.group_by(*keys).agg(known, nw.col("events", "bytes").sum()).with_columns(protocol)
        for keys in (("uid",), ("uid", "second"))
    )
    return whole, by_second


def _split(table: Any) -> tuple[Any, Any]:
    """The rows of all, and those of a second, an integer."""
    of_all = nw.col("second").is_null()
    return table.filter(of_all), table.filter(~of_all).with_columns(_second("second"))


def sums(table: Any, *by: str) -> Any:
    """Events and bytes, added up by these columns."""
    return table.group_by(*by).agg(nw.col("events", "bytes").sum())


def _second(column: str) -> Any:
    # Not every engine has the time since 1970, every one has the time between.
    return ((nw.col(column) - nw.lit(_EPOCH)).dt.total_microseconds() // 1_000_000).alias("second")


def _connection(orig_h: str, orig_p: float, resp_h: str, resp_p: float) -> str:
    def end(host: str, port: float) -> str:
        return f"[{host}]:{int(port)}" if ":" in host else f"{host}:{int(port)}"

    return f"{end(orig_h, orig_p)} > {end(resp_h, resp_p)}"


def _number(uid: str) -> tuple[int, str]:
    """Where a uid stands among equals: as the meter orders them when it names the heaviest, by the number it is made of."""
    number = 0
    for letter in reversed(uid[1:]):
        number = number * 62 + _DIGITS.find(letter)
    return number, uid


def _breakdown(summed: Any, by: str, top: int | None) -> Breakdown:
    """The heaviest rows of a table in memory: a scan has hundreds of thousands of hosts, and ten of them are told."""
    values = len(summed)
    if not values:
        return Breakdown([], 0, 0, 0)
    events, size = (int(summed.get_column(column).sum()) for column in ("events", "bytes"))
    summed = _most(summed, "events", top)
    rows = [
        (str(value) if isinstance(value, str) else "other hosts", int(n), int(bytes_))
        for value, n, bytes_ in summed.select(by, "events", "bytes").rows()
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    return Breakdown(rows[:top], values, events, size)


def _most(table: Any, by: str, top: int | None) -> Any:
    """The rows of a table in memory that can be among the first ones in order of a column: ties all stay."""
    if top is None or not 0 < top < len(table):
        return table
    least = table.get_column(by).sort(descending=True)[top - 1]
    return table.filter(nw.col(by) >= least)


def collected(frame: Any) -> Any:
    """The frame in memory."""
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
