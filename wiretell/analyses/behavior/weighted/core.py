"""The method over a `flows` table: every step in order, and the numbers turned back into addresses and times."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.behavior.classes import vectors
from wiretell.analyses.behavior.core import Behavior
from wiretell.analyses.behavior.dimensions import DIMENSIONS, FREE, MIRROR, is_port
from wiretell.analyses.behavior.held import held, lazily, rows_of
from wiretell.analyses.behavior.options import BehaviorOptions
from wiretell.analyses.behavior.profiles import profile_of
from wiretell.analyses.behavior.tables import Row, dicts, moment, table_of
from wiretell.analyses.behavior.weighted.encode import Encoded, encode
from wiretell.analyses.behavior.weighted.measures import measures, scaled
from wiretell.analyses.behavior.weighted.significant import clusters
from wiretell.analyses.behavior.weighted.states import dominant_states
from wiretell.analyses.behavior.weighted.true_counts import true_counts
from wiretell.analyses.behavior.weighted.uncertainty import spreads, with_clusters
from wiretell.analyses.behavior.weighted.weights import has_weights
from wiretell.schema import CLUSTERS, PROFILES, STATES, THRESHOLDS


def weighted_behavior(
    flows: IntoFrame, options: BehaviorOptions | None = None, counts: IntoFrame | None = None
) -> Behavior:
    """Finds the clusters that matter in each window of a `flows` table and says what they do.

    Args:
        flows: The table, eager or lazy, of any engine that Narwhals knows. All windows are analyzed in one pass, which
            takes about 200 bytes of memory per flow.
        options: The constants of the method.
        counts: The `cluster_counts` of windows whose flows were thinned: what is significant there is told by them, and
            sums over the flows of a cluster are scaled to them. Without, rows count as many times as their `sampling`.

    Raises:
        SchemaError: if a column is missing.
    """
    options = options or BehaviorOptions()
    frame = lazily(flows)
    backend = frame.implementation
    encoded = encode(frame, options.interval_seconds)
    counted = None
    if counts is not None and has_weights(encoded.rows):
        counted = true_counts(lazily(counts), encoded)
    found, cuts = clusters(encoded.rows, options, counted)
    rows = with_clusters(encoded.rows, found)
    encoded = replace(encoded, rows=rows)
    spread, values = spreads(rows, found, options.delta)
    vector = held(vectors(found, spread, options))
    states = rows_of(dominant_states(rows, vector, values, options.delta))
    sums = measures(rows)
    measured = rows_of(vector.join(sums, on="cluster", how="inner").sort("w", "dimension", "flows", "value"))
    times = {row["w"]: moment(row["window_us"]) for row in dicts(rows_of(encoded.windows))}
    cluster_rows = [scaled(row) for row in dicts(measured)]
    factors = {row["cluster"]: row.get("factor", 1.0) for row in cluster_rows}
    state_rows = [{**row, "count": round(row["count"] * factors[row["cluster"]])} for row in dicts(states)]
    names = _Names(encoded, cluster_rows, state_rows)
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
    profiles = []
    for number in ordered:
        cluster = by_number[number]
        mirror = places.get((cluster["window"], MIRROR[cluster["dimension"]], cluster["key"]))
        profiles.append(profile_of(cluster, stated[number], mirror))
    return Behavior(
        thresholds=table_of(THRESHOLDS, _thresholds(dicts(rows_of(cuts)), times), backend),
        clusters=table_of(CLUSTERS, (by_number[number] for number in ordered), backend),
        states=table_of(STATES, (row for number in ordered for row in stated[number]), backend),
        profiles=table_of(PROFILES, profiles, backend),
    )


def _place(cluster: Row) -> tuple[Any, ...]:
    return cluster["window"], DIMENSIONS.index(cluster["dimension"]), -cluster["flows"], cluster["key"]


class _Names:
    """The text of the values that the results name."""

    def __init__(self, encoded: Encoded, clusters: list[dict[str, Any]], states: list[dict[str, Any]]) -> None:
        codes = {row["value"] for row in clusters if not is_port(DIMENSIONS[row["dimension"]])}
        orders = {row["cluster"]: [row[step] for step in ("first", "second", "third")] for row in clusters}
        for row in states:
            for place, value in zip(orders[row["cluster"]], (row["a"], row["b"], row["c"]), strict=True):
                if value is not None and not is_port(DIMENSIONS[place]):
                    codes.add(value)
        wanted = encoded.hosts.filter(nw.col("code").is_in(sorted(codes)))
        self._hosts: dict[int, str] = {row["code"]: row["ip"] for row in dicts(rows_of(wanted))}

    def of(self, dimension: str, value: int) -> str:
        """The address or the port as text."""
        return str(value) if is_port(dimension) else self._hosts[value]


def _cluster(row: Row, times: dict[int, Any], names: _Names) -> dict[str, Any]:
    dimension = DIMENSIONS[row["dimension"]]
    own = {"window": times[row["w"]], "dimension": dimension, "key": names.of(dimension, row["value"])}
    moments = {name: moment(row[name]) for name in ("start", "end")}
    return {
        **row,
        **own,
        **moments,
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
