"""What tshark's fields say that applications said, as the facts of `logged_events`: a second oracle, of another maker.

`python -m tests.oracle.tshark_events`, run by `make oracle`, asks tshark and writes tests/golden/tshark_events.tsv.gz.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.oracle.logged_events import LOGS, Fact, log_lines, text
from tests.oracle.shared import shared_data

GOLDEN = Path(__file__).parent.parent / "golden" / "tshark_events.tsv.gz"
LARGEST_BYTES, MOST_FACTS = 60_000, 60
"""Captures beyond these are left out of the file, to keep it small."""
_EVERY = 8
"""Of the rest so many-th are asked: tshark starts slowly."""
_SEPARATOR = "\x1f"
FIELDS = (
    "http.request.method", "http.request.uri", "http.response.code", "http.response.phrase",
    "dns.id", "dns.flags.response", "dns.flags.rcode", "dns.qry.name", "dns.qry.type", "dns.a", "dns.aaaa",
    "tls.handshake.extensions_server_name", "ssh.protocol",
    "smtp.req.command", "smtp.req.parameter", "smtp.response.code",
    "ftp.request.command", "ftp.request.arg", "ftp.response.code", "ftp.response.arg",
)  # fmt: skip
Row = dict[str, list[str]]


def ask(path: Path) -> list[Fact] | None:
    """The facts that tshark tells of a capture, in order; None if it cannot read it."""
    wanted = [part for field in FIELDS for part in ("-e", field)]
    options = ["-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={_SEPARATOR}", "-E", "separator=/t"]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            ["tshark", "-n", "-r", str(path), "-Y", "http || dns || tls || ssh || smtp || ftp", *options, *wanted],
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "XDG_CONFIG_HOME": empty, "HOME": empty},
            capture_output=True,
            check=False,
        )
    if done.returncode:
        return None
    facts: list[Fact] = []
    for line in done.stdout.decode(errors="replace").split("\n")[:-1]:
        cells = line.split("\t")
        if len(cells) == len(FIELDS):
            facts += _facts(
                {name: cell.split(_SEPARATOR) if cell else [] for name, cell in zip(FIELDS, cells, strict=True)}
            )
    return facts


def _facts(row: Row) -> Iterator[Fact]:
    for method, uri in zip(row["http.request.method"], row["http.request.uri"], strict=False):
        yield "request", text(method), text(uri)
    phrases = row["http.response.phrase"]
    for at, code in enumerate(row["http.response.code"]):
        yield "reply", code, text(phrases[at]) if len(phrases) == len(row["http.response.code"]) else ""
    if len(row["dns.id"]) == 1:
        number = str(int(row["dns.id"][0], 0))
        if row["dns.flags.response"][:1] in (["0"], ["False"]):
            for name, kind in zip(row["dns.qry.name"], row["dns.qry.type"], strict=False):
                yield "question", number, text(name).lower(), str(int(kind, 0))
        for address in (*row["dns.a"], *row["dns.aaaa"]):
            yield "address", number, address
    for name in row["tls.handshake.extensions_server_name"]:
        yield "server name", text(name)
    for banner in row["ssh.protocol"]:
        yield "ssh", text(banner)
    for command, parameter in zip(row["smtp.req.command"], row["smtp.req.parameter"], strict=False):
        if command.upper() in ("HELO", "EHLO"):
            yield "helo", text(parameter)
    for command in row["ftp.request.command"]:
        yield "ftp", text(command)
    for code in row["ftp.response.code"]:
        yield "ftp reply", code


def names(data: Path) -> list[str]:
    """Captures of which Bro has logs of applications, small ones."""
    found = {line["capture"] for log in LOGS for line in log_lines(data / "oracles" / f"{log}.tsv.gz")}
    return sorted(name for name in found if (data / name).stat().st_size <= LARGEST_BYTES)[::_EVERY]


def read() -> dict[str, list[Fact]]:
    """The golden file: facts by capture."""
    facts: dict[str, list[Fact]] = {}
    with gzip.open(GOLDEN, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if not line.startswith("#"):
                capture, *parts = line.rstrip("\n").split("\t")
                facts.setdefault(capture, [])
                if parts:
                    facts[capture].append(
                        tuple(part.encode("latin-1", "backslashreplace").decode("unicode_escape") for part in parts)
                    )
    return facts


def main() -> int:
    """Asks tshark, two captures at a time."""
    data = shared_data()
    if not (data / "oracles").is_dir() or not shutil.which("tshark"):
        print("needs ../shared/data/oracles and tshark", file=sys.stderr)  # noqa: T201
        return 2
    version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    every = names(data)
    lines = [f"# {version}; python -m tests.oracle.tshark_events"]
    with ThreadPoolExecutor(2) as pool:
        for name, facts in zip(every, pool.map(lambda name: ask(data / name), every), strict=True):
            if facts is not None and 0 < len(facts) <= MOST_FACTS:
                lines += [
                    "\t".join([name, *(part.encode("unicode_escape").decode() for part in fact)]) for fact in facts
                ]
    GOLDEN.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
