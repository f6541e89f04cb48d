"""What a summary is rolled up from: items grouped as finely as anything needs, of one part of the input or of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.frames import kept
from wiretell.analyses.summary_items import NO_PORT, kept_apart, microseconds
from wiretell.analyses.summary_options import SummaryOptions

Table = nw.LazyFrame[Any]

_MERGED_ROWS: Final = 4_000_000
"""Parts wait until they have so many rows, or as many as what was merged before: then merging stays linear."""


_OF_FLOWS: Final = ("packets", "bytes", "payload_bytes", "fragments", "flows")


@dataclass(frozen=True, slots=True)
class Cells:
    """Items by service, by pair of addresses, by port of either end, by size: tables whose rows add up.

    Attributes:
        by_service: By place, protocol, port, service and state, with the earliest `start_us` and the latest `end_us`.
        by_pair: By place, source and destination; None to save memory.
        by_any_port: By place and port of either end; None unless asked for.
        sizes: By `bytes` and by `packets`, with the number of `rows`.
        amounts: The names of the amounts.
    """

    by_service: Table
    by_pair: Table | None
    by_any_port: Table | None
    sizes: Mapping[str, Table]
    amounts: list[str]

    def derived(self, change: Callable[[Table], Table]) -> Cells:
        """All tables but the sizes, changed alike."""
        return replace(
            self,
            by_service=change(self.by_service),
            by_pair=None if self.by_pair is None else change(self.by_pair),
            by_any_port=None if self.by_any_port is None else change(self.by_any_port),
        )

    def taken_away(self) -> Cells:
        """The cells with all amounts negative: added, they take away."""
        less = [-nw.col(name) for name in self.amounts]
        fewer = {name: kept(table.with_columns(-nw.col("rows"))) for name, table in self.sizes.items()}
        return replace(self, sizes=fewer).derived(lambda table: kept(table.with_columns(*less)))


class GrowingCells:
    """The cells of an input that comes in parts, none of which need be kept."""

    def __init__(self) -> None:
        """Starts without any."""
        self._parts: list[Cells] = []
        self._waiting = self._merged = 0

    def add(self, cells: Cells, rows: int) -> None:
        """Adds the cells of a part.

        Args:
            cells: The cells.
            rows: How many items the part has.
        """
        self._parts.append(cells)
        self._waiting += rows
        if self._waiting > max(_MERGED_ROWS, self._merged):
            self._parts = [merged(self._parts)]
            self._merged += self._waiting
            self._waiting = 0

    def all(self) -> Cells:
        """The cells of everything; there must have been a part."""
        if len(self._parts) > 1:
            self._parts = [merged(self._parts)]
        return self._parts[0]


def cells_of(rows: Table, options: SummaryOptions, amounts: list[str]) -> Cells:
    """The cells of items.

    Args:
        rows: Items as `summary_items.items` gives them, placed where there are networks.
        options: What to count.
        amounts: The names of the amounts.
    """
    known = set(rows.collect_schema().names())
    groups = [name for name in ("bin", "src_place", "dst_place", "unknown_transport") if name in known]
    kinds = [name for name in ("service", "state") if name in known]
    sums = _sums(amounts)
    by_service = rows.group_by(*groups, "protocol", "port", *kinds).agg(**sums, **_times())
    by_pair = None if options.save_memory else rows.group_by(*groups, "src", "dst").agg(**sums)
    by_any_port = _either_end(rows, groups, amounts) if options.any_port else None
    sizes = {name: kept(_sizes(rows, name, options.scale)) for name in ("bytes", "packets")}
    return Cells(by_service, by_pair, by_any_port, sizes, amounts).derived(kept)


def cells_of_sums(pairs: IntoFrame, services: IntoFrame, sizes: IntoFrame, options: SummaryOptions) -> Cells:
    """The cells of flows that the meter added up.

    Args:
        pairs: `window`, `src_ip`, `dst_ip` and amounts; empty to save memory.
        services: `window`, `protocol`, `port` of the service (null without ports), `start`, `end` and amounts.
        sizes: `size`, whether it is `in_bytes` (packets otherwise), and the number of `rows`.
        options: What to count: neither places nor ports of either end, and no scale.
    """
    width = options.interval_us
    bins = {} if width is None else {"bin": microseconds("window") // width}
    port = nw.col("port").fill_null(NO_PORT).cast(nw.Int32)
    amounts = {name: nw.col(name) for name in _OF_FLOWS}
    by_service = (
        nw.from_native(services)
        .lazy()
        .select(
            **bins,
            protocol=nw.col("protocol"),
            port=kept_apart(port, options.keep_ports) if options.save_memory else port,
            **amounts,
            start_us=microseconds("start"),
            end_us=microseconds("end"),
        )
    )
    by_pair = nw.from_native(pairs).lazy().select(**bins, src=nw.col("src_ip"), dst=nw.col("dst_ip"), **amounts)
    counts = nw.from_native(sizes).lazy()
    of_kind = {"bytes": nw.col("in_bytes") == 1, "packets": nw.col("in_bytes") == 0}
    return Cells(
        by_service,
        None if options.save_memory else by_pair,
        None,
        {
            name: kept(counts.filter(kind).group_by(nw.col("size").alias(name)).agg(nw.col("rows").sum()))
            for name, kind in of_kind.items()
        },
        list(_OF_FLOWS),
    ).derived(kept)


def merged(parts: Sequence[Cells]) -> Cells:
    """The cells of several parts as those of the whole."""
    first = parts[0]
    sums = _sums(first.amounts)
    by_pair = [part.by_pair for part in parts if part.by_pair is not None]
    by_any_port = [part.by_any_port for part in parts if part.by_any_port is not None]
    return Cells(
        _added([part.by_service for part in parts], sums | _times()),
        _added(by_pair, sums) if by_pair else None,
        _added(by_any_port, sums) if by_any_port else None,
        {name: _added([part.sizes[name] for part in parts], _sums(["rows"])) for name in first.sizes},
        first.amounts,
    )


def _added(tables: list[Table], numbers: dict[str, nw.Expr]) -> Table:
    """Tables of one shape below each other, rows with the same keys as one."""
    keys = [name for name in tables[0].collect_schema().names() if name not in numbers]
    return kept(nw.concat(tables).group_by(*keys).agg(**numbers))


def _sums(names: Sequence[str]) -> dict[str, nw.Expr]:
    return {name: nw.col(name).sum() for name in names}


def _times() -> dict[str, nw.Expr]:
    return {"start_us": nw.col("start_us").min(), "end_us": nw.col("end_us").max()}


def _sizes(rows: Table, name: str, scale: float) -> Table:
    """How many items have each size: of whole items, where they were spread, and as seen, where counts are scaled."""
    size = nw.col(name)
    if "is_first" in rows.collect_schema().names():
        rows, size = rows.filter(nw.col("is_first")), nw.col(f"whole_{name}")
    if scale != 1:
        size = (size / scale).round(0)
    return rows.select(size.alias(name)).group_by(name).agg(rows=nw.len()).with_columns(nw.col("rows").cast(nw.Int64))


def _either_end(rows: Table, groups: Sequence[str], amounts: list[str]) -> Table:
    """Items by the port of either end; one whose ends have the same port counts once, one without ports as such."""
    sums = _sums(amounts)
    with_ports = nw.col("port") != NO_PORT
    ends = rows.with_columns(
        src_port=nw.when(with_ports).then(nw.col("src_port")).otherwise(nw.lit(NO_PORT)),
        dst_port=nw.when(with_ports).then(nw.col("dst_port")).otherwise(nw.lit(NO_PORT)),
    )
    cells = ends.group_by(*groups, "src_port", "dst_port").agg(**sums)
    different = cells.filter(nw.col("src_port") != nw.col("dst_port"))
    sides = [
        cells.rename({"src_port": "port"}).drop("dst_port"),
        different.rename({"dst_port": "port"}).drop("src_port"),
    ]
    names = [*groups, "port", *amounts]
    return nw.concat([side.select(*names) for side in sides]).group_by(*groups, "port").agg(**sums)
