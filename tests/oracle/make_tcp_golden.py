"""Writes tests/golden/tcp.tsv.gz and docs/connections-oracles.md anew: `python -m tests.oracle.make_tcp_golden`.

`make oracle` runs it; with the argument `page` it writes the page alone, from the golden file that is there.
"""

from __future__ import annotations

import csv
import gzip
import os
import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.oracle.shared import shared_data
from tests.oracle.tcp_classes import judged, reasons, table
from tests.oracle.tcp_peers import Direction, ask, read, write

LEAST_PACKETS, MOST_BYTES = 12, 4_000_000
PAGE = Path(__file__).parents[2] / "docs" / "connections-oracles.md"
LEFT_OUT = ("proto_malformed/", "flow/")
TWICE = "ftp-crack.pcap"
"""Holds all its packets twice, one after the other: the peers take every second connection for data sent again."""


def main() -> int:
    """Asks tshark and tcptrace of every capture with TCP that speaks, two at a time."""
    data = shared_data()
    if not data.is_dir() or not shutil.which("tshark") or not shutil.which("tcptrace"):
        print("needs ../shared/data, tshark and tcptrace", file=sys.stderr)  # noqa: T201
        return 2
    os.nice(5)
    if "page" not in sys.argv[1:]:
        rows: list[Direction] = []
        names = captures(data)
        with ThreadPoolExecutor(2) as pool:
            for number, found in enumerate(pool.map(lambda name: ask(data / name, name), names), start=1):
                rows += found
                if number % 10 == 0:
                    print(f"{number} of {len(names)}", file=sys.stderr)  # noqa: T201
        write(rows, "tshark 4.0.17, tcptrace 6.6.7; python -m tests.oracle.make_tcp_golden")
    golden = list(read())
    counts = Counter((figure.title, name or "unexplained") for _, figure, name, _ in judged(golden, data))
    PAGE.write_text(page(counts, golden), encoding="utf-8")
    return 0


def page(counts: Counter[tuple[str, str]], golden: list[Direction]) -> str:
    """The page with the counts."""
    captures_asked = len({row.capture for row in golden})
    again = sum(row.again for row in golden)
    return f"""# TCP figures beside tshark and tcptrace

{len(golden):,} directions of TCP connections with payload, in {captures_asked} real captures; each figure of each direction is
compared with tshark 4.0's `tcp.analysis` and with tcptrace 6.6.7. Among them are {again:,} segments that tshark calls sent again.
`make oracle` asks the two anew and rewrites this page; a test holds every disagreement to one of the classes below.

{table(counts)}

{reasons()}

Differences from Zeek's own logs stand in tests/oracle/test_against_zeek.py, those from Bro 2.5.3 in
crates/meter/tests/oracle/bro.tsv: both by name and with their reason.
"""


def captures(data: Path) -> list[str]:
    """The captures in which Bro found a TCP connection of some packets, but for broken and large ones."""
    talks = set()
    with gzip.open(data / "oracles/conn.tsv.gz", "rt", encoding="utf-8", errors="replace") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            packets = [int(row[name]) if row[name].isdecimal() else 0 for name in ("orig_pkts", "resp_pkts")]
            if row["proto"] == "tcp" and sum(packets) >= LEAST_PACKETS:
                talks.add(row["capture"])
    whole = (name for name in talks if not name.startswith(LEFT_OUT) and not name.endswith(TWICE))
    return sorted(name for name in whole if (data / name).stat().st_size <= MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
