"""Options that several commands share, as annotated types: the same letters mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wiretell.settings import MOST_SEED, MOST_THREADS

MOST_ROWS = 10**9

_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def standard_output(name: str | None) -> str | None:
    """The file of an option, `-` for all names of standard output: nothing else is written there then."""
    return "-" if name in _STANDARD_OUTPUT else name


_NETS = "File of networks, one per line: a prefix, then free text."

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT...", help="Captures, folders of captures, Zeek connection logs. None or - is standard input."
    ),
]
Bytes = Annotated[
    bool,
    typer.Option("-b", "--bytes", help="Count bytes: the IP length in captures, the payload in connection logs."),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="UNIT", help="Count packets, bytes, payload, flows or connections."),
]
Top = Annotated[
    int, typer.Option("-n", "--topn", "--top", min=0, max=MOST_ROWS, help="Rows of a breakdown; 0 for none.")
]
Interval = Annotated[
    str | None,
    typer.Option("-i", "--intervals", "--interval", metavar="TIME", help="Also each interval: 300, 5m, 1h."),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Breakdowns of each interval (with -i).")]
Local = Annotated[
    Path | None,
    typer.Option("-l", "--local-nets", "--local", metavar="FILE", help=f"Local networks. {_NETS}"),
]
External = Annotated[
    bool, typer.Option("-e", "--external", help="Leave out what has both ends in local networks (with -l).")
]
Exclude = Annotated[
    Path | None,
    typer.Option("-E", "--exclude-nets", "--exclude", metavar="FILE", help=f"Networks to leave out. {_NETS}"),
]
Ports = Annotated[
    Path | None,
    typer.Option("-p", "--ports", metavar="FILE", help="Only traffic of these service ports, one per line."),
]
AnyPort = Annotated[
    bool, typer.Option("--any-port", help="Also count ports of either end; these shares add to more than 100%.")
]
WritePorts = Annotated[
    Path | None,
    typer.Option("-P", "--write-ports", metavar="FILE", help="Write the top ports to a file, one per line."),
]
Resolve = Annotated[bool, typer.Option("-r", "--resolve-host-names", "--resolve", help="Look up host names.")]
RTables = Annotated[
    str | None,
    typer.Option("-R", "--R", "--r-tables", metavar="TAG", help="No report; write TAG.dat and more, for R."),
]
SampleFactor = Annotated[
    float, typer.Option("-s", "--sample-factor", metavar="N", help="The input is a sample, 1 in N: multiply.")
]
Sample = Annotated[
    float | None,
    typer.Option(
        "-S", "--do-sample", "--sample", metavar="P", help="Keep each packet or connection with probability P."
    ),
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, max=MOST_SEED, metavar="N", help="Of -S: the same seed keeps the same packets.")
]
SaveMemory = Annotated[
    bool, typer.Option("-m", "--save-mem", "--save-memory", help="No hosts and pairs, one row for ports from 1024.")
]
Tcp = Annotated[bool, typer.Option("-t", "--tcp", help="Only TCP (with -u: TCP and UDP).")]
Udp = Annotated[bool, typer.Option("-u", "--udp", help="Only UDP (with -t: TCP and UDP).")]
MinTime = Annotated[
    str | None,
    typer.Option("-U", "--min-time", metavar="TIME", help="Only from then: 2026-11-21-09-30-00 or ISO 8601."),
]
MaxTime = Annotated[
    str | None,
    typer.Option("-V", "--max-time", metavar="TIME", help="Only until then, inclusive."),
]
ZeroSeq = Annotated[bool, typer.Option("-C", "--chema", help="Leave out TCP packets whose sequence number is 0.")]
ConnLog = Annotated[bool, typer.Option("-c", "--conn-summaries", help="Accepted; the input is recognized.")]
ConnVersion = Annotated[int, typer.Option("--conn-version", help="Accepted; the input is recognized.")]
TimeZone = Annotated[str, typer.Option("--tz", metavar="NAME", help="Time zone of times: a name, UTC or local.")]
IgnoreChecksums = Annotated[
    bool, typer.Option("--ignore-checksums", help="Connections: take every checksum for right.")
]
Decap = Annotated[bool, typer.Option("--decap", help="Look inside tunnels.")]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, max=MOST_THREADS, metavar="N", help="Threads that read; by default as many as processors."
    ),
]
MaxFlows = Annotated[
    str | None,
    typer.Option(
        "--max-flows",
        metavar="N",
        help="Keep at most N flows per window of a capture and thin those that dominate; LOW:HIGH sets both watermarks.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output instead of text.")]
Csv = Annotated[
    str | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        callback=standard_output,
        help="Write the rows as CSV; - is standard output, instead of text.",
    ),
]
Parquet = Annotated[
    Path | None,
    typer.Option("--parquet", metavar="FILE", help="Write the rows as Parquet."),
]
