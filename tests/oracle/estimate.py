"""How far an estimate from logs is from events that were counted: Bro's logs of captures, and the captures.

`python -m tests.oracle.estimate`, run by `make oracle`, prints the table of docs/events.md for all captures with logs of
http, dns or ssl.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polars as pl

import wiretell
from tests.oracle.shared import shared_data
from wiretell import MeterOptions
from wiretell.errors import InputError
from wiretell.sources.zeek_events import estimate_events

LOGS = ("conn", "http", "dns", "ssl")
Totals = dict[str, tuple[float, float]]
"""Events and bytes by protocol, or by name."""


def lines(data: Path, log: str) -> pl.DataFrame:
    """Bro's lines of all captures."""
    path = data / "oracles" / f"{log}.tsv.gz"
    return pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False)


def captures(data: Path) -> list[str]:
    """Captures with http, dns or ssl logs, none of them made of random bytes."""
    names = {name for log in LOGS[1:] for name in lines(data, log)["capture"]}
    return sorted(name for name in names if "fuzz" not in name)


def estimated(data: Path, names: Iterable[str], by: str = "protocol") -> Totals:
    """What is estimated from the logs of these captures."""
    wanted, totals = set(names), dict[str, tuple[float, float]]()
    with tempfile.TemporaryDirectory() as folder:
        logs = {log: lines(data, log).filter(pl.col("capture").is_in(wanted)).drop("capture") for log in LOGS}
        paths = {}
        for log, frame in logs.items():
            paths[log] = [Path(folder) / f"{log}.log"]
            body = frame.write_csv(separator="\t", include_header=False, quote_style="never")
            types = "\t".join("time" if name == "ts" else _TYPES.get(name, "string") for name in frame.columns)
            head = f"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{log}\n"
            paths[log][0].write_text(head + "#fields\t" + "\t".join(frame.columns) + f"\n#types\t{types}\n" + body)
        frame = estimate_events({log: tuple(found) for log, found in paths.items()}).frame
    for what, events, size in frame.group_by(by).agg(pl.col("events", "bytes").sum()).rows():
        totals[str(what)] = (float(events), float(size))
    return totals


_TYPES = {
    **dict.fromkeys(("id.orig_h", "id.resp_h"), "addr"),
    **dict.fromkeys(("id.orig_p", "id.resp_p"), "port"),
    **dict.fromkeys(("orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes"), "count"),
    **dict.fromkeys(
        ("resp_ip_bytes", "request_body_len", "response_body_len", "status_code", "rcode", "qtype"), "count"
    ),
    **dict.fromkeys(("duration", "rtt"), "interval"),
    **dict.fromkeys(("established", "rejected"), "bool"),
    "answers": "vector[string]",
    "cert_chain_fuids": "vector[string]",
    "client_cert_chain_fuids": "vector[string]",
    "service": "set[string]",
}


def counted(data: Path, names: Iterable[str], by: str = "protocol") -> Totals:
    """The events of these captures, as the meter counts them."""
    totals: dict[str, tuple[float, float]] = {}
    for name in names:
        try:
            frame = wiretell.read_event_counts(
                str(data / name), MeterOptions(threads=1, ignore_checksums=True, decap=True)
            )
        except InputError:
            continue
        for what, events, size in frame.group_by(by).agg(pl.col("events", "bytes").sum()).rows():
            before = totals.get(str(what), (0.0, 0.0))
            totals[str(what)] = (before[0] + events, before[1] + size)
    return totals


def main() -> int:
    """Prints the table."""
    data = shared_data()
    if not (data / "oracles").is_dir():
        print("needs ../shared/data/oracles", file=sys.stderr)  # noqa: T201
        return 2
    by = sys.argv[1] if len(sys.argv) > 1 else "protocol"
    every = captures(data)
    told, real = estimated(data, every, by), counted(data, every, by)
    print(f"{len(every)} captures\n\n| {by} | events | estimated | bytes | estimated |\n|---|--:|--:|--:|--:|")  # noqa: T201
    for what in sorted(told, key=lambda name: -real.get(name, (0.0, 0.0))[0]):
        (events, size), (guess, guessed) = real.get(what, (0.0, 0.0)), told[what]
        signs = [f"{100 * (a / b - 1):+.0f}%" if b else "" for a, b in ((guess, events), (guessed, size))]
        print(f"| {what} | {events:,.0f} | {guess:,.0f} ({signs[0]}) | {size:,.0f} | {guessed:,.0f} ({signs[1]}) |")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
