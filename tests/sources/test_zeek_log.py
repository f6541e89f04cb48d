from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest

from tests.sources.zeek_tools import FIELDS, ROW, TYPES, as_json, compressors, tsv
from wiretell.errors import InputError, UsageError
from wiretell.schema import CONN_LOG
from wiretell.sources.log_facts import Fault
from wiretell.sources.zeek_log import Connections, read_connections, read_log

EXPECTED = {
    "ts": datetime(2018, 1, 30, 18, 14, 2, 90842, tzinfo=UTC),
    "uid": "Ci85EB2",
    "orig_h": "10.55.182.100",
    "orig_p": 14291,
    "resp_h": "10.233.233.5",
    "resp_p": 80,
    "proto": "tcp",
    "service": "http",
    "duration": 3.000158,
    "orig_bytes": 719,
    "resp_bytes": 336,
    "conn_state": "SF",
    "local_orig": True,
    "local_resp": False,
    "missed_bytes": 0,
    "history": "ShADadFf",
    "orig_pkts": 10,
    "orig_ip_bytes": 1131,
    "resp_pkts": 4,
    "resp_ip_bytes": 508,
    "tunnel_parents": "",
    "ip_proto": 6,
}
JSON_ROW: dict[str, object] = {
    "ts": 1517336042.090842,
    "uid": "Ci85EB2",
    "id.orig_h": "10.55.182.100",
    "id.orig_p": 14291,
    "id.resp_h": "10.233.233.5",
    "id.resp_p": 80,
    "proto": "tcp",
    "service": "http",
    "duration": 3.000158,
    "orig_bytes": 719,
    "resp_bytes": 336,
    "conn_state": "SF",
    "local_orig": True,
    "local_resp": False,
    "missed_bytes": 0,
    "history": "ShADadFf",
    "orig_pkts": 10,
    "orig_ip_bytes": 1131,
    "resp_pkts": 4,
    "resp_ip_bytes": 508,
    "tunnel_parents": [],
    "ip_proto": 6,
}


def read(tmp_path: Path, content: str | bytes, name: str = "conn.log", **options: object) -> Connections:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_connections([path], **options)  # type: ignore[arg-type]


def changed(**values: str) -> list[str]:
    return [values.get(field.replace("id.", ""), value) for field, value in zip(FIELDS, ROW, strict=True)]


def test_a_row_has_the_columns_types_and_values_of_the_table(tmp_path: Path) -> None:
    frame = read(tmp_path, tsv([ROW])).frame
    assert tuple(frame.columns) == CONN_LOG
    assert frame.schema["ts"] == pl.Datetime("us", "UTC")
    assert frame.schema["orig_p"] == pl.Int32
    assert frame.schema["ip_proto"] == pl.Int16
    assert frame.row(0, named=True) == EXPECTED


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    frame = read(tmp_path, tsv([ROW[::-1]], FIELDS[::-1], TYPES[::-1])).frame
    assert frame.row(0, named=True) == EXPECTED


@pytest.mark.parametrize("separator", ["|", ";", "\x01", " ", "||", "¦"])
def test_the_separator_may_be_any(tmp_path: Path, separator: str) -> None:
    content = tsv([ROW], separator=separator)
    if separator == "¦":
        content = content.replace("\\xa6", "¦")
    assert read(tmp_path, content).frame.row(0, named=True) == EXPECTED


@pytest.mark.parametrize("scope", ["id_", "id:", "id::", ""])
def test_the_scope_separator_of_the_id_may_be_any(tmp_path: Path, scope: str) -> None:
    fields = [field.replace("id.", scope) for field in FIELDS]
    assert read(tmp_path, tsv([ROW], fields)).frame.row(0, named=True) == EXPECTED


@pytest.mark.parametrize(
    "left_out", [(), ("ip_proto",), ("ip_proto", "local_resp"), ("ip_proto", "local_resp", "tunnel_parents")]
)
@pytest.mark.parametrize("node", [[], ["worker-1"]])
def test_a_log_without_header_is_read_in_the_order_of_its_version(
    tmp_path: Path, left_out: tuple[str, ...], node: list[str]
) -> None:
    row = [value for field, value in zip(FIELDS, ROW, strict=True) if field not in left_out]
    connections = read(tmp_path, "\t".join(node + row) + "\n")
    assert connections.frame.row(0, named=True) == EXPECTED | dict.fromkeys(left_out)
    assert connections.facts.files[0].format == "Zeek TSV without header"


