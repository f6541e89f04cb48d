"""A summary as JSON: the same facts as the text, nothing rounded."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import Any

from wiretell.reports.summary_result import Row, SummaryResult

_GROUP = ("window", "scope", "network", "breakdown", "rank")
_OF_TRAFFIC = ("breakdown", "key", "start", "end")
_PLURALS = {"port_any": "ports_any", "pair": "pairs"}


def as_json(result: SummaryResult) -> str:
    """The document as text, with a line end."""
    return json.dumps(document(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def document(result: SummaryResult) -> dict[str, Any]:
    """The document: what was read, the facts, and blocks of totals and breakdowns."""
    return {
        "kind": result.kind,
        "inputs": result.inputs,
        "unit": result.unit,
        "interrupted": result.interrupted,
        "sampling_factor": result.options.scale,
        "facts": facts_document(result.facts),
        "log_facts": facts_document(result.log_facts),
        "total": _block(result, "total"),
        "directions": {
            scope: _block(result, scope) or _nothing(result)
            for scope in ("incoming", "outgoing", "internal", "transit")
            if result.options.local
        },
        "networks": [
            {"network": network, "text": text, **(_block(result, "network", network) or _nothing(result))}
            for network, text in result.options.local.items()
        ],
        "intervals": [_interval(result, window) for window in result.windows],
        "unknown_transport": _block(result, "unknown_transport"),
        "sizes": {name: {f"p{at}": value for at, value in values.items()} for name, values in result.sizes.items()},
        "timeline": {
            "width_seconds": result.timeline_us / 1e6,
            "points": [{"start": iso(at), "packets": packets, "bytes": size} for at, packets, size in result.timeline]
            if result.kind == "capture"
            else [{"start": iso(at), "connections": made, "bytes": size} for at, made, size in result.timeline],
        },
        "names": dict(result.names),
    }


def facts_document(facts: Any) -> dict[str, Any] | None:
    """Facts as plain values: keys as text, times as text."""
    if facts is None or not is_dataclass(facts) or isinstance(facts, type):
        return None
    values: dict[str, Any] = _plain(asdict(facts))
    values.pop("timeline", None)
    # What lists and shares by host add to their rows, and tell themselves.
    for table, name in (("connections", "left_out"), ("events", "hosts_left_out")):
        if values.get(table):
            del values[table][name]
    return values


def iso(microseconds: int | None) -> str | None:
    """A time in ISO 8601, UTC, with microseconds; one that no calendar has as seconds since 1970."""
    if microseconds is None:
        return None
    try:
        whole = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{microseconds / 1e6:.6f}"
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000:06d}Z"


def _interval(result: SummaryResult, window: int) -> dict[str, Any]:
    block: dict[str, Any] = {"window": iso(window), **(_block(result, "total", None, window) or {})}
    if result.options.local:
        block["directions"] = {
            scope: _block(result, scope, None, window) or _nothing(result)
            for scope in ("incoming", "outgoing", "internal", "transit")
        }
        totals = {network: result.total("network", network, window) for network in result.options.local}
        block["networks"] = {network: _values(total) for network, total in totals.items() if total is not None}
    return block


def _block(
    result: SummaryResult, scope: str, network: str | None = None, window: int | None = None
) -> dict[str, Any] | None:
    tables = result.blocks.get((scope, network, window))
    if tables is None:
        return None
    names = (name for name in tables if name != "total")
    return {
        "totals": _values(tables["total"][0]),
        "breakdowns": {_PLURALS.get(name, f"{name}s"): [_values(row) for row in tables[name]] for name in names},
    }


def _nothing(result: SummaryResult) -> dict[str, Any]:
    """The block of a direction or a network without traffic: its totals are zero."""
    total = result.total()
    told = {"packets": 0, "bytes": 0, "payload_bytes": 0} if total is None else _values(total)
    return {"totals": {name: 0 for name in told if name not in _OF_TRAFFIC}, "breakdowns": {}}


def _values(row: Row) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if value is not None and name not in _GROUP}
    for name in ("start", "end"):
        if name in values:
            values[name] = iso(values[name])
    if row["breakdown"] == "total":
        values.pop("share", None)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {" ".join(key) if isinstance(key, tuple) else str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
