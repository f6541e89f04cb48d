"""`wiretell synth` as a user meets it: what it says of what it wrote, and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "wiretell", "synth"]


def synth(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_it_says_what_was_on_the_wire_what_was_kept_and_how_large_the_file_is(tmp_path: Path) -> None:
    done = synth(tmp_path, "--packets", "1000", "--snaplen", "60", "out.pcap")
    assert (done.returncode, done.stdout) == (0, "")
    size = (tmp_path / "out.pcap").stat().st_size
    kept = size - 24 - 16 * 1000
    assert f"a file of {size / 1000:.1f} kB" in done.stderr
    assert f"{kept / 1000:.1f} kB kept of it with --snaplen 60" in done.stderr
    assert "on the wire" in done.stderr
    assert (tmp_path / "out.truth.jsonl").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "nan"), "--rate must be a number above 0"),
        (("--rate", "inf"), "--rate must be a number above 0"),
        (("--duration", "0"), "--duration must be a number above 0"),
        (("--surge-factor", "0"), "--surge-factor must be a number above 0"),
        (("--packets", "0"), "--packets is out of its range"),
        (("--snaplen", "0"), "--snaplen is out of its range"),
        (("--seed", "-1"), "--seed is out of its range"),
        (("--scenario", "storm"), "no scenario 'storm'"),
        (("--truth", "./out.pcap"), "want the same file"),
        (("--truth", "no/such/folder"), "no/such/folder: cannot write"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = synth(tmp_path, *arguments, "out.pcap")
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[0]
    assert list(tmp_path.iterdir()) == []


def test_a_capture_that_is_no_trace_of_synth_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pcap"
    mine.write_bytes(b"captured once, and never again")
    done = synth(tmp_path, "--packets", "10", "mine.pcap")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wiretell: mine.pcap is there, and has no truth")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.pcap"]
    assert mine.read_bytes() == b"captured once, and never again"
    for packets in ("10", "20"):
        assert synth(tmp_path, "--packets", packets, "out.pcap").returncode == 0


def test_a_trace_of_too_few_packets_for_its_duration_is_said_to_be_short(tmp_path: Path) -> None:
    assert "too few" not in synth(tmp_path, "--packets", "3000", "--duration", "10", "long.pcap").stderr
    line = synth(tmp_path, "--packets", "10", "--duration", "10", "short.pcap").stderr.splitlines()[-1]
    assert re.fullmatch(r"wiretell: 10 packets end after \S+ \S+: too few for --duration 10", line)


def test_into_a_pipe_it_writes_the_same_bytes_and_no_truth(tmp_path: Path) -> None:
    synth(tmp_path, "--packets", "500", "out.pcap")
    piped = subprocess.run([*COMMAND, "--packets", "500", "-"], cwd=tmp_path, capture_output=True, check=True)
    assert piped.stdout == (tmp_path / "out.pcap").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.pcap", "out.truth.jsonl"]


def test_into_a_file_that_the_shell_opened_it_writes_after_what_is_there(tmp_path: Path) -> None:
    synth(tmp_path, "--packets", "500", "out.pcap")
    redirected = tmp_path / "redirected"
    redirected.write_bytes(b"before")
    with redirected.open("ab") as file:
        subprocess.run([*COMMAND, "--packets", "500", "-"], stdout=file, check=True)
    assert Path("/dev/stdout").is_symlink()
    assert redirected.read_bytes() == b"before" + (tmp_path / "out.pcap").read_bytes()


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    script = '"$@" | head -c 100 >/dev/null; echo "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", script, "-", *COMMAND, "-"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line_and_leaves_no_truth_beside_a_device(tmp_path: Path) -> None:
    done = synth(tmp_path, "--packets", "500", "/dev/full")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "/dev/full: cannot write: No space left" in done.stderr
    assert not Path("/dev/full.truth.jsonl").exists()
