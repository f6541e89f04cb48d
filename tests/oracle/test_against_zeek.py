"""Connections are what Zeek's own logs beside their captures say: every column of every row, save what is named here.

The logs are the baselines of Zeek's tests (Zeek 7 and 8) and those of the ICS captures (Bro 2.4). Uids are random, so that
those of tunnels are compared by their connections; the baselines hide times. Logs with tunnels are held against a run that
looks into them, all others against one that does not. A difference that is not named fails, as does a name that is no longer needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import wiretell
from wiretell.schema import CONNECTIONS
from wiretell.sources.meter_options import MeterOptions

Row = dict[str, str]
ZEEK_NAMES = {column.zeek: column.name for column in CONNECTIONS.columns if column.zeek}
ENDS = ("orig_h", "orig_p", "resp_h", "resp_p")
ENDS_ONLY = re.compile(r"(?:id[._])(?=(?:orig|resp)_[hp]$)")
FIELD_MAPS = {"src": "orig_h", "src_ip": "orig_h", "src_port": "orig_p", "dst": "resp_h", "dst_ip": "resp_h"} | {
    "dst_port": "resp_p"
}
# Addresses that Zeek takes for local unless told otherwise: `scripts/base/utils/site.zeek`, after IANA's registries.
PRIVATE = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/24",
    "239.0.0.0/8", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
    "fc00::/7", "fe80::/10", "fec0::/10",
)  # fmt: skip
CHECKSUMS_IGNORED = (
    "*gtp.outer_ip_frag*",
    "*different_dl_and_ul*",
    "*local-flip*",
    "*flip-content-line*",
    "*conn-worked*",
)
"""Zeek's own tests run with `-C`; only here do the captures have wrong checksums."""
INSIDE = ("*skip_analyzer*",)
"""Tests that skip the outer header, so that rows inside of a tunnel name no parents."""
ONLY_THEIRS, ONLY_OURS = "only theirs", "only ours"


@dataclass(frozen=True, slots=True)
class Difference:
    """What may differ, and why.

    Attributes:
        reason: Who says what, and who is right.
        columns: The columns that may differ; `only theirs` and `only ours` for whole rows.
        logs: Patterns of the logs.
        holds: Whether it explains what they say and what we say in one of the columns.
    """

    reason: str
    columns: frozenset[str]
    logs: tuple[str, ...] = ("*",)
    holds: Callable[[str, str], bool] = lambda _theirs, _ours: True


COUNTS = frozenset({"orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"})
EXTENT = frozenset({"duration", "orig_bytes", "resp_bytes", "conn_state", "history", *COUNTS})
SERVICE = frozenset({"service"})
ICS = ("*.expected.zeek-icspcap/*",)


def more(theirs: str, ours: str) -> bool:
    """Whether Zeek names our services and others beside them."""
    return set(ours.split(",")) < set(theirs.split(","))


def service(theirs: str, *ours: str) -> Callable[[str, str], bool]:
    return lambda said, told: said == theirs and (told in ours or not ours)


