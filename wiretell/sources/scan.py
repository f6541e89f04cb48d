"""Tables of captures as Polars LazyFrames, metered when collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wiretell.engines.polars import polars_schema
from wiretell.schema import FLOWS, PACKETS, Table
from wiretell.sources.capture_run import CaptureRun, input_names
from wiretell.sources.pushdown import FLOW_COLUMNS, PACKET_COLUMNS, conditions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from wiretell.sources.capture_run import Input
    from wiretell.sources.meter_options import MeterOptions


def scan_flows(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The flows of captures as a Polars LazyFrame with the columns of `schema.FLOWS`.

    Conditions on addresses, ports and protocol are applied while packets are read, so that flows which the query does
    not want take no room.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, FLOWS, FLOW_COLUMNS)


def scan_packets(inputs: Input | Sequence[Input], options: MeterOptions | None = None) -> pl.LazyFrame:
    """The packets of captures as a Polars LazyFrame with the columns of `schema.PACKETS`, in the order of the capture.

    Only the columns that the query needs are made, and conditions are applied while packets are read.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter; what concerns flows is not used.

    Raises:
        InputError: when collected, if an input cannot be read or is no capture.
    """
    return scan_table(inputs, options, PACKETS, PACKET_COLUMNS)


def scan_table(
    inputs: Input | Sequence[Input], options: MeterOptions | None, table: Table, pushable: frozenset[str]
) -> pl.LazyFrame:
    """One table of captures as a Polars LazyFrame, metered when collected.

    Args:
        inputs: Paths of captures or folders of them.
        options: How to meter.
        table: Which table.
        pushable: Columns on which a condition is one on every packet of a row.
    """
    from polars.io.plugins import register_io_source

    names = input_names(inputs)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(table.names) if with_columns is None else with_columns
        needed = wanted if predicate is None else [*wanted, *(set(predicate.meta.root_names()) - set(wanted))]
        run = CaptureRun(
            names, options, tables=(table,), columns={table.name: needed}, conditions=conditions(predicate, pushable)
        )
        left = n_rows
        for name, batch in run.batches():
            if name != table.name:
                continue
            frame = batch if predicate is None else batch.filter(predicate)
            frame = frame.select(wanted)
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame
            if left == 0:
                return

    return register_io_source(source, schema=polars_schema(table))
