"""The README's Python runs as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.hand_made import udp_packet, write_pcap


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pcap(tmp_path / "trace.pcap", [(0.0, udp_packet("10.0.0.1", "10.0.0.2"))])
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    program = (ROOT / "README.md").read_text().partition("```python\n")[2].partition("```")[0]
    exec(program, told)
    assert told["ports"].rows(named=True)[0]["key"] == 53
