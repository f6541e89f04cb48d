"""Temporal measures: how popular, large and volatile each behavior class is, and how clusters move between them."""

from __future__ import annotations

from math import dist
from typing import Any

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.behavior.classes import akin
from wiretell.analyses.behavior.dimensions import FREE
from wiretell.analyses.behavior.held import lazily, rows_of
from wiretell.analyses.behavior.tables import Row, dicts, table_of
from wiretell.schema import CLASS_TRENDS, TRANSITIONS


def class_trends(clusters: IntoFrame) -> nw.DataFrame[Any]:
    """Popularity, average size and volatility of each behavior class of each dimension.

    Args:
        clusters: A `clusters` table of one or more windows.

    Returns:
        The table `class_trends`, the most popular classes first.
    """
    frame = lazily(clusters).select("window", "dimension", "key", "behavior_class")
    groups = ["dimension", "behavior_class"]
    total = rows_of(frame.select(nw.col("window").n_unique().cast(nw.Int64).alias("windows")))["windows"].to_list()[0]
    trends = frame.group_by(groups).agg(
        windows=nw.col("window").n_unique().cast(nw.Int64),
        clusters=nw.len().cast(nw.Int64),
        keys=nw.col("key").n_unique().cast(nw.Int64),
    )
    rows = [
        {
            **row,
            "popularity": row["windows"] / total,
            "average_size": row["clusters"] / row["windows"],
            "volatility": row["keys"] / row["clusters"],
        }
        for row in dicts(rows_of(trends))
    ]
    rows.sort(key=lambda row: (row["dimension"], -row["popularity"], -row["average_size"], row["behavior_class"]))
    return table_of(CLASS_TRENDS, rows, frame.implementation)


def transitions(clusters: IntoFrame) -> nw.DataFrame[Any]:
    """How each cluster moved from one window to the next in which there are any clusters.

    Args:
        clusters: A `clusters` table of several windows.

    Returns:
        The table `transitions`: a row per cluster that is in both of two successive windows.
    """
    frame = lazily(clusters)
    rows = dicts(rows_of(frame))
    windows = sorted({row["window"] for row in rows})
    before = dict(zip(windows[1:], windows, strict=False))
    known = {(row["window"], row["dimension"], row["key"]): row for row in rows}
    moves = []
    for (window, dimension, key), row in known.items():
        earlier = known.get((before.get(window), dimension, key))
        if earlier is not None:
            moves.append(
                {
                    **{name: row[name] for name in ("window", "dimension", "key", "behavior_class")},
                    "before_class": earlier["behavior_class"],
                    "akin": akin(earlier["behavior_class"], row["behavior_class"]),
                    "distance": dist(vector(earlier), vector(row)),
                }
            )
    moves.sort(key=lambda row: (row["window"], row["dimension"], -row["distance"], row["key"]))
    return table_of(TRANSITIONS, moves, frame.implementation)


def vector(cluster: Row) -> tuple[float, ...]:
    """The relative uncertainties of X, Y and Z."""
    return tuple(float(cluster[f"ru_{free}"]) for free in FREE[cluster["dimension"]])
