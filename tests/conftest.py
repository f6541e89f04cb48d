"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real captures beside the checkout; the test is skipped where it is missing."""
    shared = Path(os.environ.get("WIRETELL_SHARED", ROOT.parent / "shared")) / "data"
    if not shared.is_dir():
        pytest.skip(f"the real captures are not there: {shared}")
    return shared


@pytest.fixture(params=["polars", "duckdb", "pyarrow"])
def engine(request: pytest.FixtureRequest) -> Callable[[pl.DataFrame], Any]:
    """Puts a Polars frame on an engine: a test that uses it runs on each."""
    name: str = request.param

    def put(frame: pl.DataFrame) -> Any:
        if name == "polars":
            return frame
        arrow = frame.to_arrow()
        if name == "pyarrow":
            return arrow
        import duckdb

        return duckdb.from_arrow(arrow)

    return put
