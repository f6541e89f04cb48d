"""Which part of a query's filter the meter can apply to single packets, before a row is made.

Only conjunctions of comparisons between one column and constants are taken. What is not understood is left out: the
whole filter is applied to the rows afterwards in any case, so this decides about speed, never about the result.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Condition = tuple[str, str, list[int], list[Address]]
"""Column, sign (`in`, `not in`, `<`, `<=`, `>`, `>=`), numbers, addresses."""

PACKET_COLUMNS = frozenset(
    {"time", "wire_len", "captured_len", "vlan", "src_ip", "dst_ip", "protocol", "src_port", "dst_port"}
    | {"ip_len", "payload_len", "ttl", "tcp_flags"}
)
FLOW_COLUMNS = frozenset({"src_ip", "dst_ip", "protocol", "src_port", "dst_port"})
"""Columns that all packets of a flow share; a condition on another one is not one on single packets."""

_ADDRESSES = frozenset({"src_ip", "dst_ip"})
_SIGNS = {"Eq": "in", "NotEq": "not in", "Lt": "<", "LtEq": "<=", "Gt": ">", "GtEq": ">="}
_MIRRORED = {"in": "in", "not in": "not in", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def conditions(predicate: pl.Expr | None, columns: frozenset[str]) -> list[Condition]:
    """The conditions on these columns that every row of the result fulfills.

    Args:
        predicate: A filter as Polars hands it to an IO source.
        columns: The columns on which a condition may be pushed down.
    """
    if predicate is None:
        return []
    try:
        found = [condition for term in _terms(predicate) if (condition := _condition(term, columns)) is not None]
        return [condition for one in found for condition in (_around(one) if one[0] == "time" else [one])]
    except (KeyError, TypeError, ValueError):
        # The serialized form of expressions is not a stable interface: what is not recognized is not pushed down.
        return []


def _root(expression: pl.Expr) -> dict[str, Any]:
    root = json.loads(expression.meta.serialize(format="json"))
    return root if isinstance(root, dict) else {}


def _terms(expression: pl.Expr) -> Iterator[pl.Expr]:
    """The terms of a conjunction."""
    if _root(expression).get("BinaryExpr", {}).get("op") in ("And", "LogicalAnd"):
        for side in expression.meta.pop():
            yield from _terms(side)
    else:
        yield expression


def _condition(term: pl.Expr, columns: frozenset[str]) -> Condition | None:
    root = _root(term)
    if "BinaryExpr" in root:
        sign = _SIGNS.get(root["BinaryExpr"]["op"])
        left_is_column = "Column" in root["BinaryExpr"]["left"]
    elif "IsIn" in (root.get("Function", {}).get("function", {}).get("Boolean") or {}):
        sign, left_is_column = "in", True
    else:
        return None
    sides = term.meta.pop()
    named = [side for side in sides if "Column" in _root(side)]
    constant = [side for side in sides if not side.meta.root_names()]
    if sign is None or len(named) != 1 or len(constant) != 1:
        return None
    column = named[0].meta.output_name()
    values = _values(constant[0], column)
    if column not in columns or values is None:
        return None
    numbers, addresses = values
    if addresses and sign not in ("in", "not in"):
        return None  # the order of texts is not that of addresses
    return column, sign if left_is_column else _MIRRORED[sign], numbers, addresses


def _around(condition: Condition) -> list[Condition]:
    """What a condition on times implies, looser by a microsecond.

    Polars compares times in microseconds where the constant is in them, and one in nanoseconds has lost the digits below.
    """
    column, sign, moments, _ = condition
    if sign == "not in" or not moments:
        return []
    since: Condition = (column, ">=", [min(moments) - 999], [])
    until: Condition = (column, "<=", [max(moments) + 999], [])
    return [since, until] if sign == "in" else [since] if sign in (">", ">=") else [until]


def _values(constant: pl.Expr, column: str) -> tuple[list[int], list[Address]] | None:
    import polars as pl

    value = pl.select(constant).item()
    values = value.to_list() if isinstance(value, pl.Series) else value if isinstance(value, list) else [value]
    numbers: list[int] = []
    addresses: list[Address] = []
    for item in values:
        if column in _ADDRESSES:
            if not isinstance(item, str):
                return None
            addresses.append(ipaddress.ip_address(item))
            if str(addresses[-1]) != item:
                return None  # not the canonical form: it equals no value, which the rows themselves show
        elif isinstance(item, datetime) and item.tzinfo is not None and column == "time":
            numbers.append((item - datetime.fromtimestamp(0, item.tzinfo)) // timedelta(microseconds=1) * 1000)
        elif isinstance(item, int) and not isinstance(item, bool) and column != "time":
            numbers.append(item)
        else:
            return None
    return numbers, addresses
