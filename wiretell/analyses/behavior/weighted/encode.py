"""Flows as integers: windows, addresses and ports as numbers, which group and join several times faster than text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import WITH_PORTS
from wiretell.analyses.behavior.held import held, rows_of
from wiretell.analyses.behavior.weighted.weights import WEIGHT
from wiretell.errors import SchemaError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHIFT: Final = 2**32
"""Two numbers below this make one Int64 key."""

NEEDED: Final = (
    "window", "start", "end", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "packets", "bytes",
    "payload_bytes", "tcp_flags",
)  # fmt: skip
"""The columns of `flows` that the analysis reads."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Flows as integers, with the tables that lead back.

    Attributes:
        rows: One row per flow: `w` (number of the window), the four dimensions as Int32, `start` and `end` in
            microseconds, `packets`, `bytes`, `payload_bytes`, and whether it is `tcp`, `udp`, `icmp`, a `probe`, an
            `answer`, `amplified`; `weight` (flows that the row stands for) only if one has another than 1.
        hosts: `code` and `ip` of every address.
        windows: `w` and `window_us` of every window.
    """

    rows: nw.LazyFrame[Any]
    hosts: nw.LazyFrame[Any]
    windows: nw.LazyFrame[Any]


AMPLIFIERS: Final = (17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 1900, 3283, 3478, 3702, 5353, 11211)
"""UDP ports whose answers are larger than their requests (US-CERT TA14-017A, and what was found since)."""


def key(high: str, low: str) -> nw.Expr:
    """One Int64 of two numbers below 2^32."""
    return nw.col(high).cast(nw.Int64) * SHIFT + nw.col(low)


def encode(flows: nw.LazyFrame[Any], interval_seconds: float) -> Encoded:
    """Encodes a `flows` table.

    A flow without a window belongs to that in which it starts. Protocols without ports take part with port 0. A *probe*
    is a flow of 1 to 3 packets that cannot carry a conversation: TCP that never acknowledges, a ping request, or any
    other protocol. An *answer* is a flow of 1 to 3 packets that accepts, refuses or reports without data: TCP of
    SYN-ACK or RST, and ICMP that is no request. An *amplified* flow is an answer by a UDP service that floods are
    reflected by, or the later fragments of such answers.

    Raises:
        SchemaError: if a column is missing.
    """
    missing = [name for name in NEEDED if name not in flows.collect_schema().names()]
    if missing:
        raise SchemaError(f"the flows lack {', '.join(missing)}")
    weights = _weights(flows)
    flows = flows.select(*NEEDED, **weights).with_columns(
        window_us=_window(interval_seconds), start=microseconds("start"), end=microseconds("end")
    )
    windows = held(flows.select("window_us").unique().with_row_index("w", order_by="window_us"))
    hosts = nw.concat([flows.select(ip=nw.col(name)) for name in ("src_ip", "dst_ip")]).unique()
    hosts = held(hosts.with_row_index("code", order_by="ip").with_columns(nw.col("code").cast(nw.Int32)))
    windows = windows.with_columns(nw.col("w").cast(nw.Int32))
    rows = flows.join(windows, on="window_us", how="left")
    for name in ("src_ip", "dst_ip"):
        rows = rows.join(hosts.rename({"code": f"{name}_code"}), left_on=name, right_on="ip", how="left")
    ports = nw.col("protocol").is_in(list(WITH_PORTS))
    measures = ("start", "end", "packets", "bytes", "payload_bytes")
    rows = rows.select(
        "w",
        nw.col("src_ip_code").alias("src_ip"),
        nw.col("dst_ip_code").alias("dst_ip"),
        *(
            nw.when(ports).then(nw.col(name)).otherwise(nw.lit(0)).cast(nw.Int32).alias(name)
            for name in ("src_port", "dst_port")
        ),
        *measures,
        *weights,
        **kinds(),
    )
    return Encoded(held(rows), hosts, windows)


def _weights(flows: nw.LazyFrame[Any]) -> dict[str, nw.Expr]:
    """The weight of each flow: its `sampling`; none if every flow stands for itself."""
    if "sampling" not in flows.collect_schema().names():
        return {}
    most = rows_of(flows.select(nw.col("sampling").max())).item()
    return {} if most is None or most <= 1 else {WEIGHT: nw.col("sampling").fill_null(1).cast(nw.Int64)}


def microseconds(name: str) -> nw.Expr:
    """A time in microseconds since 1970."""
    return (nw.col(name) - nw.lit(EPOCH)).dt.total_microseconds()


def _window(interval_seconds: float) -> nw.Expr:
    width = round(interval_seconds * 1e6)
    start = microseconds("start")
    return nw.coalesce(microseconds("window"), start - start % width)


def kinds() -> dict[str, nw.Expr]:
    """Whether a row of `flows` is of a kind, by its name."""
    protocol, flags = nw.col("protocol"), nw.col("tcp_flags")
    tcp, udp, icmp = protocol == 6, protocol == 17, protocol.is_in([1, 58])
    syn, reset, acknowledges = flags % 4 >= 2, flags % 8 >= 4, flags % 32 >= 16
    request = nw.col("src_port").is_in([8, 13, 15, 17, 128])
    few, no_data = nw.col("packets") <= 3, nw.col("payload_bytes") == 0
    from_amplifier = nw.col("src_port").is_in(list(AMPLIFIERS)) & (nw.col("dst_port") != nw.col("src_port"))
    later_fragments = (nw.col("src_port") == 0) & (nw.col("dst_port") == 0)
    accepts_or_refuses = no_data & ((syn & acknowledges) | (reset & ~syn))
    return {
        "tcp": tcp,
        "udp": udp,
        "icmp": icmp,
        "probe": few & ((tcp & ~acknowledges & ~(reset & ~syn)) | (icmp & request) | ~(tcp | icmp)),
        "amplified": udp & (from_amplifier | later_fragments),
        "answer": few & ((tcp & accepts_or_refuses) | (icmp & ~request)),
    }