DIFFERENCES = (
    Difference(
        "Zeek takes GTP back when what is inside is no IP.", SERVICE, ("*not_user_plane_data*",), service("-", "gtpv1")
    ),
    Difference(
        "Zeek names no tunnel whose packets inside it does not take: IGMP, wrong checksums.",
        SERVICE,
        ("*vxlan-unknown-internal-packet*", "*vxlan-inner-tcp-bad-checksum*"),
        holds=service("-", "vxlan"),
    ),
    Difference("The test's script takes the counts of packets away.", COUNTS, ("*request-analyzer*",), service("-")),
    Difference(
        "Zeek also names what is inside messages (NTLM and Kerberos under LDAP, GridFTP, TLS in a WebSocket) and "
        "signatures of the test.",
        SERVICE,
        ("*ldap*", "*gridftp*", "*wstunnel-https*", "*eval-condition*"),
        holds=more,
    ),
    Difference(
        "Zeek takes a service back when its parser finds a violation later; the first payload is of that protocol.",
        SERVICE,
        (
            "*ftp-invalid-reply-code*",
            "*ftp-missing-*",
            "*detect-protocols-violation*",
            "*bad-list-retr-crafted*",
            "*max-kexinit-algorithms*",
            "*pop3.redis*",
        ),
        holds=lambda theirs, ours: theirs in ("-", f"{ours},-{ours}"),
    ),
    Difference(
        "Zeek's tests that load no scripts of protocols, or switch their analyzers off, name no service.",
        SERVICE,
        (
            "*core.*",
            "*logging.field-*",
            "*logging.scope_sep*",
            "*request-analyzer*",
            "*packetfilter*",
            "*opt.basic*",
        ),
        holds=service("-"),
    ),
    Difference("Bro 2.4 knew no DNP3 by content and no SMB.", SERVICE, ICS, holds=service("-", "dnp3_tcp", "smb")),
    Difference(
        "The packet inside was cut in its header: Zeek goes by the port, wiretell by what is inside.",
        SERVICE,
        ("*geneve-truncated*",),
        holds=service("geneve", "-"),
    ),
    Difference(
        "Zeek leaves out what its test filtered away or dropped on the way.",
        frozenset({ONLY_OURS, *EXTENT}),
        ("*mime-content-hash*", "*packetfilter*", "*dynamic-filter*", "*read-trace-with-filter*", "*request-analyzer*"),
    ),
    Difference("GridFTP's script stops looking at a connection that moves much data.", EXTENT, ("*gridftp*",)),
    Difference(
        "Zeek's analyzer gave up on the connection (X); wiretell has no limit to its analysis.",
        frozenset({"history"}),
        holds=lambda theirs, ours: theirs.replace("X", "") == ours.replace("-", ""),
    ),
    Difference(
        "Bro 2.4 had no letters for retransmissions, gaps and closed windows.",
        frozenset({"history"}),
        ICS,
        holds=lambda theirs, ours: theirs == re.sub("[tTwWgG]", "", ours),
    ),
    Difference(
        "A bare Zeek or Bro 2.4 does not know the ports of servers, and does not turn a connection around by them.",
        frozenset({ONLY_THEIRS, ONLY_OURS, "conn_state", "history", *COUNTS}),
        ("*CL5000EIP*", "*logging.field-*", "*logging.scope_sep*", "*request-analyzer*"),
    ),
    Difference(
        "The test's script turns the connection around.",
        frozenset({ONLY_THEIRS, ONLY_OURS}),
        ("*local-flip*", "*flip-content-line*"),
    ),
    Difference(
        "An NTP answer comes first: both turn the roles, but Zeek counts that answer for the wrong side.",
        frozenset({"conn_state", "history", "orig_bytes", "resp_bytes", *COUNTS}),
        ("*misordered-ntp*",),
    ),
    Difference(
        "A sender that leaves checksums to its network card: wiretell recognizes them half done and uses the packets.",
        frozenset({ONLY_THEIRS, *EXTENT}),
        ("*conn-failed*", "*vxlan-unknown-internal-packet*", "*bad-checksum-syn*", "*field-name-map2*"),
    ),
    Difference(
        "With segmentation offload the IP length is 0: Zeek adds 0 bytes, wiretell what was captured.",
        frozenset({"orig_ip_bytes"}),
        ("*sasl-signed-clear-2*",),
    ),
    Difference(
        "Zeek counts no payload of protocols that it has no analyzer for.",
        frozenset({"orig_bytes"}),
        ("*core.vntag*",),
        holds=lambda theirs, _: theirs == "0",
    ),
    Difference(
        "Zeek tells of GRE and IP in IP in tunnel.log only: here they are connections as well.",
        frozenset({"tunnel_parents", ONLY_OURS}),
        ("*core.tunnels.gre*", "*count-default-tunnel-changes*"),
        holds=lambda theirs, _: theirs in ("?", ""),
    ),
    Difference(
        "A log that was cut to a few columns does not say which of its rows are inside the tunnel.",
        frozenset({ONLY_THEIRS, "history"}),
        ("*vxlan-inner-tcp-bad-checksum*",),
    ),
    Difference(
        "Zeek reassembles the fragments of a tunnel's packets before it looks into them.",
        frozenset({"missed_bytes", *EXTENT}),
        ("*gtp.outer_ip_frag*", "*gtp.different_dl_and_ul*"),
    ),
)


def test_connections_are_those_of_zeeks_logs_save_what_is_named(shared_data: Path) -> None:
    compared, equal, unexplained = 0, 0, list[str]()
    used = set[str]()
    for log in logs(shared_data):
        name = str(log.relative_to(shared_data))
        rows = parse(log)
        compared += sum(len(row) for row in rows)
        for row, column, theirs, ours in differing(shared_data, name, rows):
            reason = next(
                (
                    known.reason
                    for known in DIFFERENCES
                    if column in known.columns
                    and any(fnmatch(name, pattern) for pattern in known.logs)
                    and known.holds(theirs, ours)
                ),
                None,
            )
            if reason is None:
                unexplained.append(f"{name}: {' '.join(row.get(end, '') for end in ENDS)}: {column}: {theirs} | {ours}")
            else:
                used.add(reason)
        equal += len(rows)
    assert not unexplained, "\n".join(unexplained)
    assert [known.reason for known in DIFFERENCES if known.reason not in used] == []
    assert equal > 500
    assert compared > 9000


