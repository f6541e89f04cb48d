"""`wiretell events` as a user meets it."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import wiretell
from wiretell import MeterOptions
from wiretell.analyses.workload import heaviest, host_shares, workload
from wiretell.cli.app import run
from wiretell.schema import EVENT_COUNTS, EVENTS
from wiretell.sources.events import meter_events


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "small.pcap"
    assert run(("synth", str(path), "--packets", "15000", "--seed", "3")) == 0
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(("events", *arguments)) == 0
    return capsys.readouterr().out


def test_any_number_of_threads_gives_the_same_counts_hosts_and_connections(capture: Path) -> None:
    one = meter_events(str(capture), MeterOptions(threads=1))
    for threads in (2, 5):
        many = meter_events(str(capture), MeterOptions(threads=threads))
        assert many.frame.equals(one.frame)
        for is_orig in (True, False):
            assert host_shares(many.hosts, is_orig=is_orig) == host_shares(one.hosts, is_orig=is_orig)
        assert heaviest(many.connections, top=1000) == heaviest(one.connections, top=1000)


def test_tables_of_the_meter_are_the_sums_of_its_rows(capture: Path) -> None:
    told = meter_events(str(capture), MeterOptions(threads=2))
    rows = wiretell.scan_events(str(capture), MeterOptions(threads=1)).collect()
    assert rows.columns == list(EVENTS.names)
    for is_orig in (True, False):
        assert host_shares(told.hosts, is_orig=is_orig) == host_shares(rows, is_orig=is_orig)
    of_tables, of_rows = heaviest(told.connections, top=300), heaviest(rows, top=300)
    assert [(talker.uid, talker.protocol, talker.events) for talker in of_tables] == [
        (talker.uid, talker.protocol, talker.events) for talker in of_rows
    ]
    assert workload(told.frame).timeline == workload(rows).timeline
    assert told.facts.events is not None
    assert told.facts.events.events == rows.height


def test_the_report_fits_80_columns_and_says_what_who_and_when(
    capture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = said(capsys, str(capture), "-i", "2", "-n", "4")
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in ("median", "sigma", "peak", "Event\n", "Protocol\n", "Originator\n", "Responder\n", "Intervals\n"):
        assert part in text
    assert "Heaviest connections" in text
    assert "per packet" in text
    assert " bytes each" in text


def test_json_is_the_report_and_agrees_with_the_library(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(said(capsys, str(capture), "--json", "-n", "100000", "-i", "5s"))
    load = workload(wiretell.read_event_counts(str(capture)))
    assert document["estimated"] is False
    assert document["workload"]["events"]["total"] == load.events.total
    assert document["workload"]["events"]["percentiles"]["50"] == load.events.percentiles[50]
    for by in ("name", "protocol"):
        assert sum(row["events"] for row in document["shares"][by]) == load.events.total
        assert sum(row["bytes"] for row in document["shares"][by]) == load.bytes.total
    assert sum(row["events"] for row in document["intervals"]) == load.events.total
    assert max(row["peak"] for row in document["intervals"]) == load.events.peak
    assert document["shares"]["orig_h"]
    assert document["connections"]["by_events"][0]["events"] >= document["connections"]["by_bytes"][0]["events"]


def test_files_have_counts_or_rows_and_are_read_back(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, rows = tmp_path / "counts.parquet", tmp_path / "rows.parquet"
    said(capsys, str(capture), "--parquet", str(counts))
    said(capsys, str(capture), "--args", "--parquet", str(rows), "--csv", str(tmp_path / "rows.csv"))
    assert pl.read_parquet(counts).columns == list(EVENT_COUNTS.names)
    table = pl.read_parquet(rows)
    assert table.columns == list(EVENTS.names)
    assert all(isinstance(json.loads(args), dict) for args in table["args"].unique())
    assert pl.read_csv(tmp_path / "rows.csv", infer_schema=False).height == table.height
    want = json.loads(said(capsys, str(capture), "--json"))["workload"]
    assert json.loads(said(capsys, str(counts), "--json"))["workload"]["timeline"] == want["timeline"]
    again = json.loads(said(capsys, str(rows), "--json"))
    assert again["workload"]["timeline"] == want["timeline"]
    assert again["shares"]["orig_h"]


def test_the_meta_log_has_every_event_in_the_order_it_was_raised(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, str(capture), "--meta-log", str(tmp_path / "meta.log"))
    lines = (tmp_path / "meta.log").read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert head[-2:] == ["#fields\tts\tname\tsize", "#types\ttime\tstring\tcount"]
    rows = wiretell.scan_events(str(capture), MeterOptions(threads=1)).select("ts", "name", "size").collect()
    told = [line.split("\t") for line in lines[len(head) :]]
    assert [(name, int(size)) for _, name, size in told] == rows.select("name", "size").rows()
    assert [round(float(ts) * 1e6) for ts, _, _ in told] == rows["ts"].dt.epoch("us").to_list()
    assert said(capsys, str(capture), "--meta-log", "-") == (tmp_path / "meta.log").read_text()


def test_compressed_piped_and_in_a_folder_it_is_the_same(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    want = said(capsys, str(capture), "--csv", "-")
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    assert said(capsys, str(packed), "--csv", "-") == want
    assert said(capsys, str(tmp_path), "--csv", "-") == want
    piped = subprocess.run(
        [sys.executable, "-m", "wiretell", "events", "--csv", "-"],
        check=False,
        input=capture.read_bytes(),
        capture_output=True,
    )
    assert piped.returncode == 0
    assert piped.stdout.decode() == want


@pytest.mark.parametrize("command", ["summary", "connections", "endpoints", "events"])
def test_standard_output_by_its_name_is_that_of_a_dash(
    command: str, capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for name in ("-", "/dev/stdout", "/dev/fd/1"):
        assert run((command, "--csv", name, str(capture))) == 0
        told.append(capsys.readouterr().out)
    assert told[0].count("\n") > 3
    assert told[1:] == told[:1] * 2


def test_figures_are_drawn_as_svg_and_png(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("resvg_py")
    said(capsys, str(capture), "--figures", str(tmp_path / "figures"))
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    kinds = ("events-rate", "events-ecdf", "events-types")
    assert names == {f"{kind}.{form}" for kind in kinds for form in ("svg", "png")}


def test_without_the_package_for_png_the_svg_files_are_there_and_a_line_says_so(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert run(("events", str(capture), "--figures", str(tmp_path))) == 0
    assert "wiretell[figures]" in capsys.readouterr().err
    assert len(list(tmp_path.glob("*.svg"))) == 3
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{capture}", "--rows"], "needs --csv or --parquet"),
        (["{capture}", "--json", "--csv", "-"], "all want standard output"),
        (["{capture}", "-i", "0.5"], "counted by second"),
        (["{capture}", "-i", "often"], "no duration"),
        (["{folder}/none.pcap"], "no such file"),
        (["{folder}/text.txt"], "text.txt"),
        (["{folder}/empty"], "empty"),
        (["{capture}", "--parquet", "{folder}/no/where.parquet"], "where.parquet"),
        (["{capture}", "--rows", "--parquet", "{folder}/no/where.parquet"], "where.parquet"),
        (["{capture}", "--meta-log", "{folder}/no/meta.log"], "meta.log"),
        (["{capture}", "{folder}/conn.log"], "several kinds"),
        (["{folder}/conn.log", "--meta-log", "-"], "no rows of events"),
        (["{folder}/weird.log"], "no events can be estimated"),
    ],
)
def test_mistakes_are_one_line_and_leave_no_file(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    (tmp_path / "text.txt").write_text("nothing of the kind\n")
    (tmp_path / "empty").touch()
    head = "#separator \\x09\n#path\t{}\n#fields\tts\tuid\tid.orig_h\tid.resp_h\tproto\tconn_state\tname\tpeer\n"
    types = "#types\ttime\tstring\taddr\taddr\tenum\tstring\tstring\tstring\n"
    for log in ("conn", "weird"):
        (tmp_path / f"{log}.log").write_text(head.format(log) + types + "1.0\tC1\t10.0.0.1\t10.0.0.2\ttcp\tSF\tx\ty\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    places = {"capture": str(capture), "folder": str(tmp_path)}
    assert run(("events", *(argument.format(**places) for argument in arguments))) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert len(captured.err.splitlines()) <= 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_interrupted_run_gives_what_was_read_and_keeps_its_files(capture: Path, tmp_path: Path) -> None:
    files = [tmp_path / "meta.log", tmp_path / "rows.parquet"]
    command = [sys.executable, "-m", "wiretell", "events", "--json"]
    command += ["--rows", "--meta-log", str(files[0]), "--parquet", str(files[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        data = capture.read_bytes()
        process.stdin.write(data[: len(data) // 2])
        process.stdin.flush()
        # The pipe stays open: only the interrupt ends the run.
        deadline = time.monotonic() + 30
        while not any(tmp_path.glob(".meta.log.*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()  # type: ignore[union-attr]
        process.wait(30)
    assert process.returncode == 130
    assert b"partial" in err
    document = json.loads(out)
    assert document["interrupted"]
    total = document["workload"]["events"]["total"]
    assert total > 1000
    assert pl.read_parquet(files[1]).height == total
    assert sum(not line.startswith("#") for line in files[0].read_text().splitlines()) == total
    assert sorted(tmp_path.iterdir()) == files


def test_a_capture_without_events_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    assert "no events" in said(capsys, str(empty), "--rows", "--csv", str(tmp_path / "rows.csv"))
    assert (tmp_path / "rows.csv").read_text().startswith("ts,name,protocol,uid")
    said(capsys, str(empty), "--figures", str(tmp_path / "figures"))
    assert json.loads(said(capsys, str(empty), "--json"))["workload"]["events"]["total"] == 0


def test_logs_give_an_estimate_that_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = {
        "conn": (
            "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state "
            "missed_bytes history orig_pkts resp_pkts",
            "time string addr port addr port enum string interval count count string count string count count",
            [
                "1.5 C1 10.0.0.1 1000 10.0.0.2 80 tcp http 9.0 100 3000 SF 0 ShADadFf 6 6",
                "2.5 C2 10.0.0.1 1001 10.0.0.3 53 udp dns 0.1 30 60 SF 0 Dd 1 1",
                "3.5 C3 10.0.0.1 1002 10.0.0.4 22 tcp ssh 1.0 500 500 SF 0 ShADadFf 9 9",
            ],
        ),
        "http": (
            "ts uid id.orig_h id.orig_p id.resp_h id.resp_p method uri request_body_len response_body_len status_code "
            "status_msg",
            "time string addr port addr port string string count count count string",
            ["1.6 C1 10.0.0.1 1000 10.0.0.2 80 GET /index.html 0 2600 200 OK"],
        ),
    }
    for name, (fields, types, rows) in lines.items():
        head = f"#separator \\x09\n#path {name}\n#fields {fields}\n#types {types}\n"
        text = head.replace("\\x09", "\0").replace(" ", "\t").replace("#separator\t\0", "#separator \\x09")
        (tmp_path / f"{name}.log").write_text(text + "".join(row.replace(" ", "\t") + "\n" for row in rows))
    (tmp_path / "notes.log").write_text("left alone\n")
    text = said(capsys, str(tmp_path))
    assert "estimated" in text
    document = json.loads(said(capsys, str(tmp_path), "--json", "-n", "100000"))
    assert document["estimated"] is True
    assert document["estimated_from"] == {
        "rows": {"conn": 3, "http": 1},
        "services_not_told": {"dns": 1, "ssh": 1},
    }
    told = {row["name"]: row["events"] for row in document["shares"]["name"]}
    exactly = {
        "new_connection": 3, "connection_established": 2, "connection_SYN_packet": 4, "udp_request": 1, "udp_reply": 1,
        "http_request": 1, "http_reply": 1, "http_entity_data": 2, "connection_EOF": 4, "connection_state_remove": 3,
    }  # fmt: skip
    assert {name: told[name] for name in exactly} == exactly
    (tmp_path / "conn.log").unlink()
    assert "udp_request" not in said(capsys, str(tmp_path / "http.log"))


def test_a_log_comes_from_a_pipe_as_well(tmp_path: Path) -> None:
    record = '{"ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":53,'
    record += '"query":"a.example","qtype_name":"A","rcode":0,"answers":["192.0.2.1"],"rejected":false}\n'
    done = subprocess.run(
        [sys.executable, "-m", "wiretell", "events", "--csv", "-"],
        check=False,
        input=record.encode(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    names = pl.read_csv(io.BytesIO(done.stdout))["name"].to_list()
    assert names == ["dns_A_reply", "dns_end", "dns_message", "dns_query_reply", "dns_request"]
    shutil.rmtree(tmp_path)


def test_captures_beside_the_logs_of_a_folder_are_said_to_be_left_out(
    capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tqtype_name\trcode\n"
    (tmp_path / "dns.log").write_text(f"{head}1.0\tC1\t10.0.0.1\t1\t10.0.0.2\t53\ta.example\tA\t0\n")
    for name in ("a.pcap", "b.pcap"):
        shutil.copy(capture, tmp_path / name)
    assert run(("events", str(tmp_path), "--json")) == 0
    told = capsys.readouterr()
    assert told.err == f"wiretell: {tmp_path}: its logs are read; 2 captures beside them not, unless named\n"
    assert json.loads(told.out)["estimated_from"]["rows"] == {"dns": 1}
