"""Small tables for the store, whose every row tells the version that wrote it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.schema import CLUSTERS, PROFILES, STATES, Table

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ROWS = {"clusters": 40, "profiles": 40, "states": 90}


def window(number: int) -> datetime:
    return NOON + number * timedelta(minutes=5)


def _rows(table: Table, moment: datetime, version: int) -> pl.DataFrame:
    schema = polars_schema(table)
    values: dict[str, Any] = dict.fromkeys(schema)
    known = {"window": moment, "dimension": "src_ip", "flows": version, "behavior_class": 7, "profile": "server"}
    rows = [
        values | {k: v for k, v in known.items() if k in schema} | {"key": f"10.0.0.{i}"}
        for i in range(ROWS[table.name])
    ]
    return pl.DataFrame(rows, schema=schema)


def tables(number: int, version: int = 1) -> dict[str, pl.DataFrame]:
    """The rows of one window; `flows` is the version."""
    return {table.name: _rows(table, window(number), version) for table in (CLUSTERS, PROFILES, STATES)}