def logs(data: Path) -> list[Path]:
    """The logs of connections beside a capture."""
    found = data.glob("**/*.expected.zeek*/**/conn*.log*")
    return sorted(path for path in found if path.is_file() and capture_of(data, path).exists())


def capture_of(data: Path, log: Path) -> Path:
    return data / re.sub(r"\.expected\.zeek.*", "", str(log.relative_to(data)))


def parse(log: Path) -> list[Row]:
    """The rows of a log under our names: the plainest reader there is, for whole logs and for what zeek-cut left."""
    names, rows = list[str](), list[Row]()
    for line in log.read_text().splitlines():
        if line.startswith("#fields"):
            names = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            if names:
                rows.append(dict(zip(names, line.split("\t"), strict=True)))
            else:
                names = line.split("\t")
    return [{ours_of(name): value for name, value in row.items()} for row in rows]


def ours_of(name: str) -> str:
    return FIELD_MAPS.get(name, ENDS_ONLY.sub("", ZEEK_NAMES.get(name, name)))


def differing(data: Path, name: str, rows: list[Row]) -> Iterator[tuple[Row, str, str, str]]:
    """Row, column, what they say and what we say, wherever the two are not the same."""
    inside = any(fnmatch(name, pattern) for pattern in INSIDE)
    decap = inside or any(row.get("tunnel_parents", "-") not in ("-", "(empty)") for row in rows)
    ours = told(data, name, rows, decap=decap)
    if not inside:
        rows, ours = with_parents(rows), with_parents(ours)
    else:
        ours = [row | {"tunnel_parents": "-"} for row in ours if row["tunnel_parents"] != "-"]
    yield from paired(rows, ours)


def with_parents(rows: list[Row]) -> list[Row]:
    """The rows with the ends of tunnels in place of their uids; `?` for a tunnel that has no row."""
    ends = {row["uid"]: " ".join(row.get(end, "") for end in ENDS) for row in rows if "uid" in row}

    def parents(row: Row) -> str:
        uids = row["tunnel_parents"]
        return uids if uids in ("-", "(empty)") else ",".join(sorted(ends.get(uid, "?") for uid in uids.split(",")))

    return [row | {"tunnel_parents": parents(row)} if "tunnel_parents" in row else row for row in rows]


def told(data: Path, name: str, rows: list[Row], *, decap: bool) -> list[Row]:
    """What wiretell says of the capture, as a log would write it."""
    local = any(row.get("local_orig") in ("T", "F") for row in rows)
    ignored = any(fnmatch(name, pattern) for pattern in CHECKSUMS_IGNORED)
    options = MeterOptions(local_nets=PRIVATE if local else (), decap=decap, ignore_checksums=ignored)
    table = wiretell.read_connections(capture_of(data, data / name), options)
    return [{column: written(column, value) for column, value in row.items()} for row in table.rows(named=True)]


def written(column: str, value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "T" if value else "F"
        case float():
            return f"{value:.6f}"
    return f"{value.timestamp():.6f}" if column == "ts" else str(value)


def paired(rows: list[Row], ours: list[Row]) -> Iterator[tuple[Row, str, str, str]]:
    """The differences of rows that are of the same connection; of several, of those that differ least."""
    left = list(ours)
    for row in rows:
        known = [end for end in ENDS if end in row]
        candidates = [mine for mine in left if all(mine[end] == row[end] for end in known)]
        if "X" not in row.get("ts", "X"):
            candidates = [mine for mine in candidates if abs(float(mine["ts"]) - float(row["ts"])) < 2e-6]
        if not candidates:
            yield row, ONLY_THEIRS, "", ""
            continue
        best = min(candidates, key=lambda mine: len(list(columns_differing(row, mine))))
        left.remove(best)
        for column in columns_differing(row, best):
            yield row, column, row[column], best[column]
    for mine in left:
        yield mine, ONLY_OURS, "", ""


def columns_differing(theirs: Row, ours: Row) -> Iterator[str]:
    for column, value in theirs.items():
        if column in ("ts", "uid") or column not in ours:
            continue
        mine = ours[column]
        if column == "duration" and "-" not in (value, mine) and abs(float(value) - float(mine)) < 1.5e-6:
            continue
        if value != mine and not (column == "tunnel_parents" and value == "(empty)"):
            yield column
