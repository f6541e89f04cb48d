"""Asks tshark for every packet of a capture and adds up what its fields say."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.oracle.golden import Counts, Flow, Golden, digest, protocols_text

FIELDS = (
    "frame.len", "frame.cap_len", "frame.time_epoch", "frame.protocols",
    "ip.src", "ip.dst", "ip.len", "ip.proto", "ip.flags.df", "ip.flags.mf", "ip.frag_offset",
    "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.nxt", "ipv6.opt.jumbo", "ipv6.fraghdr.offset", "ipv6.fraghdr.more",
    "ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt", "ipv6.dstopts.nxt", "ah.next_header", "shim6.nxt",
    "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "sctp.srcport", "sctp.dstport",
    "dccp.srcport", "dccp.dstport", "icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code",
)  # fmt: skip
PREFERENCES = (
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "ip.tso_support:TRUE",
    "ipv6.tso_support:TRUE",
    "tcp.desegment_tcp_streams:FALSE",
)
EXTENSIONS = {
    0: "ipv6.hopopts.nxt",
    43: "ipv6.routing.nxt",
    44: "ipv6.fraghdr.nxt",
    60: "ipv6.dstopts.nxt",
    51: "ah.next_header",
    140: "shim6.nxt",
}
PORTS = {
    1: ("icmp.type", "icmp.code"),
    58: ("icmpv6.type", "icmpv6.code"),
    6: ("tcp.srcport", "tcp.dstport"),
    17: ("udp.srcport", "udp.dstport"),
    136: ("udp.srcport", "udp.dstport"),
    132: ("sctp.srcport", "sctp.dstport"),
    33: ("dccp.srcport", "dccp.dstport"),
}
Row = dict[str, str]


def ask(path: Path, name: str) -> tuple[Golden, dict[Flow, Counts]]:
    """What tshark says of one capture, and its flows."""
    rows, said = packets(path)
    totals = Totals()
    for row in rows:
        totals.add(row)
    status = "ok"
    if said:
        status = "cut" if "cut short" in said else "broken" if totals.records else "refused"
    return totals.golden(name, status, capinfos_count(path)), totals.flows


def capinfos_count(path: Path) -> int:
    """The packets that capinfos counts; -1 where it gives no count."""
    done = subprocess.run(["capinfos", "-c", "-M", "-T", "-r", str(path)], capture_output=True, text=True, check=False)
    fields = done.stdout.rstrip("\n").split("\t")
    return int(fields[-1]) if len(fields) > 1 else -1


def packets(path: Path) -> tuple[Iterator[Row], str]:
    """The fields of every packet that tshark reads, and what it complains of."""
    options = chain.from_iterable(("-o", preference) for preference in PREFERENCES)
    wanted = chain.from_iterable(("-e", field) for field in FIELDS)
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            ["tshark", "-n", "-r", str(path), *options, "-T", "fields", "-E", "occurrence=a", *wanted],
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC", "XDG_CONFIG_HOME": empty, "HOME": empty},
            capture_output=True,
            check=False,
        )
    complaints = [line for line in done.stderr.decode(errors="replace").splitlines() if line.startswith("tshark:")]
    lines = done.stdout.decode(errors="replace").split("\n")[:-1]
    rows = (dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines)
    return rows, " ".join(complaints)


class Totals:
    """Adds up the rows of one capture."""

    def __init__(self) -> None:
        self.records = self.wire = self.captured = self.arp = self.first = self.later = self.df = 0
        self.times: list[int] = []
        self.versions = {4: 0, 6: 0}
        self.flows: dict[Flow, Counts] = {}

    def add(self, row: Row) -> None:
        """Counts one packet."""
        self.records += 1
        self.wire += int(row["frame.len"])
        self.captured += int(row["frame.cap_len"])
        if row["frame.time_epoch"]:
            self.times.append(nanoseconds(row["frame.time_epoch"]))
        outermost = next((name for name in row["frame.protocols"].split(":") if name in ("ip", "ipv6", "arp")), "")
        if outermost == "arp":
            self.arp += 1
        elif outermost == "ip" and one(row, "ip.dst") and one(row, "ip.proto"):
            self.add_ipv4(row)
        elif outermost == "ipv6" and one(row, "ipv6.dst"):
            self.add_ipv6(row)

    def add_ipv4(self, row: Row) -> None:
        """Counts a packet whose outermost IP header is IPv4."""
        offset = number(one(row, "ip.frag_offset"))
        more = truth(one(row, "ip.flags.mf"))
        self.first += more and not offset
        self.later += bool(offset)
        self.df += truth(one(row, "ip.flags.df"))
        self.versions[4] += 1
        protocol = number(one(row, "ip.proto"))
        ports = (0, 0) if offset else find_ports(row, protocol)
        self.count((one(row, "ip.src"), one(row, "ip.dst"), *ports, protocol), number(one(row, "ip.len")))

    def add_ipv6(self, row: Row) -> None:
        """Counts a packet whose outermost IP header is IPv6."""
        protocol = number(one(row, "ipv6.nxt"))
        following = {extension: row[field].split(",") for extension, field in EXTENSIONS.items()}
        offset, more = 0, False
        while protocol in following and following[protocol] and following[protocol][0]:
            if protocol == 44:
                offset, more = number(one(row, "ipv6.fraghdr.offset")), truth(one(row, "ipv6.fraghdr.more"))
            protocol = number(following[protocol].pop(0))
            if offset:
                break
        self.first += more and not offset
        self.later += bool(offset)
        self.versions[6] += 1
        length = number(one(row, "ipv6.opt.jumbo")) or number(one(row, "ipv6.plen"))
        ports = (0, 0) if offset else find_ports(row, protocol)
        source, destination = (str(ipaddress.ip_address(one(row, field))) for field in ("ipv6.src", "ipv6.dst"))
        self.count((source, destination, *ports, protocol), length + 40)

    def count(self, flow: Flow, octets: int) -> None:
        """Counts one IP packet."""
        packets, before = self.flows.get(flow, (0, 0))
        self.flows[flow] = (packets + 1, before + octets)

    def golden(self, name: str, status: str, capinfos: int) -> Golden:
        """The line of the golden file."""
        protocols, sources, destinations = (by(self.flows, place) for place in (4, 0, 1))
        return Golden(
            name=name,
            status=status,
            capinfos=capinfos,
            records=self.records,
            wire_bytes=self.wire,
            captured_bytes=self.captured,
            first_ns=min(self.times, default=0),
            last_ns=max(self.times, default=0),
            ipv4=self.versions[4],
            ipv6=self.versions[6],
            arp=self.arp,
            ip_bytes=sum(octets for _, octets in self.flows.values()),
            fragments_first=self.first,
            fragments_later=self.later,
            dont_fragment=self.df,
            protocols=protocols_text({int(protocol): counts for protocol, counts in protocols.items()}),
            sources=len(sources),
            sources_digest=digest(sources),
            destinations=len(destinations),
            destinations_digest=digest(destinations),
            flows=len(self.flows),
            flows_digest=digest(self.flows),
        )


def by(flows: dict[Flow, Counts], place: int) -> dict[str, Counts]:
    """Totals by one part of the 5-tuple."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for flow, (packets, octets) in flows.items():
        total = totals[str(flow[place])]
        total[0] += packets
        total[1] += octets
    return {key: (packets, octets) for key, (packets, octets) in totals.items()}


def find_ports(row: Row, protocol: int) -> tuple[int, int]:
    """The ports (ICMP: type and code) of the outermost transport header; zeros where tshark could not read both."""
    if protocol not in PORTS:
        return 0, 0
    source, destination = (one(row, field) for field in PORTS[protocol])
    return (number(source), number(destination)) if source and destination else (0, 0)


def one(row: Row, field: str) -> str:
    """The first, that is the outermost, occurrence of a field."""
    return row[field].split(",", 1)[0]


def number(text: str) -> int:
    """A number as tshark writes it; 0 for a field that is not there."""
    return int(text, 0) if text else 0


def truth(text: str) -> bool:
    """A flag as any version of tshark writes it."""
    return text in ("1", "True")


def nanoseconds(text: str) -> int:
    """Seconds with nine decimals as nanoseconds, also before 1970."""
    seconds, _, fraction = text.partition(".")
    sign = -1 if seconds.startswith("-") else 1
    return int(seconds) * 1_000_000_000 + sign * int((fraction + "000000000")[:9])
