"""`wiretell summary` and `profile` as a user meets them: output, errors, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.hand_made import udp_packet, write_pcap
from tests.waiting import wait_until_it_waits
from wiretell.engines.polars import polars_schema
from wiretell.schema import SUMMARY

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = [sys.executable, "-m", "wiretell"]
ADDRESS = "2001:db8:1111:2222:3333:4444:5555:6666"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return command


@pytest.fixture(autouse=True)
def capture(tmp_path: Path) -> Path:
    frames = [udp_packet("10.0.0.1", "10.0.0.2"), udp_packet(ADDRESS, "2001:db8::2"), udp_packet("10.0.0.2", "9.9.9.9")]
    return write_pcap(tmp_path / "x.pcap", [(float(at), frame) for at, frame in enumerate(frames)])


def test_the_report_goes_to_standard_output_and_nothing_to_standard_error(run: Run) -> None:
    result = run("summary", "x.pcap")
    assert (result.returncode, result.stderr) == (0, "")
    assert "3 packets" in result.stdout


def test_one_of_a_kind_is_singular(run: Run, tmp_path: Path) -> None:
    names = [str(number) for number in range(9)]
    for name in names:
        (tmp_path / name).write_text(
            "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
        )
    with (tmp_path / "0").open("a") as log:
        log.write("1\tC1\t10.0.0.1\t1024\t10.0.0.2\t80\ttcp\tS0\n1\n")
    text = run("summary", *names).stdout
    assert "1 connection\n" in text
    assert "1 connection, 1 bad line\n" in text
    assert "1 more file\n" in text


@pytest.mark.parametrize("names", [("x.pcap", "x.pcap"), ("x.pcap", "link.pcap")])
def test_a_file_that_is_named_twice_is_told(run: Run, tmp_path: Path, names: tuple[str, str]) -> None:
    if "link.pcap" in names:
        (tmp_path / "link.pcap").symlink_to("x.pcap")
    told = run("summary", *names)
    assert "x.pcap is named 2 times, and counts as often\n" in told.stderr
    assert "6 packets" in told.stdout


def test_other_files_are_not_named_twice(run: Run, tmp_path: Path, capture: Path) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "x.pcap").write_bytes(capture.read_bytes())
    assert run("summary", "x.pcap", "day").stderr == ""


@pytest.mark.parametrize("width", ["80", "120", "200"])
def test_lines_fit_the_width_and_no_address_is_cut(run: Run, width: str) -> None:
    result = run("summary", "x.pcap", COLUMNS=width)
    assert max(map(len, result.stdout.splitlines())) <= int(width)
    assert ADDRESS in result.stdout
    assert "…" not in result.stdout


def test_a_pipe_gets_no_color_and_no_spaces_at_line_ends(run: Run) -> None:
    lines = run("summary", "x.pcap").stdout.splitlines()
    assert not any("\x1b" in line or line != line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("summary", "-e", "x.pcap"), "-e needs -l"),
        (("summary", "-s", "1e308", "x.pcap"), "at most 1,000,000,000"),
        (("summary", "--threads", "99999999999", "x.pcap"), "--threads"),
        (("summary", "-n", "99999999999999999999", "x.pcap"), "-n"),
        (("connections", "-n", "99999999999999999999", "x.pcap"), "-n"),
        (("connections", "-i", "999999999d", "x.pcap"), "too long"),
        (("summary", "-S", "0.5", "--seed", "-1", "x.pcap"), "--seed"),
        (("summary", "-S", "0.5", "--seed", "99999999999999999999", "x.pcap"), "--seed"),
        (("summary", "-s", "nan", "x.pcap"), "-s nan: a factor is at least 1"),
        (("summary", "-s", "inf", "x.pcap"), "-s inf: a factor is at least 1"),
        (("summary", "-S", "nan", "x.pcap"), "-S nan: a probability"),
        (("summary", "--by", "miles", "x.pcap"), "--by miles"),
        (("summary", "-b", "--by", "flows", "x.pcap"), "-b and --by"),
        (("summary", "--by", "weather", "x.pcap"), "--by weather"),
        (("summary", "-v", "x.pcap"), "-v needs -i"),
        (("summary", "-i", "soon", "x.pcap"), "soon"),
        (("summary", "-s", "0", "x.pcap"), "-s 0"),
        (("summary", "--tz", "Moon/Base", "x.pcap"), "Moon/Base"),
        (("summary", "-p", "missing", "x.pcap"), "missing"),
        (("summary", "-p", "/dev/null", "x.pcap"), "/dev/null: there is no port in it"),
        (("summary", "-U", "2026-11-22", "-V", "2026-11-21", "x.pcap"), "-U 2026-11-22 is later than -V 2026-11-21"),
        (("summary", "-l", "missing", "x.pcap"), "missing"),
        (("summary", "nothing.pcap"), "nothing.pcap"),
        (("summary", "--json", "--csv", "-", "x.pcap"), "--csv"),
        (("summary", "--frobnicate", "x.pcap"), "--frobnicate"),
        (("sumary", "x.pcap"), "sumary"),
        (("summary", "--parquet", "no/such/folder.parquet", "x.pcap"), "no/such/folder.parquet"),
        (("summary", "--parquet", "/dev/full", "x.pcap"), "No space left"),
    ],
)
def test_a_mistake_is_one_line_and_perhaps_a_hint_and_exit_code_2(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    result = run(*arguments)
    lines = result.stderr.splitlines()
    assert (result.returncode, result.stdout) == (2, "")
    assert lines[0].startswith("wiretell: ")
    assert said in lines[0]
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("hint: "))


def test_a_full_disk_under_standard_output_is_one_line(run: Run, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*COMMAND, "summary", "x.pcap"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    assert (result.returncode, result.stderr) == (2, "wiretell: standard output: No space left on device\n")


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    command = [*COMMAND, "summary", "x.pcap"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, b"")


def test_ctrl_c_prints_what_was_read_so_far_and_says_that_it_is_partial(tmp_path: Path, capture: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "summary", "--json", "-"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(capture.read_bytes())
    process.stdin.flush()
    wait_until_it_waits(process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"partial" in errors
    found = json.loads(output)
    assert found["interrupted"] is True
    assert found["total"]["totals"]["packets"] == 3


def test_parquet_and_csv_hold_the_summary_table(run: Run, tmp_path: Path) -> None:
    assert run("summary", "--parquet", "x.parquet", "--csv", "x.csv", "x.pcap").returncode == 0
    table = pl.read_parquet(tmp_path / "x.parquet")
    assert dict(table.schema) == dict(polars_schema(SUMMARY))
    assert len((tmp_path / "x.csv").read_text().splitlines()) == table.height + 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_write_ports_writes_the_top_ports_ascending(run: Run, tmp_path: Path) -> None:
    frames = [udp_packet("10.0.0.1", "10.0.0.2", dst_port=port) for port in (123, 53, 53, 8080)]
    write_pcap(tmp_path / "ports.pcap", [(0, frame) for frame in frames])
    assert run("summary", "-n", "2", "-P", "top", "ports.pcap").returncode == 0
    assert (tmp_path / "top").read_text() == "53\n123\n"


def test_intervals_are_aligned_to_the_epoch_and_empty_ones_are_left_out(run: Run, tmp_path: Path) -> None:
    packet = udp_packet("10.0.0.1", "10.0.0.2")
    write_pcap(tmp_path / "gap.pcap", [(30, packet), (70, packet), (250, packet)])
    found = json.loads(run("summary", "--json", "-i", "1m", "gap.pcap").stdout)["intervals"]
    starts = ["2026-11-21T09:00:00", "2026-11-21T09:01:00", "2026-11-21T09:04:00"]
    assert [block["window"][:19] for block in found] == starts
    assert [block["totals"]["packets"] for block in found] == [1, 1, 1]


def test_intervals_that_are_not_whole_say_how_much_of_them_was_seen(run: Run, tmp_path: Path) -> None:
    packets = [(float(at), udp_packet("10.0.0.1", "10.0.0.2")) for at in range(3, 36)]
    write_pcap(tmp_path / "part.pcap", packets)
    assert "Seen: 7 s of the first interval, 5 s of the last interval" in run("summary", "-i", "10", "part.pcap").stdout
    assert "Seen: 32 s of the only interval" in run("summary", "-i", "60", "part.pcap").stdout


def test_intervals_with_directions_fit_80_columns_and_no_time_is_cut(run: Run, tmp_path: Path) -> None:
    packets = [(float(at) * 40_000, udp_packet("10.0.0.1", "10.0.0.2")) for at in range(3)]
    write_pcap(tmp_path / "days.pcap", packets)
    (tmp_path / "nets").write_text("10.0.0.0/8 here\n")
    one, two = (run("summary", "-i", "1h", "-l", "nets", name, COLUMNS="80").stdout for name in ("x.pcap", "days.pcap"))
    assert "Intervals of 1 h, 2026-11-21, UTC" in one
    assert "\n09:00:00 " in one
    assert "Intervals of 1 h, UTC" in two
    assert "\n11-22 07:00:00 " in two
    assert max(map(len, (one + two).splitlines())) <= 80


def test_local_networks_show_those_without_traffic_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nets").write_text("10.0.0.0/8 ten\n192.168.0.0/16 silent\n")
    text = run("summary", "-l", "nets", "x.pcap").stdout
    assert "192.168.0.0/16" in text
    assert "silent" in text
    for word in ("Incoming", "Outgoing", "Internal", "Transit"):
        assert word in text


def test_a_direction_without_traffic_is_zero_in_json_as_on_the_screen(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nets").write_text("0.0.0.0/0 all\n::/0 six\n192.168.0.0/16 silent\n")
    lines = run("summary", "-l", "nets", "x.pcap").stdout.splitlines()
    assert next(line for line in lines if line.startswith("Transit")).split()[1] == "0"
    found = json.loads(run("summary", "-l", "nets", "-i", "1m", "--json", "x.pcap").stdout)
    for directions in (found["directions"], found["intervals"][0]["directions"]):
        transit, internal = directions["transit"], directions["internal"]
        assert internal["totals"]["packets"] == 3
        assert set(transit["totals"]) == set(internal["totals"]) - {"start", "end"}
        assert set(transit["totals"].values()) == {0}
    silent = next(network for network in found["networks"] if network["text"] == "silent")
    assert silent["totals"]["packets"] == 0


def test_to_save_memory_no_number_of_ports_and_hosts_is_told(run: Run) -> None:
    assert " · 1 port\n" in run("summary", "x.pcap").stdout
    assert " port" not in run("summary", "-m", "x.pcap").stdout
    totals = json.loads(run("summary", "-m", "--json", "x.pcap").stdout)["total"]["totals"]
    assert totals["packets"] == 3
    assert not {"ports", "hosts", "sources", "destinations", "pairs"} & set(totals)


def test_the_same_seed_keeps_the_same_packets(run: Run, tmp_path: Path) -> None:
    packet = udp_packet("10.0.0.1", "10.0.0.2")
    write_pcap(tmp_path / "many.pcap", [(at / 100, packet) for at in range(500)])
    one, same, other = (run("summary", "-S", "0.3", "--seed", seed, "many.pcap").stdout for seed in ("1", "1", "2"))
    assert one == same
    assert one != other
    assert "±" in one


def test_sizes_and_rate_over_time_are_of_what_filters_and_sampling_let_through(run: Run, tmp_path: Path) -> None:
    frames = [udp_packet("10.0.0.1", "10.0.0.2", payload=at) for at in range(100)]
    write_pcap(tmp_path / "grow.pcap", [(float(at), frame) for at, frame in enumerate(frames)])

    def asked(*options: str) -> tuple[float, float, float, float]:
        found = json.loads(run("summary", "--json", *options, "grow.pcap").stdout)
        packets = sum(point["packets"] for point in found["timeline"]["points"])
        totals, sizes = found["total"]["totals"], found["sizes"].get("packet_bytes", {"p0": 0, "p100": 0})
        return packets, totals["packets"], sizes["p0"], sizes["p100"]

    assert asked() == (100, 100, 28, 127)
    assert asked("-U", "2026-11-21-09-00-10", "-V", "2026-11-21-09-00-19") == (10, 10, 38, 47)
    assert asked("-t") == (0, 0, 0, 0)
    sampled = asked("-S", "0.2")
    assert sampled[0] == pytest.approx(sampled[1])
    assert 25 < sampled[0] < 250
    (tmp_path / "ports").write_text("54\n")
    assert asked("-p", "ports") == (0, 0, 0, 0)


def test_the_peak_of_the_line_of_bars_says_over_what_time_it_is(run: Run, tmp_path: Path) -> None:
    frame = udp_packet("10.0.0.1", "10.0.0.2")
    write_pcap(tmp_path / "busy.pcap", [(at / 20, frame) for at in range(2000)])
    assert re.search(
        r"peak 2\d(\.\d)? packets/s over 1\.[0-9]+ s$", run("summary", "busy.pcap", COLUMNS="100").stdout, re.M
    )
    assert re.search(r"peak .* kbit/s over 1\.[0-9]+ s$", run("summary", "-b", "busy.pcap", COLUMNS="100").stdout, re.M)


def test_profile_shows_facts_and_summary(run: Run) -> None:
    text = run("profile", "x.pcap").stdout
    assert text.index("Capture") < text.index("Total")
    assert "summary" in json.loads(run("profile", "--json", "x.pcap").stdout)


def test_help_names_every_command_and_every_letter_of_trace_summary(run: Run) -> None:
    overview = run("--help").stdout
    assert "summary" in overview
    assert "profile" in overview
    text = run("summary", "--help").stdout
    for letter in "bcCeEilnpPrRsSmtuUVv":
        assert f"  -{letter}, --" in text, letter


def test_a_table_from_elsewhere_needs_only_what_is_summed(run: Run, tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    row = {
        "start": moment, "end": moment, "src_ip": "10.0.0.1", "dst_ip": "10.0.0.2", "src_port": 40000, "dst_port": 53,
        "protocol": 17, "packets": 2, "bytes": 100, "payload_bytes": 44,
    }  # fmt: skip
    pl.DataFrame([row]).write_parquet(tmp_path / "flows.parquet")
    assert "2 packets" in run("summary", "flows.parquet").stdout
    pl.DataFrame([row]).drop("bytes").write_parquet(tmp_path / "flows.parquet")
    result = run("summary", "flows.parquet")
    assert (result.returncode, result.stdout) == (2, "")
    assert "without bytes" in result.stderr
    pl.DataFrame([row | {"start": "yesterday"}]).write_parquet(tmp_path / "flows.parquet")
    result = run("summary", "flows.parquet")
    assert result.returncode == 2
    assert "flows.parquet" in result.stderr
    assert "Traceback" not in result.stderr


def test_payload_beyond_the_packets_is_said_to_hold_what_was_not_captured(run: Run, tmp_path: Path) -> None:
    row = {
        "ts": 1.0, "uid": "C1", "id.orig_h": "10.0.0.1", "id.orig_p": 1, "id.resp_h": "10.0.0.2", "id.resp_p": 80, "proto": "tcp",
        "duration": 1.0, "orig_bytes": 10, "resp_bytes": 9000, "conn_state": "SF", "missed_bytes": 8000, "orig_pkts": 3,
        "orig_ip_bytes": 130, "resp_pkts": 3, "resp_ip_bytes": 1130,
    }  # fmt: skip
    log = tmp_path / "conn.log"
    for resp_bytes, said in ((9000, True), (1000, False)):
        log.write_text(json.dumps(row | {"resp_bytes": resp_bytes}) + "\n")
        shown = " ".join(run("summary", str(log)).stdout.split())
        assert ("what was not captured included" in shown) == said
