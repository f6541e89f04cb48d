"""Endpoints as text say what a reader would take them to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hand_made import write_pcap
from tests.tcp_frames import ACK, SYN, Talk
from wiretell.cli.app import run


def test_a_share_of_few_attempts_is_not_said_of_many_connections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = []
    for number in range(9):
        talk = Talk("10.0.0.1", f"192.0.2.{number + 1}", 443)
        if number:
            talk.say(number, 1, 500, 101, SYN | ACK)
        else:
            talk.say(number, 0, 100, 0, SYN)
        frames += talk.frames
    path = write_pcap(tmp_path / "reflected.pcap", frames)
    assert run(["endpoints", str(path), "--sort", "failed"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("10.0.0.1 "))
    assert line.split()[1:5] == ["9", "1", "of", "1"]
