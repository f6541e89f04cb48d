"""The four feature dimensions of a flow and the three that are free when one is fixed."""

from __future__ import annotations

from typing import Final

DIMENSIONS: Final = ("src_ip", "dst_ip", "src_port", "dst_port")
"""Each cluster is all flows of a window that share one value (the key) of one of these."""

FREE: Final[dict[str, tuple[str, str, str]]] = {
    "src_ip": ("src_port", "dst_port", "dst_ip"),
    "dst_ip": ("src_port", "dst_port", "src_ip"),
    "src_port": ("dst_port", "src_ip", "dst_ip"),
    "dst_port": ("src_port", "src_ip", "dst_ip"),
}
"""The free dimensions X, Y, Z of a cluster, in the order of the behavior class and of a written state."""

MIRROR: Final[dict[str, str]] = {
    "src_ip": "dst_ip", "dst_ip": "src_ip", "src_port": "dst_port", "dst_port": "src_port"
}  # fmt: skip
"""The dimension in which the opposite direction has the same value."""

PORTS: Final = 65_536
"""How many values a port dimension can take; an address dimension takes more than any window has flows."""

WITH_PORTS: Final = (6, 17, 33, 132, 136)
"""TCP, UDP, DCCP, SCTP, UDP-Lite. Every other protocol takes part with port 0."""


def is_port(dimension: str) -> bool:
    """Whether the dimension holds ports, not addresses."""
    return dimension in {"src_port", "dst_port"}
