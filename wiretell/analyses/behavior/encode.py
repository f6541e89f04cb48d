"""Flows as integers: windows, addresses and ports as numbers, which group and join several times faster than text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import narwhals as nw

from wiretell.analyses.behavior.dimensions import WITH_PORTS
from wiretell.analyses.behavior.held import held, on_engine, rows_of
from wiretell.analyses.behavior.weights import WEIGHT
from wiretell.errors import SchemaError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

NEEDED: Final = (
    "window", "start", "end", "src_ip", "dst_ip", "src_port", "dst_port", "protocol", "packets", "bytes",
    "payload_bytes", "tcp_flags",
)  # fmt: skip
"""The columns of `flows` that the analysis reads."""

PORT_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Encoded:
    """Flows as integers, with the tables that lead back.

    Attributes:
        rows: One row per flow: `w` (number of the window), the four dimensions as Int32, `start` and `end` in
            microseconds, `packets`, `bytes`, `payload_bytes`, and whether it is `tcp`, `udp`, `icmp`, a `probe`, a
            `query`, an `answer`, `amplified`; and `weight`, the flows that it stands for, if they are weighted.
        hosts: `code` and `ip` (text or number) of every address.
        windows: The start of each window in microseconds, by its number.
        bits: How many bits a value of any dimension needs: two values and a window make one Int64.
        thinned: The numbers of windows in which rows may stand for more flows than themselves.
    """

    rows: nw.LazyFrame[Any]
    hosts: nw.DataFrame[Any]
    windows: list[int]
    bits: int
    thinned: frozenset[int] = frozenset()

    @property
    def weighted(self) -> bool:
        """Whether some rows may stand for more flows than themselves."""
        return bool(self.thinned)

    @property
    def weight(self) -> tuple[str, ...]:
        """The column of the weight, if there is one."""
        return (WEIGHT,) if self.weighted else ()


AMPLIFIERS: Final = (17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 1900, 3283, 3478, 3702, 5353, 11211)
"""UDP ports whose answers are larger than their requests (US-CERT TA14-017A, and what was found since)."""


def packed(bits: int, high: str, *lower: str) -> nw.Expr:
    """One Int64 of several numbers, of which all but the first need at most so many bits."""
    number = nw.col(high).cast(nw.Int64)
    for name in lower:
        number = number * 2**bits + nw.col(name)
    return number


def unpacked(bits: int, name: str) -> tuple[nw.Expr, nw.Expr]:
    """What `packed` put together: all but the last number, and the last."""
    return nw.col(name) // 2**bits, nw.col(name) % 2**bits


def with_windows(flows: nw.LazyFrame[Any], interval_seconds: float) -> nw.LazyFrame[Any]:
    """The needed columns of `flows`, with times in microseconds and the start of the window as `window_us`.

    A flow without a window belongs to that in which it starts. Its `weight` is its `sampling`, 1 if it has none.

    Raises:
        SchemaError: if a column is missing or has another type.
    """
    schema = flows.collect_schema()
    missing = [name for name in NEEDED if name not in schema]
    if missing:
        raise SchemaError(f"the flows lack {', '.join(missing)}")
    for name in NEEDED:
        if not _fits(name, schema[name]):
            raise SchemaError(f"the flows have {schema[name]} in {name}", hint="docs/tables.md has the types")
    weight = nw.col("sampling").fill_null(1) if "sampling" in schema else nw.lit(1)
    flows = flows.select(*NEEDED, weight.cast(nw.Int64).alias(WEIGHT)).with_columns(
        window_us=_window(interval_seconds), start=microseconds("start"), end=microseconds("end")
    )
    return flows.drop("window")


def encode(flows: nw.LazyFrame[Any], windows: list[int], thinned: Collection[int] = ()) -> Encoded:
    """Encodes flows of some windows.

    Protocols without ports take part with port 0, and so do ports beyond 65535, which logs may have. A *probe* is a flow
    of 1 to 3 packets that cannot carry a conversation: TCP that never acknowledges, a ping request, or any other
    protocol: a *query*, which is no probe after all if it is answered. An *answer* is a flow of 1 to 3 packets that
    accepts, refuses or reports without data: TCP of SYN-ACK or RST, and ICMP that is no request. An *amplified* flow is
    an answer by a UDP service that floods are reflected by, or the later fragments of such answers.

    Args:
        flows: What `with_windows` makes.
        windows: The windows of these flows, in order.
        thinned: Those in which rows may stand for more flows than themselves.
    """
    hosts = rows_of(nw.concat([flows.select(ip=nw.col(name)) for name in ("src_ip", "dst_ip")]).unique())
    hosts = hosts.with_row_index("code").with_columns(nw.col("code").cast(nw.Int32))
    known = on_engine(hosts, flows)
    rows = flows
    if len(windows) == 1:
        rows = rows.with_columns(w=nw.lit(0).cast(nw.Int32))
    else:
        numbers = nw.from_dict(
            {"window_us": windows, "w": list(range(len(windows)))},
            {"window_us": nw.Int64(), "w": nw.Int32()},
            backend=hosts.implementation,
        )
        rows = rows.join(on_engine(numbers, flows), on="window_us", how="inner")
    for name in ("src_ip", "dst_ip"):
        rows = rows.join(known.rename({"code": f"{name}_code"}), left_on=name, right_on="ip", how="inner")
    ports = nw.col("protocol").is_in(list(WITH_PORTS))
    measures = ("start", "end", "packets", "bytes", "payload_bytes")
    rows = rows.select(
        "w",
        nw.col("src_ip_code").alias("src_ip"),
        nw.col("dst_ip_code").alias("dst_ip"),
        *(
            nw.when(ports & (nw.col(name) < 2**PORT_BITS))
            .then(nw.col(name))
            .otherwise(nw.lit(0))
            .cast(nw.Int32)
            .alias(name)
            for name in ("src_port", "dst_port")
        ),
        *measures,
        *((WEIGHT,) if thinned else ()),
        **kinds(),
    )
    bits = max(PORT_BITS, (len(hosts) - 1).bit_length())
    lossy = frozenset(number for number, start in enumerate(windows) if start in thinned)
    return Encoded(held(rows), hosts, windows, bits, lossy)


def _fits(name: str, kind: nw.dtypes.DType) -> bool:
    if name in {"window", "start", "end"}:
        return isinstance(kind, nw.Datetime) and kind.time_zone is not None
    return kind in {nw.String, nw.Int64} if name.endswith("_ip") else kind.is_integer()


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
    query = few & ~(tcp | icmp)
    return {
        "tcp": tcp,
        "udp": udp,
        "icmp": icmp,
        "probe": (few & ((tcp & ~acknowledges & ~(reset & ~syn)) | (icmp & request))) | query,
        "query": query,
        "amplified": udp & (from_amplifier | later_fragments),
        "answer": few & ((tcp & accepts_or_refuses) | (icmp & ~request)),
    }
