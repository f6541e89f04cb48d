"""The captures beside the checkout, and how to find them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

MAGICS = {
    bytes.fromhex(text)
    for text in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1", "0a0d0d0a", "736e6f6f")
}
"""The first four bytes of pcap (micro- and nanoseconds, modified), pcapng and snoop files."""


def shared_data() -> Path:
    """The folder of real captures: `$WIRETELL_SHARED/data` or `../shared/data` beside the checkout."""
    root = os.environ.get("WIRETELL_SHARED")
    return (Path(root) if root else Path(__file__).parents[3] / "shared") / "data"


def capture_names(data: Path) -> list[str]:
    """The captures below that folder, by their first bytes, in order of name."""
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and is_capture(path))


def is_capture(path: Path) -> bool:
    """Whether the file begins like a capture, gzipped or not."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as file:
                start = file.read(4)
        except (OSError, EOFError):
            return False
    return start in MAGICS
