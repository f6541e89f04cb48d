"""What a summary counts, keeps and splits by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from wiretell.settings import TOP_ROWS

Unit = Literal["packets", "bytes", "payload", "connections", "flows"]

COLUMN_OF_UNIT: Final[dict[str, str]] = {
    "packets": "packets",
    "bytes": "bytes",
    "payload": "payload_bytes",
    "connections": "connections",
    "flows": "flows",
}


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """The choices of one summary.

    Attributes:
        unit: What shares and ranks are of; None is packets for flows and connections for connections.
        top: Rows of a breakdown.
        tops: Rows of single breakdowns, where they differ.
        local: Local networks, prefix to text; traffic is split by direction and by network when there are any.
        exclude: Networks whose traffic is left out, either end.
        external: Leaves out what has both ends in local networks.
        ports: Keeps only traffic of these service-side ports; None keeps all.
        protocols: Keeps only these IP protocols; None keeps all.
        start_us: Leaves out what begins before, microseconds since 1970 UTC.
        end_us: Leaves out what ends later.
        interval_us: Width of an interval; None for no intervals.
        cut: Whether no row crosses a border of an interval, as flows metered with the same interval. Otherwise
            packets and bytes are spread over the intervals that the row touches, evenly over its duration.
        verbose: Breakdowns per interval, not only totals.
        any_port: Also counts ports of either end; their shares add to more than 1.
        save_memory: No hosts and pairs, and one row for all ports from 1024 that are not in `keep_ports`.
        keep_ports: Ports that `save_memory` keeps.
        scale: Every count stands for so many: 1 / probability of sampling times the factor of a sampled input.
    """

    unit: Unit | None = None
    top: int = TOP_ROWS
    tops: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)
    exclude: Sequence[str] = ()
    external: bool = False
    ports: frozenset[int] | None = None
    protocols: frozenset[int] | None = None
    start_us: int | None = None
    end_us: int | None = None
    interval_us: int | None = None
    cut: bool = False
    verbose: bool = False
    any_port: bool = False
    save_memory: bool = False
    keep_ports: frozenset[int] = frozenset()
    scale: float = 1.0
