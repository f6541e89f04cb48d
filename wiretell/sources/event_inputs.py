"""Events from wherever they are: captures, Parquet tables of events, and Zeek logs, of which they are estimated."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wiretell.errors import InputError, UsageError
from wiretell.sources.events import ToRows, meter_events
from wiretell.sources.opening import Source
from wiretell.sources.recognize import Kind, Recognized, describe, recognize

if TYPE_CHECKING:
    import polars as pl

    from wiretell.sources.capture import MeterOptions, Progress
    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.zeek_events import Estimated

_LOGS = ("conn", "http", "dns", "ssl")
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
    names: Sequence[str],
    options: MeterOptions | None = None,
    *,
    args: bool = False,
    to_rows: ToRows | None = None,
    on_progress: Progress | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Found:
    """Reads the events of inputs, which are told apart by their content.

    Args:
        names: Captures, folders of them or of logs, logs, Parquet files, or `-` for standard input.
        options: How captures are metered.
        args: Whether rows have their arguments.
        to_rows: Takes a row for each event of captures as they come.
        on_progress: Called about ten times a second while captures are read.
        meanwhile: Called once while captures are read: for what takes time and does not need the events.

    Raises:
        InputError: if an input cannot be read or holds no events.
        UsageError: for inputs of several kinds, or rows of something that has none.
    """
    captures, logs, tables, pipes = _sorted(names)
    kinds = [kind for kind, found in (("captures", captures), ("logs", logs), ("tables", tables)) if found]
    if len(kinds) > 1:
        raise UsageError(f"inputs of several kinds: {' and '.join(kinds)}", hint="read them one by one")
    if to_rows is not None and kinds != ["captures"]:
        raise UsageError(f"{kinds[0]} hold no rows of events", hint="--rows, --args and --meta-log are for captures")
    if logs:
        from wiretell.sources.zeek_events import estimate_events

        estimated = estimate_events(logs)
        return Found(estimated.frame, estimated.hosts, estimated.connections, estimated=estimated)
    if tables:
        return Found(_tables(tables))
    raised = meter_events(
        captures,
        options,
        args=args,
        to_rows=to_rows,
        pipes=pipes,
        on_progress=on_progress,
        meanwhile=meanwhile,
    )
    return Found(raised.frame, raised.hosts, raised.connections, raised.facts)


Logs = dict[str, Sequence[str | os.PathLike[str] | Source]]


def _sorted(names: Sequence[str]) -> tuple[list[str], Logs, list[str], dict[str, Source]]:
    captures, tables, pipes = list[str](), list[str](), dict[str, Source]()
    logs: dict[str, list[str | os.PathLike[str] | Source]] = {}
    for name in names:
        if Path(name).is_dir():
            found = _logs_of(Path(name))
            for kind, sources in found.items():
                logs.setdefault(kind, []).extend(sources)
            if not found:
                captures.append(name)
            continue
        if name in pipes:
            raise UsageError(f"{name} is named twice", hint="a pipe can be read only once")
        recognized = recognize(name)
        if recognized.kind is Kind.LOG:
            logs.setdefault(_log(recognized), []).append(recognized.source)
        elif recognized.kind is Kind.PARQUET:
            tables.append(name)
        elif recognized.kind is Kind.FLOW_EXPORT:
            raise InputError(f"{name} is {describe(recognized)}", hint="captures and Zeek logs can be read")
        elif recognized.source.stream is not None:
            pipes[name] = recognized.source
            captures.append(name)
        else:
            captures.append(name)
    return captures, {kind: tuple(logs[kind]) for kind in _LOGS if kind in logs}, tables, pipes


def _log(recognized: Recognized) -> str:
    if recognized.table in _LOGS:
        return str(recognized.table)
    raise InputError(
        f"{recognized.source.name} is {describe(recognized)}: no events can be estimated of it",
        hint=f"of {', '.join(_LOGS)} logs they can, several at once",
    )


def _logs_of(folder: Path) -> dict[str, list[str | os.PathLike[str] | Source]]:
    """The logs of a folder that tell of events, by kind; the others are left alone."""
    logs: dict[str, list[str | os.PathLike[str] | Source]] = {}
    for path in sorted(path for kind in _LOGS for path in folder.glob(f"{kind}*.log*") if path.is_file()):
        if path.stat().st_size:
            recognized = recognize(path)
            if recognized.kind is Kind.LOG and recognized.table in _LOGS:
                logs.setdefault(str(recognized.table), []).append(recognized.source)
    return logs


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
