"""From one table to another: connections as the one-way flows they are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import narwhals as nw

from wiretell.analyses.connections import as_ended

_TCP_LETTERS = {1: "F", 2: "SH", 4: "R", 16: "AH"}
_ICMP_PAIRS = (
    (8, 0),
    (13, 14),
    (15, 16),
    (17, 18),
    (10, 9),
    (128, 129),
    (133, 134),
    (135, 136),
    (139, 140),
    (144, 145),
)
_ICMP_ASKED = [a * 65_536 + b for pair in _ICMP_PAIRS for a, b in (pair, pair[::-1])]
_UNKNOWN_PROTOCOL = 255
_ENDED = 3


@nw.narwhalify
def connections_to_flows(connections: Any) -> Any:
    """The one-way flows of connections, in the columns of `schema.FLOWS` and with the engine of the input.

    A connection gives a flow from its originator, and one from its responder if that sent something; where the packets
    of the originator are known to be none, only the latter. What a log does not say:

    - Interim rows, which later ones replace, give none.
    - `start` and `end` are those of the connection in both directions.
    - `bytes` is the payload where the IP bytes are null (`without_ip_bytes` counts these), and 0 without either.
    - `packets` is 1, the least that is possible, where it is null.
    - `bytes_squared` takes all packets to be of one size, the least that is possible; `fragments` is 0, `window` null.
    - `tcp_flags` are those that the history tells; `end_reason` is 3, end of flow (RFC 5102).
    - `protocol` is 255 for a transport that neither `ip_proto` nor `proto` names.
    - An ICMP flow has type and code of its own direction.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`.
    """
    icmp = (nw.col("proto") == "icmp") & (
        nw.col("orig_p").cast(nw.Int64) * 65_536 + nw.col("resp_p").cast(nw.Int64)
    ).is_in(_ICMP_ASKED)
    v6 = nw.col("orig_h").str.contains(":", literal=True)
    numbered = (
        nw.when(nw.col("proto") == "tcp")
        .then(nw.lit(6))
        .otherwise(
            nw.when(nw.col("proto") == "udp")
            .then(nw.lit(17))
            .otherwise(
                nw.when((nw.col("proto") == "icmp") & v6)
                .then(nw.lit(58))
                .otherwise(nw.when(nw.col("proto") == "icmp").then(nw.lit(1)).otherwise(nw.lit(_UNKNOWN_PROTOCOL)))
            )
        )
    )
    micros = (nw.col("duration").fill_null(0.0) * 1e6).round().cast(nw.Int64)
    whole = micros // 1_000_000
    with_ends = as_ended(connections).with_columns(
        # in two steps, since DuckDB multiplies an interval by 32 bits
        _end=nw.col("ts")
        + whole * nw.lit(timedelta(seconds=1))
        + (micros - whole * 1_000_000) * nw.lit(timedelta(microseconds=1)),
        _protocol=nw.coalesce(nw.col("ip_proto"), numbered.cast(nw.Int16)),
        _asked=icmp,
        _icmp=nw.col("proto") == "icmp",
    )
    forth = _one_way(with_ends, "orig", "resp", str.upper)
    back = _one_way(with_ends, "resp", "orig", str.lower)
    return nw.concat([forth, back], how="vertical")


@nw.narwhalify
def without_ip_bytes(connections: Any) -> Any:
    """One row with `connections`, and of them `without_ip_bytes`: those whose flows count payload as bytes."""
    missing = nw.col("orig_ip_bytes").is_null() | nw.col("resp_ip_bytes").is_null()
    return connections.select(
        connections=nw.len(), without_ip_bytes=missing.cast(nw.Int64).sum().fill_null(0).cast(nw.Int64)
    )


def _one_way(frame: nw.LazyFrame[Any], side: str, other: str, by_side: Callable[[str], str]) -> nw.LazyFrame[Any]:
    """The flows that one side sends."""
    payload = nw.col(f"{side}_bytes").fill_null(0).cast(nw.Int64)
    packets = nw.col(f"{side}_pkts")
    if side == "orig":
        answered = (nw.col("resp_pkts").fill_null(0) > 0) | (nw.col("resp_bytes").fill_null(0) > 0)
        sent = ~((packets.fill_null(1) == 0) & answered)
    else:
        sent = (packets.fill_null(0) > 0) | (packets.is_null() & (payload > 0))
    number = packets.fill_null(1).cast(nw.Int64)
    octets = nw.coalesce(nw.col(f"{side}_ip_bytes"), payload).cast(nw.Int64)
    mean = octets.cast(nw.Float64) / nw.when(number > 0).then(number).otherwise(nw.lit(1)).cast(nw.Float64)
    asked, code = nw.col("_asked"), nw.when(nw.col("_asked")).then(nw.lit(0)).otherwise(nw.col("resp_p"))
    one_type = nw.col("_icmp") & ~asked
    return frame.filter(sent).select(
        window=nw.when(nw.col("ts").is_null()).then(nw.col("ts")),
        start=nw.col("ts"),
        end=nw.col("_end"),
        src_ip=nw.col(f"{side}_h"),
        dst_ip=nw.col(f"{other}_h"),
        src_port=nw.when(one_type).then(nw.col("orig_p")).otherwise(nw.col(f"{side}_p")).cast(nw.Int32),
        dst_port=nw.when(nw.col("_icmp")).then(code).otherwise(nw.col(f"{other}_p")).cast(nw.Int32),
        protocol=nw.col("_protocol"),
        vlan=nw.when(nw.col("orig_p").is_null()).then(nw.col("orig_p")),
        packets=number,
        bytes=octets,
        payload_bytes=payload,
        bytes_squared=mean * octets.cast(nw.Float64),
        fragments=nw.lit(0).cast(nw.Int64),
        tcp_flags=_tcp_flags(by_side),
        end_reason=nw.lit(_ENDED).cast(nw.Int16),
        exporter=nw.when(nw.col("uid").is_null()).then(nw.col("uid")),
        sampling=nw.lit(1).cast(nw.Int64),
    )


def _tcp_flags(by_side: Callable[[str], str]) -> nw.Expr:
    """The flags that the letters of the history tell, each bit once."""
    history = nw.col("history").fill_null("")
    flags = nw.lit(0)
    for bit, letters in _TCP_LETTERS.items():
        seen = history.str.contains(by_side(letters[0]), literal=True)
        for letter in letters[1:]:
            seen = seen | history.str.contains(by_side(letter), literal=True)
        flags = flags + nw.when(seen & (nw.col("proto") == "tcp")).then(nw.lit(bit)).otherwise(nw.lit(0))
    return flags.cast(nw.Int16)
