"""The method over a `flows` table: every step in order, and the numbers turned back into addresses and times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoDataFrame, IntoFrame

from wiretell.analyses.addresses import text_of, with_texts
from wiretell.analyses.behavior.batches import batches
from wiretell.analyses.behavior.classes import vectors
from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, MIRROR, is_port
from wiretell.analyses.behavior.encode import Encoded, encode, with_windows
from wiretell.analyses.behavior.held import lazily, on_engine, rows_of
from wiretell.analyses.behavior.kind_codes import COUNTS
from wiretell.analyses.behavior.measures import measures
from wiretell.analyses.behavior.options import BehaviorOptions
from wiretell.analyses.behavior.profiles import profile_of
from wiretell.analyses.behavior.significant import clusters
from wiretell.analyses.behavior.states import dominant_states
from wiretell.analyses.behavior.tables import Row, dicts, moment, table_of
from wiretell.analyses.behavior.true_counts import scaled, true_counts, weighted_spreads, windows_of, with_times
from wiretell.analyses.behavior.uncertainty import members, spreads, where_to
from wiretell.schema import CLUSTERS, PROFILES, STATES, THRESHOLDS

_DISTINCT: Final = tuple(f"distinct_{dimension}" for dimension in DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Behavior:
    """Who behaves how, by window: eager tables of `wiretell.schema`.

    Attributes:
        thresholds: How the significant clusters were found.
        clusters: The clusters with their measures, uncertainty vectors and classes.
        states: Their dominant states.
        profiles: What each of them does.
    """

    thresholds: nw.DataFrame[Any]
    clusters: nw.DataFrame[Any]
    states: nw.DataFrame[Any]
    profiles: nw.DataFrame[Any]


def behavior(
    flows: IntoFrame,
    options: BehaviorOptions | None = None,
    counts: IntoFrame | None = None,
    names: IntoDataFrame | None = None,
) -> Behavior:
    """Finds the clusters that matter in each window of a `flows` table and says what they do.

    Args:
        flows: The table, eager or lazy, of any engine that Narwhals knows. Windows are analyzed one after the other,
            small ones together, which takes about 100 bytes of memory per flow of the largest.
        options: The constants of the method.
        counts: The `cluster_counts` of windows whose flows were thinned: what is significant there is told by them, and
            sums over the flows of a cluster are scaled to them. Without, rows count as many times as their `sampling`.
        names: Where addresses are numbers: `number` and `address` of the IPv6 addresses.

    Raises:
        SchemaError: if a column is missing.
    """
    options = options or BehaviorOptions()
    frame = lazily(flows)
    told = None if counts is None else with_times(lazily(counts))
    counted = set() if told is None else windows_of(told)
    if counted and names is not None:
        # The counts have texts.
        frame, names = lazily(with_texts(flows, names)), None
    six = None if names is None else nw.from_native(names, eager_only=True)
    timed = with_windows(frame, options.interval_seconds)
    tables: dict[str, list[Row]] = {name: [] for name in ("thresholds", "clusters", "states", "profiles")}
    for batch in batches(timed, counted):
        first, last = nw.col("window_us") >= batch.windows[0], nw.col("window_us") <= batch.windows[-1]
        encoded = encode(timed.filter(first & last), batch.windows, batch.thinned)
        found = _of_windows(encoded, options, told if counted and batch.thinned else None, six)
        for name, rows in found.items():
            tables[name].extend(rows)
    declared = {"thresholds": THRESHOLDS, "clusters": CLUSTERS, "states": STATES, "profiles": PROFILES}
    return Behavior(**{name: table_of(declared[name], rows, frame.implementation) for name, rows in tables.items()})


def _of_windows(
    encoded: Encoded, options: BehaviorOptions, counts: nw.LazyFrame[Any] | None, six: nw.DataFrame[Any] | None
) -> dict[str, list[Row]]:
    """The rows of each table, in their order."""
    counted = None if counts is None else true_counts(counts, encoded)
    found, cuts = clusters(encoded, options, counted)
    mine = members(encoded, found)
    sums = measures(encoded, mine)
    encoded, mine = where_to(encoded, mine)
    spread, values = spreads(encoded, mine, options.delta**3)
    every = on_engine(found, encoded.rows)
    if encoded.weighted:
        spread = weighted_spreads(encoded, found, counted, spread)
    vector = rows_of(vectors(every, spread, options))
    states = dicts(dominant_states(encoded, mine, vector, values, options.delta))
    measured = vector.join(rows_of(sums), on="cluster", how="inner")
    cluster_rows, state_rows = scaled(dicts(measured.sort("w", "dimension", "flows", "value")), states)
    times = {number: moment(start) for number, start in enumerate(encoded.windows)}
    names = _Names(encoded, cluster_rows, state_rows, six)
    named = [_cluster(row, times, names) for row in cluster_rows]
    by_number = {row["cluster"]: cluster for row, cluster in zip(cluster_rows, named, strict=True)}
    orders = {row["cluster"]: [DIMENSIONS[row[step]] for step in ("first", "second", "third")] for row in cluster_rows}
    stated: dict[int, list[Row]] = {}
    for row in state_rows:
        number = row["cluster"]
        stated.setdefault(number, []).append(_state(row, by_number[number], orders[number], names))
    for list_ in stated.values():
        list_.sort(key=lambda row: (row["depth"], -row["flows"], row["state"]))
    ordered = sorted(by_number, key=lambda number: _place(by_number[number]))
    places = {(row["window"], row["dimension"], row["key"]): row for row in named}
    profiles: list[Row] = []
    for number in ordered:
        cluster = by_number[number]
        mirror = places.get((cluster["window"], MIRROR[cluster["dimension"]], cluster["key"]))
        profiles.append(profile_of(cluster, stated[number], mirror))
    tables: dict[str, list[Row]] = {
        "thresholds": _thresholds(dicts(cuts), times),
        "clusters": [*(by_number[number] for number in ordered)],
        "states": [row for number in ordered for row in stated[number]],
        "profiles": profiles,
    }
    return tables


def _place(cluster: Row) -> tuple[Any, ...]:
    return cluster["window"], DIMENSIONS.index(cluster["dimension"]), -cluster["flows"], cluster["key"]


class _Names:
    """The text of the values that the results name."""

    def __init__(
        self,
        encoded: Encoded,
        clusters: list[dict[str, Any]],
        states: list[dict[str, Any]],
        six: nw.DataFrame[Any] | None,
    ) -> None:
        codes = {row["value"] for row in clusters if not is_port(DIMENSIONS[row["dimension"]])}
        orders = {row["cluster"]: [row[step] for step in ("first", "second", "third")] for row in clusters}
        for row in states:
            for place, value in zip(orders[row["cluster"]], (row["a"], row["b"], row["c"]), strict=True):
                if value is not None and not is_port(DIMENSIONS[place]):
                    codes.add(value)
        wanted = encoded.hosts.filter(nw.col("code").is_in(sorted(codes)))
        self._hosts: dict[int, Any] = {row["code"]: row["ip"] for row in dicts(wanted)}
        if six is not None:
            known = six.filter(nw.col("number").is_in(list(self._hosts.values())))
            texts = dict(zip(known["number"].to_list(), known["address"].to_list(), strict=True))
            self._hosts = {code: text_of(number, texts) for code, number in self._hosts.items()}

    def of(self, dimension: str, value: int) -> str:
        """The address or the port as text."""
        return str(value) if is_port(dimension) else self._hosts[value]


def _cluster(row: Row, times: dict[int, Any], names: _Names) -> dict[str, Any]:
    dimension = DIMENSIONS[row["dimension"]]
    own = {"window": times[row["w"]], "dimension": dimension, "key": names.of(dimension, row["value"])}
    moments = {name: moment(row[name]) for name in ("start", "end")}
    # Estimates of two counts may contradict each other.
    distinct = {name: min(row[name], row["flows"]) for name in _DISTINCT if row[name] is not None}
    return {
        **row,
        **own,
        **moments,
        **distinct,
        "estimated": row.get("heaviest", 1) > 1,
        "share": row["flows"] / row["total"],
        "opposite_flows": row["opposite"],
    }


def _state(row: Row, cluster: Row, order: list[str], names: _Names) -> dict[str, Any]:
    fixed = {
        dimension: names.of(dimension, value)
        for dimension, value in zip(order, (row["a"], row["b"], row["c"]), strict=True)
        if value is not None
    }
    written = ", ".join(fixed.get(dimension, "*") for dimension in FREE[cluster["dimension"]])
    columns: dict[str, Any] = {name: fixed.get(name) for name in ("src_ip", "dst_ip")}
    columns |= {name: int(fixed[name]) if name in fixed else None for name in ("src_port", "dst_port")}
    return {
        **{name: cluster[name] for name in ("window", "dimension", "key")},
        **columns,
        "depth": row["depth"],
        "state": f"⟨{written}⟩",
        "flows": row["count"],
        "share": row["count"] / cluster["flows"],
        **{name: (cluster if row["depth"] == 0 else row)[name] for name in COUNTS},
    }


def _thresholds(rows: list[dict[str, Any]], times: dict[int, Any]) -> list[Row]:
    rows.sort(key=lambda row: (row["w"], row["dimension"], row["round"]))
    return [
        {
            **row,
            "window": times[row["w"]],
            "dimension": DIMENSIONS[row["dimension"]],
            "least_flows": row["least"],
            "total_flows": row["total"],
        }
        for row in rows
    ]
