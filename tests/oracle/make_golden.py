"""Writes tests/golden/tshark.tsv.gz anew: `python -m tests.oracle.make_golden`, run by `make oracle`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.oracle.golden import Golden, write_golden
from tests.oracle.shared import capture_names, shared_data
from tests.oracle.tshark import ask


def main() -> int:
    """Asks tshark and capinfos of every capture, two at a time."""
    data = shared_data()
    if not data.is_dir() or not shutil.which("tshark"):
        print("needs ../shared/data and tshark", file=sys.stderr)  # noqa: T201
        return 2
    os.nice(5)
    version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    rows: list[Golden] = []
    names = capture_names(data)
    with ThreadPoolExecutor(2) as pool:
        for golden, _ in pool.map(lambda name: ask(data / name, name), names):
            rows.append(golden)
            if len(rows) % 100 == 0:
                print(f"{len(rows)} of {len(names)}", file=sys.stderr)  # noqa: T201
    write_golden(rows, f"{version}; python -m tests.oracle.make_golden")
    return 0


if __name__ == "__main__":
    sys.exit(main())
