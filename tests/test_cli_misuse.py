"""What a user does wrong, or the system does to them: one clear line on stderr, exit code 2, nothing on stdout."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.captures import HEADER, Sent, capture_of, record
from tests.waiting import wait_until_it_waits

WIRETELL = str(Path(sys.executable).parent / "wiretell")
COMMANDS = ("summary", "profile")
START = 1_600_000_000_000_000_000

pytestmark = pytest.mark.skipif(not Path(WIRETELL).exists(), reason="the wiretell command is not installed")


def run(*words: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([WIRETELL, *map(str, words)], input=stdin, capture_output=True, check=False, timeout=60)


def sent(count: int) -> list[Sent]:
    return [
        Sent(START + 1000 * number, "10.0.0.1", "10.0.0.2", 6, 1024 + number % 50, 80, 9) for number in range(count)
    ]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return capture_of(sent(200), tmp_path / "good.pcap")


def assert_refused(done: subprocess.CompletedProcess[bytes], *words: str) -> None:
    said = done.stderr.decode()
    assert done.returncode == 2
    assert done.stdout == b""
    lines = said.splitlines()
    assert lines
    assert lines[0].startswith("wiretell: ")
    assert all(line.startswith("hint: ") for line in lines[1:])
    assert len(lines) <= 2
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_capture_is_refused_by_name(command: str, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam,\n" * 100)
    assert_refused(run(command, path), "letter.txt")


@pytest.mark.parametrize("command", COMMANDS)
def test_bytes_without_meaning_are_refused(command: str, tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes((7 * number + 3) % 251 for number in range(5000)))
    assert_refused(run(command, path), "noise")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_file_is_refused(command: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.touch()
    assert_refused(run(command, path), "empty.pcap", "empty")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_file_is_refused(command: str, tmp_path: Path) -> None:
    assert_refused(run(command, tmp_path / "gone.pcap"), "gone.pcap")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_captures_is_refused(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    assert_refused(run(command, folder), "papers")
    (folder / "note.txt").write_text("nothing here\n")
    assert_refused(run(command, folder), "papers")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_header_that_is_cut_is_refused(command: str, tmp_path: Path) -> None:
    path = tmp_path / "short.pcap"
    path.write_bytes(HEADER[:20])
    assert_refused(run(command, path), "short.pcap")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(good: Path) -> None:
    good.chmod(0)
    assert_refused(run("summary", good), "good.pcap", "ermission")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_refused_with_a_hint(command: str, good: Path) -> None:
    assert_refused(run(command, "--no-such-thing", good), "--no-such-thing")


def test_an_unknown_command_is_refused() -> None:
    assert_refused(run("sumary"), "sumary")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_pipe_is_refused(command: str) -> None:
    assert_refused(run(command, "-"))


def test_one_bad_file_among_good_ones_is_named(good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_text("no capture")
    assert_refused(run("summary", good, bad), "bad.pcap")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_cut_is_read_up_to_the_cut_and_said_so(command: str, good: Path) -> None:
    good.write_bytes(good.read_bytes()[:-7])
    done = run(command, good)
    assert done.returncode == 0
    assert b"ends inside a record" in b" ".join((done.stdout + done.stderr).split())
    assert b"199" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_early_gets_no_traceback(command: str, good: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" "$1" "$2" | true; echo "${PIPESTATUS[0]}"', WIRETELL, command, str(good)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr == ""
    assert int(done.stdout) in (0, 1, 141)


def test_the_page_of_a_profile_is_there_although_the_reader_of_the_screen_went_away(good: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    subprocess.run(
        ["bash", "-c", '"$@" | true', "-", WIRETELL, "profile", str(good), "--html", str(page)], check=True, timeout=60
    )
    assert page.read_text(encoding="utf-8").endswith("</html>\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line(command: str, good: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([WIRETELL, command, str(good)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert b"No space left" in done.stderr


ROWS = (("--rows", "--csv", "-"), ("--meta-log", "-"))


@pytest.mark.parametrize("words", ROWS)
def test_rows_of_events_end_quietly_where_their_reader_goes_away(words: tuple[str, ...], tmp_path: Path) -> None:
    long = capture_of(sent(20_000), tmp_path / "long.pcap")
    with subprocess.Popen(
        [WIRETELL, "events", *words, str(long)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ROWS)
def test_rows_of_events_say_why_they_cannot_be_written(words: tuple[str, ...], good: Path, tmp_path: Path) -> None:
    beside = tmp_path / "rows.parquet"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [WIRETELL, "events", *words, "--rows", "--parquet", str(beside), str(good)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, b"wiretell: standard output: cannot write: No space left on device\n")
    assert not beside.exists()
    assert_refused(run("events", *words[:-1], "/dev/full", good), "/dev/full: cannot write: No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [("summary",), ("connections",), ("endpoints",), ("events",), ("events", "--rows")])
def test_a_table_that_cannot_be_written_is_one_line(command: tuple[str, ...], good: Path) -> None:
    assert_refused(run(*command, good, "--parquet", "/dev/full"), "/dev/full: cannot write")


@pytest.mark.parametrize("words", [("summary",), ("summary", "--json"), ("profile",)])
def test_a_closed_standard_output_is_one_line(words: tuple[str, ...], good: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", 'exec "$@" >&-', "-", WIRETELL, *words, str(good)], capture_output=True, check=False, timeout=60
    )
    assert_refused(done, "standard output is closed")


@pytest.mark.parametrize("words", [("summary",), ("profile",), ("behavior",)])
def test_output_is_utf8_whatever_the_locale(words: tuple[str, ...], good: Path) -> None:
    ascii_only, utf8 = (
        subprocess.run(
            [WIRETELL, *words, str(good)], capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": name}
        ).stdout
        for name in ("ascii", "utf-8")
    )
    assert ascii_only == utf8


def test_a_name_that_is_no_text_does_no_harm(good: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(good.parent) + b"/odd\xff.pcap")
    good.rename(odd)
    page = tmp_path / "page.html"
    env = os.environ | {"PYTHONIOENCODING": "utf-8"}
    for words in (["summary", "--json"], ["profile", "--html", str(page)]):
        done = subprocess.run([WIRETELL, *words, odd], capture_output=True, check=False, env=env)
        assert done.returncode == 0
        assert "/odd" in done.stdout.decode()
    assert "/odd" in page.read_text("utf-8")


def test_a_closed_standard_error_or_input_does_no_harm(good: Path) -> None:
    whole = run("summary", good).stdout
    for closed in ("2>&-", "<&-", "2>&- <&-"):
        done = subprocess.run(
            ["bash", "-c", f'exec "$@" {closed}', "-", WIRETELL, "summary", str(good)], capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, whole)
    done = subprocess.run(["bash", "-c", 'exec "$@" <&- 2>&-', "-", WIRETELL, "summary"], check=False)
    assert done.returncode == 2


def test_several_pipes_are_read_under_their_own_names(good: Path) -> None:
    script = 'cat "$1" | "$0" summary --json - <(cat "$1") <(gzip -c "$1")'
    done = subprocess.run(["bash", "-c", script, WIRETELL, str(good)], capture_output=True, check=True, timeout=60)
    facts = json.loads(done.stdout)["facts"]
    assert facts["read"] == 600
    assert [file["compression"] for file in facts["files"]] == [None, None, "gzip"]
    assert [file["name"][:8] for file in facts["files"]] == ["-", "/dev/fd/", "/dev/fd/"]


def test_a_pipe_named_twice_is_refused(good: Path) -> None:
    assert_refused(run("summary", "-", "-", stdin=good.read_bytes()), "named twice")


def test_an_output_file_that_cannot_be_written_is_one_line(good: Path, tmp_path: Path) -> None:
    assert_refused(run("summary", good, "--csv", tmp_path / "no" / "such" / "folder.csv"), "folder.csv")
    assert_refused(run("summary", good, "--parquet", tmp_path / "no" / "such" / "folder.parquet"), "folder.parquet")


OUTPUTS = (
    *(("summary", option) for option in ("--csv", "--parquet", "-P")),
    *((command, option) for command in ("connections", "endpoints", "events") for option in ("--csv", "--parquet")),
    ("events", "--meta-log"),
    ("profile", "--html"),
)


@pytest.mark.parametrize(("command", "option"), OUTPUTS)
def test_an_output_never_takes_the_place_of_an_input(command: str, option: str, good: Path) -> None:
    whole = good.read_bytes()
    assert_refused(run(command, good, option, good), option, "would overwrite the input")
    assert good.read_bytes() == whole


def test_an_input_is_known_through_links_and_as_standard_input(good: Path, tmp_path: Path) -> None:
    whole = good.read_bytes()
    symbolic, hard = tmp_path / "symbolic.pcap", tmp_path / "hard.pcap"
    symbolic.symlink_to(good)
    hard.hardlink_to(good)
    for one, other in ((good, symbolic), (symbolic, good), (hard, good)):
        assert_refused(run("summary", "--csv", one, other), "would overwrite the input")
    with good.open("rb") as file:
        words = [WIRETELL, "summary", "--csv", str(good)]
        done = subprocess.run(words, stdin=file, capture_output=True, check=False, timeout=60)
    assert_refused(done, "would overwrite the input standard input")
    assert_refused(run("behavior", good, "--parquet", good), "--parquet", "is no folder")
    nets = tmp_path / "ports"
    nets.write_text("80\n")
    assert_refused(run("summary", good, "-p", nets, "-P", nets), "would overwrite the input")
    assert nets.read_text() == "80\n"
    assert good.read_bytes() == whole
    table = tmp_path / "r.dat"
    good.rename(table)
    assert_refused(run("summary", table, "-R", tmp_path / "r"), "-R", "would overwrite the input")
    assert table.read_bytes() == whole


def test_files_of_a_folder_that_are_read_are_not_overwritten_others_are(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "captures" / "today"
    folder.mkdir(parents=True)
    inside, link = folder / "inside.pcap", tmp_path / "link.pcap"
    good.rename(inside)
    link.symlink_to(inside)
    for path in (inside, link):
        assert_refused(run("summary", tmp_path / "captures", "--csv", path), "would overwrite a file of the input")
    first = [run("summary", tmp_path / "captures", "--csv", folder / "x.csv") for _ in range(2)]
    assert [done.returncode for done in first] == [0, 0]


def test_tables_do_not_overwrite_those_they_are_made_of(good: Path, tmp_path: Path) -> None:
    from wiretell import read_flows

    table = tmp_path / "profiles.parquet"
    read_flows(good).write_parquet(table)
    whole = table.read_bytes()
    assert_refused(run("behavior", table, "--parquet", tmp_path), "would overwrite the input")
    assert table.read_bytes() == whole


def test_two_outputs_do_not_share_a_file(good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert_refused(run("summary", good, "--csv", out, "--parquet", out), "--parquet and --csv want the same file")
    assert not out.exists()


def test_ctrl_c_in_a_slow_pipe_ends_at_once_with_what_was_read(tmp_path: Path) -> None:
    more_than_a_pipe_holds = capture_of(sent(20_000), tmp_path / "long.pcap").read_bytes()
    with subprocess.Popen(
        [WIRETELL, "summary", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(more_than_a_pipe_holds)
        process.stdin.flush()
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        output = process.stdout.read()
        complaints = process.stderr.read()
        process.wait(timeout=20)
        assert time.monotonic() - began < 10
    assert b"Traceback" not in complaints
    assert b"interrupted" in complaints
    assert b"packets" in output
    assert process.returncode == 130


def test_ctrl_c_in_a_slow_log_ends_at_once_with_what_was_read() -> None:
    fields = ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "conn_state")
    row = "1700000000.0 C{} 10.0.0.1 4000 10.0.0.2 80 tcp 1.0 SF".replace(" ", "\t")
    log = "\n".join(["#separator \\x09", "#path\tconn", "\t".join(["#fields", *fields]), *map(row.format, range(5000))])
    with subprocess.Popen(
        [WIRETELL, "summary", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(log.encode() + b"\n")
        process.stdin.flush()
        wait_until_it_waits(process)
        process.send_signal(signal.SIGINT)
        output, complaints = process.stdout.read(), process.stderr.read()
        process.wait(timeout=20)
    assert b"Traceback" not in complaints
    assert b"interrupted" in complaints
    assert b"5,000 connections" in output
    assert process.returncode == 130


def test_two_at_once_on_one_file_say_the_same(good: Path) -> None:
    both = [subprocess.Popen([WIRETELL, "summary", str(good)], stdout=subprocess.PIPE) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert outputs[0] == outputs[1] != b""
    assert [process.returncode for process in both] == [0, 0]


@pytest.mark.parametrize("option", ["--csv", "--parquet"])
def test_a_killed_run_leaves_no_half_output_file(option: str, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        [WIRETELL, "summary", "-", option, str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(good.read_bytes())
        process.stdin.flush()
        wait_until_it_waits(process)
        process.kill()
        process.wait(timeout=20)
    assert not out.exists()


def test_a_record_that_claims_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.pcap"
    huge = record(START, bytes(40))
    path.write_bytes(HEADER + huge[:8] + (0xFFFFFFF0).to_bytes(4, "little") * 2 + bytes(64))
    # A small process in between: a child's peak starts from that of the process that forked it.
    asked = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[1:], capture_output=True).returncode\n"
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, WIRETELL, "summary", str(path)], capture_output=True, check=True, timeout=60
    )
    code, peak_kilobytes = map(int, done.stdout.split())
    assert code in (0, 2)
    assert peak_kilobytes < 300_000


_INTERRUPTED_AGAIN = """
import wiretell.cli, wiretell.cli.app

def run(_):
    def pieces():
        try:
            yield
        finally:
            raise KeyboardInterrupt
    next(pieces())
    return 130

wiretell.cli.app.run = run
wiretell.cli.main()
"""


def test_a_second_interrupt_at_the_end_of_a_generator_is_not_told() -> None:
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED_AGAIN], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
