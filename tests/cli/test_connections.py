"""`wiretell connections`, `wiretell endpoints` and the block of `wiretell profile`, as a user meets them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from tests.hand_made import udp_packet, write_pcap
from tests.tcp_frames import ACK, SYN, Talk
from wiretell.cli.app import run
from wiretell.schema import CONN_LOG, CONNECTIONS, ENDPOINTS


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    talk = Talk()
    talk.handshake()
    talk.say(0.05, 0, 101, 501, ACK, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.say(0.08, 1, 501, 128, ACK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    talk.say(0.40, 1, 501, 128, ACK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    talk.close(0.5, 128, 541)
    refused = Talk("10.0.0.2", "10.0.9.8", 81)
    refused.say(0.3, 0, 7, 0, SYN)
    refused.say(0.31, 1, 0, 8, 20)
    return write_pcap(
        tmp_path / "small.pcap", [*talk.frames, *refused.frames, (0.6, udp_packet("10.0.0.3", "10.0.9.7"))]
    )


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(arguments) == 0
    return capsys.readouterr().out


def test_the_list_says_who_what_and_how(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "connections", str(capture))
    assert "3 connections" in text
    line = next(line for line in text.splitlines() if "10.0.9.9:80" in line)
    assert all(word in line for word in ("10.0.0.1:40000 →", "http", "SF", "33.3%", "21 ms"))
    assert "REJ  refused" in text


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        (["--state", "rej"], {"10.0.9.8"}),
        (["--service", "http"], {"10.0.9.9"}),
        (["--service", "-"], {"10.0.9.8", "10.0.9.7"}),
        (["--port", "80,53"], {"10.0.9.9", "10.0.9.7"}),
        (["--port", "40000", "--port", "81", "--state", "REJ"], {"10.0.9.8"}),
        (["--port", "443"], set()),
        (["--host", "10.0.0.1,10.0.9.7"], {"10.0.9.9", "10.0.9.7"}),
        (["--host", "10.0.9.8/31"], {"10.0.9.9", "10.0.9.8"}),
        (["--host", "192.0.2.0/24"], set()),
    ],
)
def test_filters_keep_what_they_name(
    capture: Path, capsys: pytest.CaptureFixture[str], options: list[str], hosts: set[str]
) -> None:
    lines = said(capsys, "connections", str(capture), "--json", *options).splitlines()
    assert {json.loads(line)["resp_h"] for line in lines} == hosts


def test_a_zeek_log_on_standard_output_is_read_back(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "conn.log"
    log.write_text(said(capsys, "connections", str(capture), "--zeek"))
    again = said(capsys, "connections", str(log), "--zeek")
    strip = [line for line in again.splitlines() if not line.startswith(("#open", "#close"))]
    assert strip == [line for line in log.read_text().splitlines() if not line.startswith(("#open", "#close"))]


@pytest.mark.parametrize(
    ("command", "sort", "what"),
    [
        ("connections", "rexmit", "what was sent again"),
        ("connections", "rtt", "round trips"),
        ("endpoints", "loss", "what was sent again"),
        ("endpoints", "reordered", "what was overtaken"),
        ("endpoints", "zero-window", "closed windows"),
        ("endpoints", "rtt", "round trips"),
    ],
)
def test_a_log_is_not_said_to_be_in_an_order_of_what_it_does_not_tell(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, sort: str, what: str
) -> None:
    log, table = tmp_path / "conn.log", tmp_path / "x.parquet"
    log.write_text(said(capsys, "connections", str(capture), "--zeek"))
    assert run([command, str(log), "--sort", sort, "--parquet", str(table)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"wiretell: --sort {sort}: this input does not tell {what}\nhint: --sort ")
    assert not table.exists()
    assert " first" in said(capsys, command, str(capture), "--sort", sort)


def test_headings_say_the_order_that_there_is(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, alone = tmp_path / "conn.log", tmp_path / "alone.pcap"
    log.write_text(said(capsys, "connections", str(capture), "--zeek"))
    assert "Hosts, most failed attempts first" in said(capsys, "endpoints", str(log))
    assert "Hosts, worst share sent again first" in said(capsys, "endpoints", str(capture))
    told = json.loads(said(capsys, "endpoints", str(log), "--json"))
    assert (told["sort"], told["order"]) == (None, "most failed attempts first")
    told = json.loads(said(capsys, "endpoints", str(capture), "--json"))
    assert (told["sort"], told["order"]) == ("loss", "worst share sent again first")
    refused = Talk("10.0.0.2", "10.0.9.8", 81)
    refused.say(0.3, 0, 7, 0, SYN)
    write_pcap(alone, refused.frames)
    assert "1 connection, in order of time" in said(capsys, "connections", str(alone), "--sort", "rtt")
    assert "Hosts, most bytes first" in said(capsys, "endpoints", str(alone), "--sort", "rtt")


def test_files_have_every_column(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv, parquet = tmp_path / "c.csv", tmp_path / "c.parquet"
    said(capsys, "connections", str(capture), "--csv", str(csv), "--parquet", str(parquet))
    assert tuple(pl.read_parquet(parquet).columns) == CONNECTIONS.names
    assert csv.read_text().splitlines()[0].split(",") == list(CONNECTIONS.names)
    assert len(csv.read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["connections", "--sort", "beauty"],
        ["connections", "--state", "XX"],
        ["connections", "--zeek", "--json"],
        ["connections", "--all"],
        ["connections", "-i", "5", "--zeek"],
        ["endpoints", "--by", "weather"],
        ["endpoints", "--sort", "beauty"],
        ["endpoints", "--prefix", "16/32"],
        ["endpoints", "--prefix", "33/48"],
        ["connections", "--tz", "Mars/Olympus"],
        ["connections", "--parquet", "/missing/folder/c.parquet"],
        ["endpoints", "--csv", "/missing/folder/c.csv"],
    ],
)
def test_a_wrong_option_is_one_line_and_a_hint(
    capture: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run([*arguments, str(capture)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("hint: ")


@pytest.mark.parametrize("by", ["connection", "host", "server", "prefix", "port", "service"])
def test_endpoints_tell_by_each_key(capture: Path, capsys: pytest.CaptureFixture[str], by: str) -> None:
    document = json.loads(said(capsys, "endpoints", str(capture), "--by", by, "--json"))
    assert document["total"]["rexmit_pkts"] == 1
    assert tuple(document["total"]) == ENDPOINTS.names
    text = said(capsys, "endpoints", str(capture), "--by", by)
    assert "2 connections" in text
    assert "1 refused" in text


def test_endpoints_are_written_as_tables(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "e.parquet"
    said(capsys, "endpoints", str(capture), "--parquet", str(target), "--csv", "-")
    assert tuple(pl.read_parquet(target).columns) == ENDPOINTS.names


def test_the_profile_says_how_connections_went(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "profile", str(capture))
    assert "50.0% of 2 TCP attempts failed: 0 got no answer, 1 were refused" in text
    assert "a round trip takes 21 ms" in text
    document = json.loads(said(capsys, "profile", str(capture), "--json"))["connections"]
    assert {(row["state"], row["meaning"]) for row in document["outcomes"] if row["proto"] == "tcp"} == {
        ("SF", "opened and closed"),
        ("REJ", "refused"),
    }


def test_a_summary_by_connections_is_the_same_from_a_capture_and_from_its_log(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "conn.log"
    log.write_text(said(capsys, "connections", str(capture), "--zeek"))
    of_capture = said(capsys, "summary", str(capture), "--by", "connections", "--csv", "-")
    of_log = said(capsys, "summary", str(log), "--by", "connections", "--csv", "-")
    assert of_capture == of_log
    assert "state" in of_capture
    assert len(CONN_LOG) == 22


def test_logs_are_found_in_the_folders_of_a_day(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = said(capsys, "connections", str(capture), "--zeek")
    archive = tmp_path / "archive"
    for day in ("2024-04-19", "2024-04-20"):
        (archive / day).mkdir(parents=True)
        with gzip.open(archive / day / "conn.00:00:00-01:00:00.log.gz", "wt") as file:
            file.write(log)
        (archive / day / "conn-summary.00:00:00-01:00:00.log").write_text("no log that is read\n")
        (archive / day / "stats.log").write_text("nor this\n")
    for command in ("connections", "summary", "endpoints", "behavior", "profile", "events"):
        text = said(capsys, command, str(archive), "--json")
        if command == "connections":
            assert len(text.splitlines()) == 6
        elif command == "events":
            assert json.loads(text)["estimated_from"]["rows"]["conn"] == 6
    (archive / "note.pcap").write_bytes(capture.read_bytes())
    assert len(said(capsys, "connections", str(archive), "--json").splitlines()) == 3
    assert capsys.readouterr().err == ""


def test_a_folder_of_nothing_says_what_was_looked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("no log\n")
    assert run(["connections", str(tmp_path)]) == 2
    assert "names such as conn*.log*" in capsys.readouterr().err
    named = tmp_path / "none in the folder"
    named.write_text("no capture\n")
    assert run(["connections", str(named)]) == 2
    assert "hint" not in capsys.readouterr().err


def test_captures_beside_the_connection_logs_of_a_folder_are_said_to_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pcap(tmp_path / "a.pcap", [(0.0, udp_packet("10.0.0.1", "10.0.0.2"))])
    fields = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state"
    line = "1.0\tC1\t10.0.0.1\t1\t10.0.0.2\t53\tudp\tSF"
    (tmp_path / "conn.log").write_text(f"#separator \\x09\n#path\tconn\n#fields\t{fields}\n{line}\n")
    for command in ("connections", "summary", "profile", "behavior"):
        assert run([command, str(tmp_path), "--json"]) == 0
        assert capsys.readouterr().err == (
            f"wiretell: {tmp_path}: its connection logs are read; a capture beside them not, unless named\n"
        )


def test_logs_below_the_captures_of_a_folder_are_said_to_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pcap(tmp_path / "a.pcap", [(0.0, udp_packet("10.0.0.1", "10.0.0.2"))])
    for day, name in (("1", "conn.log"), ("2", "conn.01.log"), ("2", "dns.log")):
        (tmp_path / day).mkdir(exist_ok=True)
        (tmp_path / day / name).write_text("#separator \\x09\n")
    for command, what in (("connections", "2 connection logs"), ("profile", "2 connection logs"), ("events", "3 logs")):
        assert run([command, str(tmp_path), "--json"]) == 0
        assert capsys.readouterr().err == (
            f"wiretell: {tmp_path}: its captures are read; {what} in folders below not, unless named\n"
        )


def test_rows_of_connections_that_go_on_count_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = Talk()
    talk.handshake()
    for second in range(1, 40):
        talk.say(float(second), 0, 101 + second - 1, 501, ACK, b"x")
    long = write_pcap(tmp_path / "long.pcap", talk.frames)
    whole, parts = tmp_path / "whole.parquet", tmp_path / "parts.parquet"
    said(capsys, "connections", "--parquet", str(whole), str(long))
    shown = said(capsys, "connections", "-i", "5", "--parquet", str(parts), str(long))
    assert "1 connection," in shown
    assert pl.read_parquet(parts).height > 5
    for command in (["summary", "--json"], ["profile", "--json"]):
        told = [json.loads(said(capsys, *command, str(path)).replace(path.name, "")) for path in (whole, parts)]
        assert told[0] == told[1]


def test_a_connection_within_one_prefix_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = []
    for number, (orig, resp) in enumerate((("10.0.0.1", "10.0.0.2"), ("10.0.0.3", "10.0.1.4"))):
        talk = Talk(orig, resp, 80 + number)
        talk.handshake()
        talk.say(0.1, 0, 101, 501, ACK, b"x" * 100)
        frames += talk.frames
    capture = write_pcap(tmp_path / "near.pcap", sorted(frames))
    rows = json.loads(said(capsys, "endpoints", "--by", "prefix", "--json", str(capture)))["rows"]
    counted = {row["key"]: (row["connections"], row["bytes_share"]) for row in rows}
    assert counted == {"10.0.0.0/24": (2, 1.0), "10.0.1.0/24": (1, 0.5)}


@pytest.mark.parametrize("port", ["http", "65536", "-1", "²"])
def test_a_port_that_is_none_is_refused(capture: Path, capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert run(["connections", str(capture), "--port", port]) == 2
    assert f"--port {port}: no port" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("connections", "--state"), ("connections", "--service"), ("connections", "--port"), ("connections", "--host"),
     ("endpoints", "--host")],
)  # fmt: skip
def test_a_filter_that_names_nothing_is_refused(
    capture: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    assert run([*words, "", str(capture)]) == 2
    assert f"{words[1]} names nothing" in capsys.readouterr().err
