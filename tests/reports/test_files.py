"""Files take the place of those that were there, whole, and nothing else gives way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wiretell.reports.files import write_text


def test_the_file_that_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file, link = tmp_path / "folder" / "file", tmp_path / "link"
    link.symlink_to("folder/file")
    for text in ("one", "two"):
        write_text(link, text)
        assert link.is_symlink()
        assert file.read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc here")
def test_an_open_file_is_written_to_and_its_link_stays(tmp_path: Path) -> None:
    link = tmp_path / "stdout"
    with (tmp_path / "file").open("wb") as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        inode = os.fstat(file.fileno()).st_ino
        write_text(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "file").stat().st_ino == inode
    assert (tmp_path / "file").read_text() == "text"
