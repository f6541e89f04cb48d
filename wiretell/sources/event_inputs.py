"""Events from wherever they are: captures, Parquet tables of events, and Zeek logs, of which they are estimated."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import InputError, UsageError
from wiretell.sources.events import ToRows, meter_events
from wiretell.sources.kinds import Sorted, sort_inputs
from wiretell.sources.opening import Source
from wiretell.sources.recognize import Kind, Recognized, describe, log_pattern, recognize

if TYPE_CHECKING:
    import polars as pl

    from wiretell.sources.capture_run import Progress
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.meter_options import MeterOptions
    from wiretell.sources.zeek_events import Estimated

LOGS = ("conn", "http", "dns", "ssl")
"""The logs that events are estimated of."""

_HINT = f"of {', '.join(LOGS)} logs they can, several at once"
_COUNTS = {"second", "name", "protocol", "events", "bytes"}
_EVENTS = {"ts", "name", "protocol", "size"}


@dataclass(frozen=True, slots=True)
class Found:
    """Events and what is known of their source.

    Attributes:
        frame: The columns of `schema.EVENTS` or `schema.EVENT_COUNTS`.
        hosts: The columns of `schema.EVENT_HOSTS`; None if `frame` tells them, or nothing does.
        connections: The columns of `schema.EVENT_CONNECTIONS`, likewise.
        facts: Of captures.
        estimated: What was estimated, of logs.
    """

    frame: pl.DataFrame | pl.LazyFrame
    hosts: pl.DataFrame | None = None
    connections: pl.DataFrame | None = None
    facts: CaptureFacts | None = None
    estimated: Estimated | None = None


def find_events(
    inputs: Sequence[str] | Sorted,
    options: MeterOptions | None = None,
    *,
    args: bool = False,
    to_rows: ToRows | None = None,
    on_progress: Progress | None = None,
    meanwhile: Callable[[], None] | None = None,
    first_hosts: int | None = None,
    ordered: bool = True,
) -> Found:
    """Reads the events of inputs, which are told apart by their content.

    Args:
        inputs: Captures, folders of them or of logs, logs, Parquet files, or `-` for standard input; or these, sorted.
        options: How captures are metered.
        args: Whether rows have their arguments.
        to_rows: Takes a row for each event of captures as they come.
        on_progress: Called about ten times a second while captures are read.
        meanwhile: Called once while captures are read: for what takes time and does not need the events.
        first_hosts: As of `capture.CaptureRun`, of captures.
        ordered: As of `meter_events`, of captures.

    Raises:
        InputError: if an input cannot be read or holds no events.
        UsageError: for inputs of several kinds, or rows of something that has none.
    """
    found = inputs if isinstance(inputs, Sorted) else sort_inputs(inputs, LOGS)
    found.require_one_kind("read them one by one")
    if to_rows is not None and not found.captures:
        raise UsageError(
            f"{found.kinds[0]} hold no rows of events", hint="--rows, --args and --meta-log are for captures"
        )
    if found.logs:
        from wiretell.sources.zeek_events import estimate_events

        estimated = estimate_events(_by_table(found.logs))
        return Found(estimated.frame, estimated.hosts, estimated.connections, estimated=estimated)
    if found.tables:
        return Found(_tables(found.tables))
    raised = meter_events(
        found.captures,
        options,
        args=args,
        to_rows=to_rows,
        pipes=found.pipes,
        on_progress=on_progress,
        meanwhile=meanwhile,
        first_hosts=first_hosts,
        ordered=ordered,
    )
    return Found(raised.frame, raised.hosts, raised.connections, raised.facts)


Logs = dict[str, Sequence[str | os.PathLike[str] | Source]]


def _by_table(logs: Sequence[str | Source]) -> Logs:
    """Logs and folders of them by which logs they are; others in a folder are left alone.

    Raises:
        InputError: for a log of which no events can be estimated, or a folder without any other.
    """
    found: dict[str, list[str | os.PathLike[str] | Source]] = {}
    for log in logs:
        is_folder = isinstance(log, str)
        paths = _paths(Path(log)) if isinstance(log, str) else [log]
        told = [recognized for recognized in map(recognize, paths) if not is_folder or _tells(recognized)]
        if not told:
            raise InputError(f"{log}: none of its logs tells of events", hint=_HINT)
        for recognized in told:
            if not _tells(recognized):
                raise InputError(
                    f"{recognized.source.name} is {describe(recognized)}: no events can be estimated of it", hint=_HINT
                )
            found.setdefault(str(recognized.table), []).append(recognized.source)
    return {kind: tuple(found[kind]) for kind in LOGS if kind in found}


def _paths(folder: Path) -> list[Path]:
    named = {path for kind in LOGS for path in folder.rglob(log_pattern(kind))}
    return sorted(path for path in named if path.is_file() and path.stat().st_size)


def _tells(recognized: Recognized) -> bool:
    return recognized.kind is Kind.LOG and recognized.table in LOGS


def _tables(names: list[str]) -> pl.LazyFrame:
    import polars as pl

    try:
        frame = pl.scan_parquet(names)
        columns = set(frame.collect_schema().names())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{names[0]}: {str(error).splitlines()[0]}") from error
    if not (columns >= _COUNTS or columns >= _EVENTS):
        raise UsageError(
            f"{names[0]}: neither a table of events nor of their counts", hint="its columns are those of docs/tables.md"
        )
    return frame
