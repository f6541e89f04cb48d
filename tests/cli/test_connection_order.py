"""The list of connections shows the first of all, though batches come one after the other."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from wiretell.analyses.connections import ordered
from wiretell.cli.connections_run import Found
from wiretell.engines.polars import polars_schema
from wiretell.schema import CONNECTIONS
from wiretell.settings import CONNECTION_LIST, CONNECTION_SORTS


def rows(count: int) -> pl.DataFrame:
    """Many equal amounts and times, and unknown ones."""
    drawn = random.Random(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    schema = pl.Schema({name: polars_schema(CONNECTIONS)[name] for name in CONNECTION_LIST})

    def value(name: str, number: int) -> Any:
        if name == "ts":
            return start + timedelta(seconds=drawn.randrange(5))
        if name == "uid":
            return f"C{number * 7919 % count:05}"
        if schema[name] == pl.String:
            return "S0"
        return None if drawn.random() < 0.2 else drawn.randrange(4)

    return pl.DataFrame(
        [{name: value(name, number) for name in CONNECTION_LIST} for number in range(count)], schema=schema
    )


@pytest.mark.parametrize("top", [0, 1, 20, 700])
@pytest.mark.parametrize("by", CONNECTION_SORTS)
def test_the_first_of_batches_are_the_first_of_all(by: str, top: int) -> None:
    connections = rows(600)
    found = Found(by, top)
    for batch in connections.iter_slices(50):
        found.add(batch, batch)
    whole = ordered(connections, by, top)
    assert [row["uid"] for row in found.rows()] == whole["uid"].to_list()
    assert found.matching == 600