def test_a_first_line_of_names_is_a_header(tmp_path: Path) -> None:
    frame = read(tmp_path, "\t".join(FIELDS) + "\n" + "\t".join(ROW) + "\n").frame
    assert frame.rows(named=True) == [EXPECTED]


def test_unset_is_null_and_empty_is_empty(tmp_path: Path) -> None:
    rows = [changed(service="-", tunnel_parents="-"), changed(service="(empty)", tunnel_parents="(empty)")]
    frame = read(tmp_path, tsv(rows)).frame
    assert frame["service"].to_list() == [None, ""]
    assert frame["tunnel_parents"].to_list() == [None, ""]


def test_escapes_are_decoded_and_an_escaped_dash_is_no_unset_field(tmp_path: Path) -> None:
    rows = [changed(service=text) for text in ("a\\x09b", "\\xc3\\xa4", "\\x2d", "\\\\x41", "\\xff")]
    assert read(tmp_path, tsv(rows)).frame["service"].to_list() == ["a\tb", "ä", "-", "\\x41", "\\xff"]


def test_bytes_that_are_no_utf8_are_escaped(tmp_path: Path) -> None:
    content = tsv([changed(service="a?b")]).encode().replace(b"a?b", b"a\xffb")
    assert read(tmp_path, content).frame["service"].to_list() == ["a\\xffb"]


def test_json_lines_give_the_same_row(tmp_path: Path) -> None:
    connections = read(tmp_path, as_json([JSON_ROW] * 3))
    assert connections.frame.rows(named=True) == [EXPECTED] * 3
    assert connections.facts.files[0].format == "Zeek JSON"


@pytest.mark.parametrize("spelling", ["id_", "nested", "bare"])
def test_json_ids_may_be_flat_or_nested(tmp_path: Path, spelling: str) -> None:
    row: dict[str, object] = {}
    for name, value in JSON_ROW.items():
        if not name.startswith("id."):
            row[name] = value
        elif spelling == "nested":
            part = row.setdefault("id", {})
            assert isinstance(part, dict)
            part[name[3:]] = value
        else:
            row[name.replace("id.", "id_" if spelling == "id_" else "")] = value
    assert read(tmp_path, as_json([row, row])).frame.rows(named=True) == [EXPECTED] * 2


def test_json_fields_may_be_missing_or_come_late_and_extras_are_left_out(tmp_path: Path) -> None:
    few: dict[str, object] = {name: JSON_ROW[name] for name in ("ts", "id.orig_h", "id.resp_h", "proto", "orig_bytes")}
    rows = [few] * 1500 + [JSON_ROW | {"_path": "conn", "_node_name": "w"}]
    frame = read(tmp_path, as_json(rows)).frame
    assert frame.row(-1, named=True) == EXPECTED
    assert frame["history"].null_count() == 1500


def test_a_json_array_is_read_in_lines_or_not(tmp_path: Path) -> None:
    for content in (json.dumps([JSON_ROW] * 3), json.dumps([JSON_ROW] * 3, indent=2)):
        for block_bytes in (16 << 20, 100):
            frame = read(tmp_path, content, block_bytes=block_bytes).frame
            assert frame.rows(named=True) == [EXPECTED] * 3


@pytest.mark.parametrize(
    "time", ["2018-01-30T18:14:02.090842Z", "2018-01-30T19:14:02.090842+01:00", "2018-01-30T18:14:02.090842"]
)
def test_times_may_be_iso_8601(tmp_path: Path, time: str) -> None:
    assert read(tmp_path, as_json([JSON_ROW | {"ts": time}])).frame["ts"][0] == EXPECTED["ts"]
    assert read(tmp_path, tsv([changed(ts=time)])).frame["ts"][0] == EXPECTED["ts"]


@pytest.mark.parametrize(("time", "micros"), [(1517336042090, 90_000), (1517336042090842, 90_842)])
def test_times_may_be_milliseconds_or_microseconds(tmp_path: Path, time: int, micros: int) -> None:
    (found,) = read(tmp_path, as_json([JSON_ROW | {"ts": time}])).frame["ts"].to_list()
    assert found == EXPECTED["ts"].replace(microsecond=micros)  # type: ignore[attr-defined]


