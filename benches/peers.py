"""Other tools that read a capture once and do their usual job on it: how each is called."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SOFTFLOWD_PORT = 39995


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool.

    Attributes:
        name: As the tables show it.
        program: What must be on PATH; several with spaces.
        does: What it does with the capture.
        command: The command line for a capture and a scratch folder.
        commands: The wiretell commands that it is set against.
    """

    name: str
    program: str
    does: str
    command: Callable[[Path, Path], list[str]]
    commands: frozenset[str]


ALL = frozenset({"summary", "connections", "endpoints", "behavior", "events", "profile"})

PEERS = (
    Peer("cat", "cat", "reads the file: the limit", lambda trace, _: ["cat", f"{trace}"], ALL),
    Peer(
        "capinfos -c",
        "capinfos",
        "counts records, decodes nothing",
        lambda trace, _: ["capinfos", "-c", f"{trace}"],
        ALL,
    ),
    Peer(
        "tcpstat",
        "tcpstat",
        "packets and bytes per interval",
        lambda trace, _: ["tcpstat", "-r", f"{trace}", "60"],
        frozenset({"summary"}),
    ),
    Peer(
        "nfpcapd",
        "nfpcapd",
        "meters flows, writes them",
        lambda trace, scratch: ["nfpcapd", "-r", f"{trace}", "-w", f"{scratch}"],
        frozenset({"summary", "connections", "behavior", "profile"}),
    ),
    Peer(
        "softflowd",
        "softflowd",
        "meters flows, sends them",
        lambda trace, scratch: [
            "softflowd", "-d", "-r", f"{trace}", "-6", "-m", "1000000", "-n", f"127.0.0.1:{SOFTFLOWD_PORT}",
            "-p", f"{scratch}/pid", "-c", "none",
        ],
        frozenset({"summary"}),
    ),
    Peer(
        "argus",
        "argus",
        "meters bidirectional flows, writes them",
        lambda trace, scratch: ["argus", "-X", "-r", f"{trace}", "-w", f"{scratch}/argus.out"],
        frozenset({"summary", "connections", "profile"}),
    ),
    Peer(
        "argus + racluster",
        "argus racluster",
        "the same with payload, loss and round trips, added up by host",
        lambda trace, _: [
            "sh", "-c", 'argus -X -A -J -R -Z -r "$0" -w - | racluster -r - -m saddr '
            "-s saddr trans pkts bytes appbytes loss tcprtt", f"{trace}",
        ],
        frozenset({"profile"}),
    ),
    Peer(
        "tcptrace",
        "tcptrace",
        "statistics of every TCP connection",
        lambda trace, _: ["tcptrace", "-n", "-l", f"{trace}"],
        frozenset({"connections", "endpoints", "profile"}),
    ),
    Peer(
        "zeek",
        "zeek",
        "connections and logs of every protocol",
        lambda trace, _: ["zeek", "-C", "-r", f"{trace}"],
        frozenset({"connections", "events"}),
    ),
    Peer(
        "tshark endpoints",
        "tshark",
        "packets and bytes per IPv4 address",
        lambda trace, _: ["tshark", "-n", "-q", "-r", f"{trace}", "-z", "endpoints,ip"],
        frozenset({"summary"}),
    ),
    Peer(
        "tshark dissect",
        "tshark",
        "dissects every protocol, counts packets and bytes of each",
        lambda trace, _: ["tshark", "-n", "-q", "-r", f"{trace}", "-z", "io,phs"],
        frozenset({"events"}),
    ),
    Peer(
        "tshark fields",
        "tshark",
        "the same protocols only, a line of their fields for each message",
        lambda trace, _: [
            "tshark", "-n", "-r", f"{trace}", "-Y", "http || dns || tls || ssh || smtp || quic || ntp || icmp || arp",
            "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.protocols", "-e", "http.request.uri",
            "-e", "http.response.code", "-e", "dns.qry.name", "-e", "tls.handshake.type", "-e", "smtp.req.command",
        ],
        frozenset({"events"}),
    ),
    Peer(
        "tshark tcp.analysis",
        "tshark",
        "analysis of every TCP segment",
        lambda trace, _: [
            "tshark", "-n", "-r", f"{trace}", "-o", "tcp.desegment_tcp_streams:FALSE", "-Y", "tcp.analysis.flags",
            "-T", "fields", "-e", "tcp.stream", "-e", "tcp.analysis.retransmission", "-e", "tcp.analysis.out_of_order",
            "-e", "tcp.analysis.duplicate_ack", "-e", "tcp.analysis.zero_window",
        ],
        frozenset({"connections", "endpoints"}),
    ),
    Peer(
        "tshark conv",
        "tshark",
        "packets and bytes per TCP connection",
        lambda trace, _: ["tshark", "-n", "-q", "-r", f"{trace}", "-z", "conv,tcp"],
        frozenset({"connections"}),
    ),
)  # fmt: skip


def found(command: str) -> list[Peer]:
    """The peers of a wiretell command that this machine has."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return [
        peer
        for peer in PEERS
        if command in peer.commands and all(shutil.which(program, path=path) for program in peer.program.split())
    ]


def missing(command: str) -> list[str]:
    """The names of the peers that this machine does not have."""
    there = {peer.name for peer in found(command)}
    return [peer.name for peer in PEERS if command in peer.commands and peer.name not in there]
