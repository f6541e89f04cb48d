"""What a summary found, ready for any report: rows, sizes, facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wiretell.analyses.percentiles import of_histogram
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.errors import UsageError
from wiretell.sources.facts import CaptureFacts

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from wiretell.analyses.summary import Summary

Row = dict[str, Any]
Block = tuple[str, str | None, int | None]
"""Scope, network and window of a block."""


@dataclass(frozen=True)
class SummaryResult:
    """One summary.

    Attributes:
        kind: `capture` or `connections`.
        inputs: What was read, as given.
        unit: What ranks and shares are of.
        options: The options of the analysis.
        rows: Totals and breakdowns, schema.SUMMARY, in order.
        sizes: `flow_bytes`, `flow_packets`, `packet_bytes`: percentile to value.
        timeline: `(microseconds, packets, bytes)` over time.
        timeline_us: Width of a point of the timeline.
        facts: Of the captures; None for logs.
        log_facts: Of connection logs; None for captures.
        zone: The time zone of times in text.
        names: Host names by address.
        interrupted: Whether reading ended early.
    """

    kind: str
    inputs: list[str]
    unit: str
    options: SummaryOptions
    rows: list[Row]
    sizes: dict[str, dict[int, float]]
    timeline: list[tuple[int, float, float]]
    timeline_us: int
    facts: CaptureFacts | None = None
    log_facts: Any = None
    zone: tzinfo = UTC
    names: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False

    def total(self, scope: str = "total", network: str | None = None, window: int | None = None) -> Row | None:
        """The total of a block; None if the block has no traffic."""
        return next(iter(self.breakdown("total", scope, network, window)), None)

    def breakdown(
        self, name: str, scope: str = "total", network: str | None = None, window: int | None = None
    ) -> list[Row]:
        """The rows of one breakdown of a block, by rank."""
        return self.blocks.get((scope, network, window), {}).get(name, [])

    @cached_property
    def blocks(self) -> dict[Block, dict[str, list[Row]]]:
        """All rows by block and breakdown."""
        index: dict[Block, dict[str, list[Row]]] = {}
        for row in self.rows:
            block = index.setdefault((row["scope"], row["network"], row["window"]), {})
            block.setdefault(row["breakdown"], []).append(row)
        return index

    @property
    def windows(self) -> list[int]:
        """Starts of the intervals with traffic, in order."""
        return sorted({window for scope, _, window in self.blocks if scope == "total" and window is not None})


def summary_of(
    source: IntoFrame | Summary,
    options: SummaryOptions,
    *,
    inputs: list[str],
    facts: CaptureFacts | None = None,
    log_facts: Any = None,
    zone: tzinfo = UTC,
) -> SummaryResult:
    """Summarizes a `flows` or `connections` table and gathers what reports need.

    Args:
        source: The table, or what was summarized of it with these options while it was read.
        options: How to summarize; without a unit it is packets for flows, connections for connections.
        inputs: Names of what was read.
        facts: Of the captures that the flows are from.
        log_facts: Of the logs that the connections are from.
        zone: Time zone of times in text.
    """
    from wiretell.analyses.summary import Summary, summarize
    from wiretell.analyses.summary_rank import percentiles, rank, timeline

    summary = source if isinstance(source, Summary) else summarize(source, options)
    kind = "connections" if "connections" in summary.amounts else "capture"
    unit = options.unit or ("connections" if kind == "connections" else "packets")
    if unit not in {"packets", "bytes", "payload"} and unit not in summary.amounts:
        raise UsageError(f"--by {unit}: not in this input", hint="connection logs have no flows")
    rows = rank(summary, options, unit)
    sizes = percentiles(summary)
    # What the meter counted is of the traffic that is summarized, unless the analysis leaves out some of it.
    metered = None if facts is None or _leaves_out(options) else facts
    if metered is not None and any(metered.packet_sizes):
        sizes["packet_bytes"] = of_histogram(sorted(metered.packet_sizes.items()))
    total = next((row for row in rows if row["breakdown"] == "total" and row["scope"] == "total"), None)
    if metered is not None and kind == "capture":
        width, scale = max(metered.timeline.bin_ns // 1000, 1), options.scale
        points = [(at // 1000, packets * scale, size * scale) for at, packets, size in metered.timeline.bins]
    elif summary.rows is not None and total is not None and total["start"] is not None:
        width, points = timeline(summary.rows, summary.amounts, total["start"], total["end"])
    else:
        width, points = 1, []
    return SummaryResult(
        kind=kind,
        inputs=inputs,
        unit=unit,
        options=options,
        rows=rows,
        sizes=sizes,
        timeline=points,
        timeline_us=width,
        facts=facts,
        log_facts=log_facts,
        zone=zone,
        interrupted=any(read is not None and read.interrupted for read in (facts, log_facts)),
    )


def _leaves_out(options: SummaryOptions) -> bool:
    return bool(options.exclude) or options.ports is not None or options.external
