"""What happens before a capture is read: as little as can be; and what the package shows."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import wiretell
from tests.hand_made import udp_packet, write_pcap
from wiretell.cli.app import run

# Each takes a tenth of a second or more; imported while the meter reads, they cost nothing.
HEAVY = {
    "summary": ("polars", "narwhals", "pyarrow"),
    "profile": ("polars", "pyarrow"),
    "connections": ("polars", "narwhals", "pyarrow", "rich"),
}
PROGRAM = """
import sys
from wiretell.sources import capture_run
from wiretell.cli.app import run

def started(*arguments, **options):
    print(*(name for name in {heavy} if name in sys.modules), sep=",")
    raise SystemExit(0)

capture_run.CaptureRun.__init__ = started
run({command})
"""


def test_reading_starts_before_the_frame_libraries_are_imported(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "x.pcap", [(0.0, udp_packet("10.0.0.1", "10.0.0.2"))])
    for command, heavy in HEAVY.items():
        program = PROGRAM.format(heavy=heavy, command=[command, str(path)])
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr, result.stdout.strip()) == (0, "", ""), command


def test_usage_says_that_there_may_be_several_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["summary", "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: wiretell summary [OPTIONS] [INPUT...]\n")


def test_help_on_meter_fits_a_screen() -> None:
    assert len(str(inspect.signature(wiretell.meter))) < 1000


def test_a_notebook_completes_the_public_names_alone() -> None:
    shown = {name for name in dir(wiretell) if not name.startswith("__")}
    assert shown == set(wiretell.__all__)
