"""The endpoint statistics of connections that come in batches: sums by key, without keeping the connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.endpoints import (
    COUNTED,
    HELPERS,
    KEYS,
    MEASURED,
    SOURCES,
    SUMS,
    TOTAL,
    EndpointOptions,
    Row,
    finished_rows,
    ranked,
    sides,
    summed,
)
from wiretell.analyses.frames import collected

BARE: Final = (*COUNTED, *HELPERS)
_MERGED_ROWS: Final = 500_000
"""Sums by key that wait before those of one key are added up."""


class EndpointCounter:
    """`endpoints.endpoints` of connections that come in batches: of each it keeps sums by key, and what percentiles are of.

    Keys that nothing was measured of, as those that a scan tries, take less room: their counts of segments are left out.
    """

    def __init__(self, options: EndpointOptions | None = None, *, sort: str = "loss", top: int | None = None) -> None:
        """As of `endpoints.endpoints`; by connection, only the `top` of what has come so far are kept."""
        self._options = options or EndpointOptions()
        self._sort, self._top = sort, top
        self._whole: list[nw.DataFrame[Any]] = []
        self._carried: list[nw.DataFrame[Any]] = []
        self._bare: list[nw.DataFrame[Any]] = []
        self._told: dict[str, list[nw.DataFrame[Any]]] = {"whole": [], "found": []}
        self._merged = self._waiting = 0

    def add(self, connections: IntoFrame) -> None:
        """Counts a batch: all rows of a connection must be in one, interim rows aside.

        Args:
            connections: A frame in the columns of `schema.CONNECTIONS`, of which those that are `needed` are enough,
                the measured ones only if anything was measured.
        """
        self._whole.append(self._sums(connections, TOTAL, self._told["whole"]))
        found = self._sums(connections, self._options, self._told["found"])
        carried = nw.any_horizontal(*(nw.col(name) > 0 for name in MEASURED), ignore_nulls=False)
        self._carried.append(found.filter(carried))
        self._bare.append(found.filter(~carried).select(*KEYS, *BARE))
        self._waiting += len(found)
        if self._waiting > max(_MERGED_ROWS, self._merged) or self._options.by == "connection":
            self._merge()

    @staticmethod
    def _sums(connections: IntoFrame, options: EndpointOptions, told: list[nw.DataFrame[Any]]) -> nw.DataFrame[Any]:
        """The sums of a batch by key; what percentiles are of goes to `told`."""
        measured = "orig_data_pkts" in nw.from_native(connections).collect_schema().names()
        rows = collected(sides(connections, options, measured=measured)).lazy()
        sources = [nw.col(name) if measured else nw.lit(None).cast(nw.Int64).alias(name) for name in SOURCES]
        said = nw.any_horizontal(*(~nw.col(name).is_null() for name in SOURCES), ignore_nulls=False)
        told.append(_owned(rows.select("key", *sources).filter(said)))
        return _owned(summed(rows) if measured else widened(as_bare(summed(rows, COUNTED))))

    def rows(self) -> list[Row]:
        """The rows of `schema.ENDPOINTS`, as of `endpoints.endpoints`; empty if nothing was added."""
        if not self._whole:
            return []
        self._merge()
        carried, bare = self._carried[0].lazy(), self._bare[0].lazy()
        if len(self._carried[0]):
            keys = carried.select(*KEYS)
            both = bare.join(keys, on=list(KEYS), how="semi")
            bare = bare.join(keys, on=list(KEYS), how="anti")
            carried = summed(nw.concat([carried, widened(both)]))
        best = nw.concat([self._best(carried), self._best(widened(bare))]).lazy()
        whole, told = (nw.concat(self._told[name]).lazy() for name in ("whole", "found"))
        return finished_rows(self._whole[0].lazy(), ranked(best, self._sort, self._top), whole, told, self._options)

    def _merge(self) -> None:
        """Adds up what has the same key."""
        self._whole = [collected(summed(nw.concat(self._whole).lazy()))]
        self._carried = [collected(summed(nw.concat(self._carried).lazy()))]
        self._bare = [collected(summed(nw.concat(self._bare).lazy(), BARE))]
        if self._options.by == "connection":
            self._carried = [self._best(self._carried[0].lazy())]
            self._bare = [self._best(widened(self._bare[0].lazy())).select(*KEYS, *BARE)]
            kept = nw.concat([frame.select("key") for frame in (*self._carried, *self._bare)])["key"]
            self._told["found"] = [nw.concat(self._told["found"]).filter(nw.col("key").is_in(kept))]
        self._merged, self._waiting = len(self._carried[0]) + len(self._bare[0]), 0

    def _best(self, rows: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
        return collected(ranked(rows, self._sort, self._top).select(*KEYS, *SUMS))


def as_bare(sums: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sums of `COUNTED`, of connections that were looked at and told nothing, with the columns of `BARE`."""
    zero = nw.lit(0).cast(nw.Int64)
    return sums.with_columns(_measured=nw.col("connections"), _rtt_sum=zero, _rtt_count=zero)


def widened(bare: nw.LazyFrame[Any], keys: Sequence[str] = KEYS) -> nw.LazyFrame[Any]:
    """The rows with the counts that were left out: they are zero."""
    zeros = (nw.lit(0).cast(nw.Int64).alias(name) for name in MEASURED)
    return bare.with_columns(*zeros).select(*keys, *SUMS)


def _owned(rows: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The rows with their texts copied: one that is a view into a batch would keep all of that batch in memory."""
    texts = [name for name in rows.collect_schema().names() if name in KEYS]
    return collected(rows.with_columns(nw.concat_str(nw.lit(""), nw.col(name)).alias(name) for name in texts))
