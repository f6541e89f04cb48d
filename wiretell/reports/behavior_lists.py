"""Who does what, as lists: servers, busy clients, others, ports; attackers are told by the findings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from wiretell.reports.behavior_result import BehaviorReport, Row

HOSTS, PORTS = ("src_ip", "dst_ip"), ("src_port", "dst_port")


@dataclass(frozen=True, slots=True)
class Section:
    """A list: which profiles of which dimensions, and the names of its numbers."""

    title: str
    profiles: tuple[str, ...]
    dimensions: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One address or port in its busiest window: what it does, and its numbers as text, without `windows` of one."""

    key: str
    what: str
    numbers: tuple[str, ...]
    row: Row


SECTIONS: Final = (
    Section("Servers", ("server",), HOSTS, ("clients", "flows", "packets each", "windows")),
    Section("Busy clients", ("heavy_hitter",), HOSTS, ("servers", "flows", "packets each", "windows")),
    Section("Other hosts", ("other",), HOSTS, ("peers", "flows", "packets each", "windows")),
    Section("Ports", ("server", "other"), PORTS, ("sources", "targets", "flows", "packets each", "windows")),
)

_WITHOUT_PORTS: Final = {"icmp": "ICMP", "other": "without ports"}


def lines(report: BehaviorReport, section: Section) -> list[Line]:
    """The lines of a section, the busiest first; what stands out in both directions in that with more flows."""
    groups: dict[str, list[Row]] = {}
    for row in report.profiles:
        if row["profile"] in section.profiles and row["dimension"] in section.dimensions:
            groups.setdefault(row["key"], []).append(row)
    busiest = {key: max(rows, key=_weight) for key, rows in groups.items()}
    attacked = {
        row["key"]
        for row in report.profiles
        if row["dimension"] in PORTS and row["profile"] in {"scan", "flood_target"}
    }
    if section.dimensions == PORTS:
        busiest = {key: row for key, row in busiest.items() if key not in attacked or row["profile"] == "server"}
    ordered = sorted(busiest.values(), key=lambda row: (-row["flows"], row["key"]))
    single = len(report.windows) == 1
    return [_line(row, section, groups[row["key"]], single=single) for row in ordered]


def _weight(row: Row) -> tuple[Any, ...]:
    return row["flows"], row["dimension"] in {"src_ip", "dst_port"}, row["window"]


def _line(row: Row, section: Section, rows: list[Row], *, single: bool) -> Line:
    evidence = json.loads(row["evidence"])
    mean = f"{evidence['packets_per_flow']['mean']:,.1f}".removesuffix(".0")
    windows = () if single else (f"{len({each['window'] for each in rows}):,}",)
    flows = f"{row['flows']:,}"
    if section.dimensions == PORTS:
        sides = (f"{evidence['distinct'].get(side) or 1:,}" for side in HOSTS)
        numbers = (*sides, flows, mean, *windows)
        return Line(_port(row), "service" if row["profile"] == "server" else "", numbers, row)
    return Line(row["key"], _what(row), (f"{row['peers']:,}", flows, mean, *windows), row)


def _port(row: Row) -> str:
    known = row["protocol"] in {"tcp", "udp"}
    side = "from" if row["dimension"] == "src_port" else "to"
    return f"{side} port {row['key']}/{row['protocol']}" if known else _WITHOUT_PORTS[row["protocol"]]


def _what(row: Row) -> str:
    if row["protocol"] in _WITHOUT_PORTS:
        return _WITHOUT_PORTS[row["protocol"]]
    if row["profile"] == "other":
        pattern = "no pattern" if set(row["state"]) <= set("⟨*, ⟩") else f"mostly {row['state']}"
        return f"{row['protocol']}, {pattern}"
    if row["port"] is None:
        return f"many {row['protocol']} ports"
    # Profiles of older stores do not say it.
    mostly = "mostly " if json.loads(row["evidence"]).get("port_of_most") else ""
    return f"{mostly}port {row['port']}/{row['protocol']}"
