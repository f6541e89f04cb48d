"""Holds events against tests/golden/tshark_events.tsv.gz; what differs stands in tests/golden/tshark_events_differ.tsv.

`python -m tests.oracle.tshark_compared`, run by `make oracle`, writes that file anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import wiretell
from tests.oracle.logged_events import Fact, text
from tests.oracle.shared import shared_data
from tests.oracle.tshark_events import read
from wiretell import MeterOptions

DIFFERENCES = Path(__file__).parent.parent / "golden" / "tshark_events_differ.tsv"
HEAD = "capture\tkind\tmissed\tbeyond\treason"
Reader = Callable[[dict[str, Any]], list[Fact]]


def _greeting(args: dict[str, Any]) -> list[Fact]:
    return [("helo", text(args["arg"]))] if str(args["command"]).upper() in ("HELO", "EHLO") else []


_READERS: dict[str, Reader] = {
    "http_request": lambda args: [("request", text(args["method"]), text(args["original_URI"]))],
    "http_reply": lambda args: [("reply", str(args["code"]), text(args["reason"]))],
    "dns_request": lambda args: [("question", str(args["msg"]["id"]), text(args["query"]).lower(), str(args["qtype"]))],
    "dns_A_reply": lambda args: [("address", str(args["msg"]["id"]), str(args["a"]))],
    "dns_AAAA_reply": lambda args: [("address", str(args["msg"]["id"]), str(args["a"]))],
    "ssl_extension_server_name": lambda args: [("server name", text(name)) for name in args["names"]],
    "ssh_client_version": lambda args: [("ssh", text(args["version"]))],
    "ssh_server_version": lambda args: [("ssh", text(args["version"]))],
    "smtp_request": _greeting,
    "ftp_request": lambda args: [("ftp", text(args["command"]))],
    "ftp_reply": lambda args: [("ftp reply", str(args["code"]))],
}
_REASONS: tuple[tuple[str, str, str], ...] = (
    (r"dns-tcp-ts-gap", ".*", "ours: after a gap, DNS over TCP is not read on at the next segment"),
    (r"", "address", "addresses in the additional section: as by Zeek's default they raise nothing"),
    (r"find_service_accounts|openvpn_tcp", "question", "mDNS and NetBIOS, which tshark does not call DNS"),
    (r"http_asymmetric", ".*", "ours: bytes are missing in one direction, which ends the reading of both"),
    (r"http-not09", "reply", "the request is broken, which ends the reading of the reply, too"),
    (r"soap|missing_packet|content-range-gap", ".*", "tshark waits for the whole message, of which a part is missing"),
    (r"http-connect-fragmented", "reply", "tshark takes what follows a CONNECT for the tunnel, the reply included"),
)


def differences(data: Path) -> tuple[int, list[str]]:
    """How many facts tshark tells, and a line for each capture and kind in which events tell others."""
    total, lines = 0, []
    for capture, facts in sorted(read().items()):
        total += len(facts)
        theirs, ours = Counter(facts), _told(data / capture)
        missed, beyond = theirs - ours, ours - theirs
        for kind in sorted({fact[0] for fact in (*missed, *beyond)}):
            numbers = [sum(n for fact, n in found.items() if fact[0] == kind) for found in (missed, beyond)]
            lines.append(f"{capture}\t{kind}\t{numbers[0]}\t{numbers[1]}\t{reason(capture, kind)}")
    return total, lines


def _told(path: Path) -> Counter[Fact]:
    events = wiretell.scan_events(str(path), MeterOptions(threads=1, ignore_checksums=True, decap=True))
    rows = events.filter(pl.col("name").is_in(list(_READERS))).select("name", "args").collect().rows()
    return Counter(fact for name, args in rows for fact in _READERS[name](json.loads(args)))


def reason(capture: str, kind: str) -> str:
    """Why events of a kind differ in a capture; empty if that is not known."""
    return next((why for name, of, why in _REASONS if re.search(name, capture) and re.fullmatch(of, kind)), "")


def main() -> int:
    """Rewrites the file."""
    data = shared_data()
    if not (data / "oracles").is_dir():
        print("needs ../shared/data/oracles", file=sys.stderr)  # noqa: T201
        return 2
    total, lines = differences(data)
    head = f"# of {total} facts that tshark tells, these differ:"
    DIFFERENCES.write_text("\n".join([head, HEAD, *lines]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