def test_a_bro_1_log_has_its_own_columns(tmp_path: Path) -> None:
    content = (
        "1233.340000 0.500000 192.168.1.1 10.0.0.1 http? 1234 80 tcp 123 456 SF L %1 two words @12\n"
        "1234.000000 ? 10.0.0.2 192.168.1.1 other 53 53 udp ? ? S0 X\n"
        "1235.000000 ? fe80::1 ff02::1 - 135 136 icmp 8 ? OTH L\n"
    )
    connections = read(tmp_path, content, extra=True)
    frame = connections.frame
    assert connections.facts.files[0].format == "Bro 1 text"
    assert frame["service"].to_list() == ["http", None, None]
    assert frame["duration"].to_list() == [0.5, None, None]
    assert frame["orig_bytes"].to_list() == [123, None, 8]
    assert frame["resp_h"].to_list() == ["10.0.0.1", "192.168.1.1", "ff02::1"]
    assert frame["local_orig"].to_list() == [True, False, True]
    assert frame["addl"].to_list() == ["%1 two words @12", None, None]
    assert frame["uid"].to_list() == ["#1", "#2", "#3"]
    assert not connections.facts.bad


def test_conn_version_decides_where_it_is_given(tmp_path: Path) -> None:
    bro1 = "1233.34 0.5 192.168.1.1 10.0.0.1 http 1234 80 tcp 123 456 SF L\n"
    assert read(tmp_path, bro1, conn_version=1).frame.height == 1
    with pytest.raises(InputError, match="no connection log"):
        read(tmp_path, bro1, conn_version=2)
    with pytest.raises(InputError, match="no connection log"):
        read(tmp_path, "\t".join(ROW) + "\n", conn_version=1)
    with pytest.raises(UsageError, match="conn-version 3"):
        read(tmp_path, bro1, conn_version=3)


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_compression_is_found_by_content(tmp_path: Path, compression: str) -> None:
    connections = read(tmp_path, compressors()[compression](tsv([ROW] * 100).encode()), "conn.log")
    assert connections.frame.height == 100
    assert connections.facts.files[0].compression == compression


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_compressed_data_that_ends_early_gives_what_stands_before(tmp_path: Path, compression: str) -> None:
    rows = [changed(uid=f"C{number * 2654435761 % 2**32:x}", orig_p=str(number % 60000)) for number in range(60000)]
    stored = compressors()[compression](tsv(rows).encode())
    connections = read(tmp_path, stored[: len(stored) // 2 + 9])
    assert connections.facts.files[0].warnings
    if compression != "bzip2":
        assert 0 < connections.frame.height < 60000


@pytest.mark.parametrize("block_bytes", [100, 1 << 10, 1 << 20])
def test_the_block_size_changes_nothing(tmp_path: Path, block_bytes: int) -> None:
    rows = [changed(uid=f"C{number}", orig_h="x" if number % 7 == 3 else "10.0.0.1") for number in range(50)]
    one, other = read(tmp_path, tsv(rows)), read(tmp_path, tsv(rows), block_bytes=block_bytes)
    assert one.frame.equals(other.frame)
    assert one.facts == other.facts


def test_bad_lines_are_counted_by_kind_with_the_first_line(tmp_path: Path) -> None:
    rows = [ROW, ROW[:5], changed(ts="soon"), changed(orig_h="nobody"), [*ROW, "more"], ROW, changed(ts="-"), ROW[:9]]
    connections = read(tmp_path, tsv(rows))
    name = str(tmp_path / "conn.log")
    facts = connections.facts
    assert facts.bad == {
        "too few fields": Fault(2, name, 10),
        "ts: not a time": Fault(1, name, 11),
        "orig_h: not an address": Fault(1, name, 12),
        "too many fields": Fault(1, name, 13),
        "ts: not there": Fault(1, name, 15),
    }
    assert (facts.lines, facts.rows) == (8, 2)
    assert facts.lines == facts.rows + sum(fault.count for fault in facts.bad.values())


def test_too_few_and_too_many_fields_do_not_balance(tmp_path: Path) -> None:
    connections = read(tmp_path, tsv([ROW, ROW[:-1], [*ROW, ""], ROW]))
    assert connections.frame.height == 2
    assert set(connections.facts.bad) == {"too few fields", "too many fields"}


def test_bad_values_leave_the_line_and_are_counted(tmp_path: Path) -> None:
    rows = [changed(orig_bytes="many", duration="nan", local_orig="maybe"), changed(resp_bytes="-5", orig_p="-")]
    rows.append(changed(orig_p="93145"))
    connections = read(tmp_path, tsv(rows))
    assert connections.frame.height == 3
    assert connections.frame["orig_bytes"].to_list() == [None, 719, 719]
    assert connections.frame["resp_bytes"].to_list() == [336, None, 336]
    assert connections.frame["orig_p"].to_list() == [14291, 0, 93145]
    assert {kind: (fault.count, fault.line) for kind, fault in connections.facts.altered.items()} == {
        "orig_bytes: not a number of this kind": (1, 9),
        "duration: not a number": (1, 9),
        "local_orig: neither T nor F": (1, 9),
        "resp_bytes: not a number of this kind": (1, 10),
        "orig_p: not there": (1, 10),
        "orig_p: beyond 65535": (1, 11),
    }


def test_broken_json_lines_are_counted(tmp_path: Path) -> None:
    good = json.dumps(JSON_ROW)
    connections = read(tmp_path, "\n".join([good, "{", "", "[1]", good, good[:40]]))
    assert connections.frame.height == 2
    assert {kind: (fault.count, fault.line) for kind, fault in connections.facts.bad.items()} == {
        "not JSON": (1, 2),
        "JSON, but no record": (1, 4),
        "cut off at the end of the file": (1, 6),
    }


def test_every_truncation_gives_whole_rows_and_counts_the_rest(tmp_path: Path) -> None:
    content = tsv([changed(uid="C1"), changed(uid="C2")]).encode()
    first = content.index(b"1517336042")
    for end in range(first + 1, len(content)):
        facts = read(tmp_path, content[:end]).facts
        assert facts.lines == facts.rows + sum(fault.count for fault in facts.bad.values())
        assert facts.lines in (1, 2)


def test_rotated_logs_with_different_columns_make_one_table(tmp_path: Path) -> None:
    for name, fields in (("conn.1.log", FIELDS), ("conn.2.log", FIELDS[:12])):
        (tmp_path / name).write_text(tsv([ROW[: len(fields)]], fields, TYPES[: len(fields)]))
    (tmp_path / "conn-summary.log").write_text("not a log\n")
    connections = read_connections([tmp_path])
    assert connections.frame["history"].to_list() == ["ShADadFf", None]
    assert [Path(file.name).name for file in connections.facts.files] == ["conn.1.log", "conn.2.log"]


def test_logs_joined_to_one_file_are_read_by_their_own_headers(tmp_path: Path) -> None:
    content = tsv([ROW]) + tsv([ROW[::-1]] * 2, FIELDS[::-1], TYPES[::-1])
    assert read(tmp_path, content).frame.rows(named=True) == [EXPECTED] * 3


def test_labels_are_kept_on_request(tmp_path: Path) -> None:
    content = tsv([[*ROW, "Malicious", "(empty)"]], [*FIELDS, "label", "detailedlabel"], [*TYPES, "string", "string"])
    assert tuple(read(tmp_path, content).frame.columns) == CONN_LOG
    assert read(tmp_path, content, extra=["label"]).frame["label"].to_list() == ["Malicious"]
    assert read(tmp_path, content, extra=True).frame["detailedlabel"].to_list() == [""]


def test_unknown_transports_are_kept(tmp_path: Path) -> None:
    frame = read(tmp_path, tsv([changed(proto="unknown_transport", ip_proto="47")])).frame
    assert frame["proto"].to_list() == ["unknown_transport"]
    assert frame["ip_proto"].to_list() == [47]


def test_addresses_come_in_canonical_form(tmp_path: Path) -> None:
    rows = [changed(orig_h=text) for text in ("2001:DB8:0:0::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fe80::1")]
    assert read(tmp_path, tsv(rows)).frame["orig_h"].to_list() == [
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fe80::1",
    ]


def test_line_ends_of_windows_and_a_missing_last_one_do_no_harm(tmp_path: Path) -> None:
    content = tsv([ROW, ROW], close=False)
    assert read(tmp_path, content.replace("\n", "\r\n")).frame.rows(named=True) == [EXPECTED] * 2
    connections = read(tmp_path, content.rstrip("\n"))
    assert connections.frame.height == 2
    assert connections.facts.files[0].warnings == ["the last line has no line feed, so it may be cut off"]
    assert connections.facts.files[0].closed is False


def test_an_endless_line_is_left_out_and_memory_stays_bounded(tmp_path: Path) -> None:
    content = tsv([ROW], close=False) + "x" * (6 << 20) + "\n" + "\t".join(ROW) + "\n"
    connections = read(tmp_path, content, block_bytes=1 << 20)
    assert connections.frame.height == 2
    assert connections.facts.bad["line too long"].count == 1


def test_the_facts_tell_first_and_last_time(tmp_path: Path) -> None:
    facts = read(tmp_path, tsv([changed(ts="10.5", duration="2.25"), changed(ts="11.0", duration="-")])).facts
    assert (facts.start_ns, facts.end_ns) == (10_500_000_000, 12_750_000_000)


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    connections = read(tmp_path, tsv([]))
    assert connections.frame.height == 0
    assert tuple(connections.frame.columns) == CONN_LOG
    assert connections.facts.start_ns is None


@pytest.mark.parametrize("content", ["Lorem ipsum dolor\nsit amet\n", "\x00\x01\x02", '{"a": 1}\n'])
def test_what_is_no_log_is_one_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"conn\.log"):
        read(tmp_path, content)


def test_another_log_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a Zeek http log without proto"):
        read(
            tmp_path,
            tsv(
                [["1.0", "1.1.1.1", "2.2.2.2"]], ["ts", "id.orig_h", "id.resp_h"], ["time", "addr", "addr"], path="http"
            ),
        )


def test_missing_empty_and_folder_inputs_are_input_errors(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for name, message in (("missing", "no such file"), ("empty", "is empty"), (".", "no conn")):
        with pytest.raises(InputError, match=message):
            read_connections([tmp_path / name])


# Defects of trace-summary, by their number in the list of the issue.


def test_defect_4_a_direction_above_700_mibit_keeps_its_bytes(tmp_path: Path) -> None:
    frame = read(tmp_path, tsv([changed(duration="1.0", resp_bytes="1250000000", resp_ip_bytes="1290000000")])).frame
    assert frame["resp_bytes"].to_list() == [1_250_000_000]


def test_defect_4_payload_that_cannot_have_been_carried_is_told_and_kept(tmp_path: Path) -> None:
    connections = read(tmp_path, tsv([changed(orig_bytes="4294967295"), ROW]))
    assert connections.frame["orig_bytes"].to_list() == [4_294_967_295, 719]
    (warning,) = connections.facts.warnings
    assert warning.startswith("originators with more payload than their packets carried: 1, the first in Ci85EB2")


def test_defect_8_a_log_on_a_pipe_is_read_once_and_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from_file = read(tmp_path, tsv([ROW] * 1000)).frame
    for content in (tsv([ROW] * 1000).encode(), compressors()["gzip"](tsv([ROW] * 1000).encode())):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(cast(Any, OnePass(content))))
        connections = read_connections(["-"])
        assert connections.frame.equals(from_file)
        assert connections.facts.files[0].file_bytes is None


def test_defect_11_a_file_name_is_no_command(tmp_path: Path) -> None:
    name = "conn.log; touch owned ;$(touch owned)"
    assert read(tmp_path, tsv([ROW]), name).frame.height == 1
    assert not (tmp_path / "owned").exists()


def test_defect_12_times_do_not_depend_on_the_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import time

    for zone in ("UTC", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        for stamp in (ROW[0], "2018-01-30T18:14:02.090842"):
            assert read(tmp_path, tsv([changed(ts=stamp)])).frame["ts"][0] == EXPECTED["ts"]
    monkeypatch.undo()
    time.tzset()


def test_any_log_is_read_under_its_own_names(tmp_path: Path) -> None:
    path = tmp_path / "dns.log"
    fields, types = (
        ["ts", "id.orig_h", "answers", "TTLs", "AA"],
        ["time", "addr", "vector[string]", "vector[interval]", "bool"],
    )
    path.write_text(
        tsv(
            [["1.5", "10.0.0.1", "a,b", "1.0,2.0", "T"], ["2.5", "::1", "-", "(empty)", "F"]], fields, types, path="dns"
        )
    )
    log = read_log(path)
    assert log.facts.files[0].log == "dns"
    assert log.frame.drop("ts").rows() == [("10.0.0.1", "a,b", "1.0,2.0", True), ("::1", None, "", False)]
    path.write_text(
        as_json([{"ts": 1.5, "id.orig_h": "10.0.0.1", "answers": ["a", "b"], "n": 3}, {"ts": 2.5, "r": 0.5}])
    )
    assert read_log(path).frame.drop("ts").rows() == [("10.0.0.1", "a,b", 3, None), (None, None, None, 0.5)]


class OnePass(io.RawIOBase, io.BufferedIOBase):
    """A pipe: it hands out little at once, and nothing twice."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read1(self, size: int = -1, /) -> bytes:
        return self._content.read(min(size, 1000) if size >= 0 else 1000)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._content.read(size)
