"""An estimate from logs against events that were counted: Bro's logs of captures, and the captures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl
import pytest

from tests.oracle.estimate import captures, counted, estimated
from wiretell.errors import InputError
from wiretell.schema import EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS
from wiretell.sources import zeek_events
from wiretell.sources.event_inputs import find_events
from wiretell.sources.opening import Source
from wiretell.sources.zeek_events import estimate_events


def conn_log(folder: Path, lines: Iterable[str]) -> Path:
    """A conn.log of these lines, whose columns are apart by a space."""
    path = folder / "conn.log"
    rows = (
        "#fields ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_pkts",
        "#types time string addr port addr port enum string interval count",
        *lines,
    )
    path.write_text("#separator \\x09\n#path\tconn\n" + "".join(row.replace(" ", "\t") + "\n" for row in rows))
    return path


def totals(frame: pl.DataFrame | pl.LazyFrame) -> dict[str, int]:
    sums = frame.lazy().group_by("name").agg(pl.col("events").sum()).collect()
    return {str(name): int(events) for name, events in sums.rows()}


def test_bros_logs_of_many_captures_come_near_their_events(shared_data: Path) -> None:
    some = captures(shared_data)[::12]
    guess, real = estimated(shared_data, some), counted(shared_data, some)
    for protocol in ("http", "tcp", "dns", "udp", "icmp"):
        assert guess[protocol][0] == pytest.approx(real[protocol][0], rel=0.25), protocol
        assert guess[protocol][1] == pytest.approx(real[protocol][1], rel=0.4), protocol
    both = [sum(row[0] for row in side.values()) for side in (guess, real)]
    assert both[0] == pytest.approx(both[1], rel=0.15)


def test_the_estimate_has_the_columns_of_the_tables_and_agrees_with_itself(shared_data: Path) -> None:
    folder = shared_data / "zeek" / "zeek-testing" / "m57-short"
    logs = {log: (folder / f"{log}.log",) for log in ("conn", "dns", "http", "ssl")}
    told = estimate_events({log: paths for log, paths in logs.items() if paths[0].exists()})
    for frame, table in (
        (told.frame, EVENT_COUNTS),
        (told.hosts, EVENT_HOSTS),
        (told.connections, EVENT_CONNECTIONS),
    ):
        assert frame.columns == list(table.names)
    hosts = told.hosts.filter(pl.col("second").is_null())
    assert hosts.filter("is_orig")["events"].sum() == pytest.approx(told.frame["events"].sum(), rel=0.01)
    assert told.frame["events"].min() >= 0  # type: ignore[operator]


def test_logs_are_added_up_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = conn_log(
        tmp_path, (f"{at}.5 C{at} 10.0.0.{at % 7} {at} 192.0.2.{at % 3} 53 udp - 9.0 20" for at in range(50))
    )
    whole = estimate_events({"conn": (log,)})
    monkeypatch.setattr(zeek_events, "_LINES", 7)
    parts = estimate_events({"conn": (log,)})
    for one, other in ((whole.frame, parts.frame), (whole.hosts, parts.hosts), (whole.connections, parts.connections)):
        assert one.height > 50
        assert one.sort(one.columns).equals(other.sort(other.columns))


def test_logs_of_a_quiet_hour_have_no_lines(tmp_path: Path) -> None:
    logs: dict[str, Sequence[str | os.PathLike[str] | Source]] = {}
    for log in ("conn", "http", "dns", "ssl"):
        path = tmp_path / f"{log}.log"
        path.write_text(f"#separator \\x09\n#path\t{log}\n#fields\tts\tuid\tid.orig_h\n#types\ttime\tstring\taddr\n")
        logs[log] = (path,)
        assert estimate_events({log: (path,)}).frame.is_empty()
    told = estimate_events(logs)
    assert told.rows == dict.fromkeys(logs, 0)
    assert (told.frame.columns, told.hosts.columns) == (list(EVENT_COUNTS.names), list(EVENT_HOSTS.names))
    conn_log(tmp_path, ["1.5 C1 10.0.0.1 1 10.0.0.2 53 udp dns 9.0 1"])
    assert totals(estimate_events(logs).frame)["new_connection"] == 1


def test_of_a_second_the_heaviest_are_named(tmp_path: Path) -> None:
    log = conn_log(tmp_path, (f"1.5 C{at} 10.0.0.{at} {at} 192.0.2.3 53 udp - 99.0 200" for at in range(30)))
    told = estimate_events({"conn": (log,)})
    named = told.connections.drop_nulls("second").group_by("second").len()
    assert named["len"].max() == 10
    assert told.connections.filter(pl.col("second").is_null()).height == 30


def test_a_log_without_what_every_log_has_is_told(tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(
        "#separator \\x09\n#path\tdns\n#fields\tts\tquery\tqtype_name\n#types\ttime\tstring\tstring\n1.0\ta\tA\n"
    )
    with pytest.raises(InputError):
        estimate_events({"dns": (log,)})


def test_without_conn_log_there_are_no_life_cycles(tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    fields = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tqtype_name\trcode"
    types = "time\tstring\taddr\tport\taddr\tport\tstring\tstring\tcount"
    log.write_text(
        f"#separator \\x09\n#path\tdns\n#fields\t{fields}\n#types\t{types}\n1.0\tC1\t10.0.0.1\t9\t10.0.0.2\t53\ta\tA\t-\n"
    )
    assert totals(find_events([str(log)]).frame) == {"dns_message": 1, "dns_end": 1, "dns_request": 1}
