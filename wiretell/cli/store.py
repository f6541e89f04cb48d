"""`wiretell store`: looks after the store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from wiretell.cli import options as o

if TYPE_CHECKING:
    from wiretell.store import Store

Job = Annotated[
    str,
    typer.Argument(
        metavar="JOB", help="info: what it holds. compact: many small files become few. expire: forgets old windows."
    ),
]
Folder = Annotated[str, typer.Argument(metavar="DIR", help="The store.")]
KeepFor = Annotated[
    str | None,
    typer.Option(
        "--keep", metavar="TIME", help="expire: keep the windows that begin in the last 30d, 12h, ... before now."
    ),
]


def command(job: Job, folder: Folder = "wiretell-store", keep: KeepFor = None, as_json: o.Json = False) -> int:
    """Looks after the store: info tells what it holds, compact merges small files, expire forgets old windows."""
    from wiretell.errors import UsageError
    from wiretell.reports.numbers import many
    from wiretell.store import open_store

    if job not in {"info", "compact", "expire"}:
        raise UsageError(f"{job}: no such job", hint="one of info, compact, expire")
    if (job == "expire") != (keep is not None):
        raise UsageError("expire needs --keep" if job == "expire" else f"--keep is of expire, not of {job}")
    store = open_store(folder)
    if job == "compact":
        done = store.compact()
        removed, added = (sum(files[side] for files in done.values()) for side in (0, 1))
        text = f"{many(removed, 'file')} became {added:,}" if removed else "there is nothing to merge"
        _say({"files_removed": removed, "files_added": added}, text, as_json=as_json)
    elif job == "expire":
        _expire(store, keep or "", as_json=as_json)
    else:
        _info(store, as_json=as_json)
    return 0


def _expire(store: Store, keep: str, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    from wiretell.reports.numbers import many
    from wiretell.sources.times import parse_duration

    before = datetime.now(UTC) - parse_duration(keep, option="--keep")
    dropped = sum(window < before for window in store.windows())
    deleted = store.expire(before)
    left = len(store.windows())
    found = {"before": before.isoformat(), "windows_dropped": dropped, "windows": left, "files_deleted": deleted}
    text = (
        f"{many(dropped, 'window')} from before {before:%Y-%m-%d %H:%M} UTC dropped, {many(left, 'window')} left; "
        f"{many(deleted, 'file')} deleted (those of the last hour stay for readers, until expire runs again)"
    )
    _say(found, text, as_json=as_json)


def _info(store: Store, *, as_json: bool) -> None:
    from dataclasses import asdict
    from datetime import UTC

    from wiretell.reports.numbers import many, volume, window_start

    info = store.info()
    ends = [window_start(time, UTC) for time in (info.first, info.last) if time]
    span = f", {' to '.join(dict.fromkeys(ends))} UTC" if ends else ""
    lines = [f"{many(info.windows, 'window')}{span}"]
    if info.incomplete:
        lines.append(f"{many(info.incomplete, 'window')} left incomplete by a writer that was stopped: compute again")
    lines += [
        f"{t.name:12} {t.rows:>12,} rows {t.files:>7,} files {volume(t.bytes):>9}" for t in info.tables if t.files
    ]
    _say(asdict(info), "\n".join(lines), as_json=as_json)


def _say(found: dict[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        from wiretell.reports.behavior_json import as_json as document

        text = document(found).rstrip("\n")
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
