"""Connections as a list: those that fulfill conditions, the ones that matter first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import narwhals as nw

STATES: Final[dict[str, str]] = {
    "S0": "no answer to the first packet",
    "S1": "open, not closed while watched",
    "SF": "opened and closed",
    "REJ": "refused",
    "S2": "originator closed, responder did not",
    "S3": "responder closed, originator did not",
    "RSTO": "reset by the originator",
    "RSTR": "reset by the responder",
    "RSTOS0": "SYN, then reset by the originator: no answer seen",
    "RSTRH": "SYN-ACK, then reset by the responder: no SYN seen",
    "SH": "SYN and FIN of the originator: no answer seen",
    "SHR": "answers of the responder only",
    "OTH": "begun before the capture, or without a handshake",
}
"""Zeek's states of a connection in words."""


def as_ended(connections: Any) -> Any:
    """The rows of connections as they ended: interim rows, which later ones replace, are left out.

    Args:
        connections: A Narwhals frame with connections; one without the column `interim` has no such rows.
    """
    if "interim" not in connections.collect_schema().names():
        return connections
    if isinstance(connections, nw.DataFrame) and not connections["interim"].any():
        return connections  # as it mostly is: nothing is copied
    return connections.filter(~nw.col("interim").fill_null(value=False))


def ip_bytes() -> nw.Expr:
    """IP bytes of both sides; the payload where a log does not have them."""
    sides = [nw.coalesce(nw.col(f"{side}_ip_bytes"), nw.col(f"{side}_bytes")).fill_null(0) for side in ("orig", "resp")]
    return (sides[0] + sides[1]).cast(nw.Int64)


def packets() -> nw.Expr:
    """Packets of both sides."""
    return nw.col("orig_pkts").fill_null(0) + nw.col("resp_pkts").fill_null(0)


def path_rtt() -> nw.Expr:
    """Round trip over the whole path: of the handshake, else the medians of both sides of the monitor together."""
    hands = nw.col("orig_handshake_rtt_s") + nw.col("resp_handshake_rtt_s")
    return nw.coalesce(hands, nw.col("orig_rtt_median_s") + nw.col("resp_rtt_median_s"))


def rexmit_share() -> nw.Expr:
    """Share of the data segments that were retransmissions; null without data segments."""
    sent = nw.col("orig_data_pkts") + nw.col("resp_data_pkts")
    again = nw.col("orig_rexmit_pkts") + nw.col("resp_rexmit_pkts")
    return nw.when(sent > 0).then(again.cast(nw.Float64) / nw.when(sent > 0).then(sent).otherwise(nw.lit(1)))


@nw.narwhalify
def picked(
    connections: Any,
    *,
    states: Collection[str] = (),
    services: Collection[str] = (),
    ports: Collection[int] = (),
    hosts: Collection[str] | None = None,
) -> Any:
    """The connections that fulfill all conditions, on the engine of the input.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`.
        states: States, any of them; all if empty.
        services: Services, any of them, `-` for none; a connection with several needs one of them. All if empty.
        ports: Ports of TCP and UDP, of either end; all if empty.
        hosts: Addresses, of either end; None for all.
    """
    if states:
        connections = connections.filter(nw.col("conn_state").is_in(list(states)))
    if services:
        named = nw.lit(False)
        for service in services:
            if service == "-":
                named = named | nw.col("service").is_null()
            else:
                listed = nw.concat_str(nw.lit(","), nw.col("service"), nw.lit(","))
                named = named | listed.str.contains(f",{service},", literal=True).fill_null(False)
        connections = connections.filter(named)
    if ports:
        either = nw.col("orig_p").is_in(list(ports)) | nw.col("resp_p").is_in(list(ports))
        connections = connections.filter(either & nw.col("proto").is_in(["tcp", "udp"]))
    if hosts is not None:
        known = list(hosts)
        connections = connections.filter(nw.col("orig_h").is_in(known) | nw.col("resp_h").is_in(known))
    return connections


@nw.narwhalify
def ordered(connections: Any, by: str = "bytes", top: int | None = None) -> Any:
    """The connections in an order of `settings.CONNECTION_SORTS`, at most `top` of them; equals by time and uid.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`.
        by: One of `settings.CONNECTION_SORTS`.
        top: How many; None for all.
    """
    if by == "start":
        rows = connections.sort("ts", "uid")
    else:
        rows = connections.with_columns(_weight=_weight(by))
        rows = rows.sort("_weight", "ts", "uid", descending=[True, False, False]).drop("_weight")
    return rows if top is None else rows.head(top)


@nw.narwhalify
def not_behind(connections: Any, last: Any, by: str = "bytes") -> Any:
    """The connections that come before one in an order, or are equal to it but for the uid: few, so that few are sorted.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`.
        last: A frame with that one.
        by: One of `settings.CONNECTION_SORTS`.
    """
    until = nw.col("ts") <= last["ts"].item()
    if by == "start":
        return connections.filter(until)
    weight, least = _weight(by), last.select(_weight=_weight(by))["_weight"].item()
    return connections.filter((weight > least) | ((weight == least) & until))


def _weight(by: str) -> nw.Expr:
    return {
        "bytes": ip_bytes(),
        "packets": packets(),
        "duration": nw.col("duration").fill_null(-1.0),
        "rexmit": rexmit_share().fill_null(-1.0),
        "rtt": path_rtt().fill_null(-1.0),
    }[by]


@nw.narwhalify
def with_measures(connections: Any) -> Any:
    """The connections with `path_rtt` (seconds) and `rexmit_share` behind their columns."""
    return connections.with_columns(path_rtt=path_rtt(), rexmit_share=rexmit_share())
