"""Addresses that a frame holds as numbers, as text: most are never shown, so text is made last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame, IntoFrame

FIRST_SIX = 2**32
"""An IPv4 address is its own number; numbers from here stand for IPv6 addresses, by a table of the run."""


def is_numbered(table: nw.LazyFrame[Any], column: str) -> bool:
    """Whether the column holds numbers of addresses."""
    return table.collect_schema()[column] == nw.Int64


def named(table: nw.LazyFrame[Any], columns: list[str], six: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The table with the addresses of these columns as canonical text.

    Args:
        table: With numbers in the columns.
        columns: Which.
        six: `number` and `address` of the IPv6 addresses.
    """
    order = table.collect_schema().names()
    for column in columns:
        names = six.rename({"number": column, "address": "_address"})
        number = nw.col(column)
        parts = [(number // 2**shift % 256).cast(nw.String) for shift in (24, 16, 8, 0)]
        text = nw.when(number < FIRST_SIX).then(nw.concat_str(parts, separator=".")).otherwise(nw.col("_address"))
        table = table.join(names, on=column, how="left").with_columns(text.alias(column)).drop("_address")
    return table.select(*order)


def with_texts(frame: IntoFrame, six: IntoFrame) -> Any:
    """The flows with their addresses as canonical text: a lazy frame of the same engine.

    Args:
        frame: Flows with numbers as addresses.
        six: `number` and `address` of the IPv6 addresses.
    """
    table = nw.from_native(frame).lazy()
    return nw.to_native(named(table, ["src_ip", "dst_ip"], nw.from_native(six).lazy()))


def text_of(number: int, six: Mapping[int, str]) -> str:
    """One address as canonical text.

    Args:
        number: Its number.
        six: The IPv6 addresses by their numbers.
    """
    if number >= FIRST_SIX:
        return six[number]
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


class Six:
    """IPv6 addresses by their numbers, while more of them come."""

    def __init__(self, names: Callable[[], IntoDataFrame | None]) -> None:
        """Starts without any.

        Args:
            names: Gives `number` and `address` of the addresses so far, if there are any.
        """
        self.addresses: dict[int, str] = {}
        self._names = names

    def look(self) -> None:
        """Takes in the addresses that came since."""
        told = self._names()
        if told is None:
            return
        names = nw.from_native(told, eager_only=True)
        self.addresses = dict(zip(names["number"].to_list(), names["address"].to_list(), strict=True))

    def text(self, number: int) -> str:
        """The text of one of them."""
        if number not in self.addresses:
            self.look()
        return self.addresses[number]
