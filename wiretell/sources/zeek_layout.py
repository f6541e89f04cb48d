"""How the lines of a Zeek or Bro log are to be read: its header, or what its first line looks like without one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from wiretell.schema import CONNECTIONS, Type

CONN_TYPES: dict[str, str] = {
    "ts": "time",
    "uid": "string",
    "orig_h": "addr",
    "orig_p": "port",
    "resp_h": "addr",
    "resp_p": "port",
    "proto": "enum",
    "service": "string",
    "duration": "interval",
    "orig_bytes": "count",
    "resp_bytes": "count",
    "conn_state": "string",
    "local_orig": "bool",
    "local_resp": "bool",
    "missed_bytes": "count",
    "history": "string",
    "orig_pkts": "count",
    "orig_ip_bytes": "count",
    "resp_pkts": "count",
    "resp_ip_bytes": "count",
    "tunnel_parents": "set[string]",
    "ip_proto": "count",
}
"""The columns of conn.log in the default order of Zeek 8, with their types. Older logs lack local_resp or ip_proto."""

_PORTABLE = {
    Type.INT16: "count",
    Type.INT32: "count",
    Type.INT64: "count",
    Type.FLOAT64: "double",
    Type.STRING: "string",
    Type.BOOLEAN: "bool",
}
TABLE_TYPES: dict[str, str] = {
    column.name: CONN_TYPES.get(column.name) or _PORTABLE[column.type] for column in CONNECTIONS.columns
}
"""The columns of `schema.CONNECTIONS` with Zeek's types: those above, then what a log may have beyond them."""

BRO1_FIELDS = (
    "ts",
    "duration",
    "orig_h",
    "resp_h",
    "service",
    "orig_p",
    "resp_p",
    "proto",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "addl",
)
"""The columns of a Bro 1.x conn.log; `addl`, free text with spaces, may be missing."""

_ID = re.compile(r"^id(?:\W|_|\W{2})(orig_h|orig_p|resp_h|resp_p)$")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_EPOCH = re.compile(r"^\d{1,12}\.\d{1,9}$|^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ADDRESS = re.compile(r"^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*(\.\d+){0,3})$")
_FLAG = ("T", "F", "-", "(empty)")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a run of lines is to be read.

    Attributes:
        kind: `tsv`, `json` or `bro1`.
        separator: What stands between fields.
        set_separator: What stands between the elements of a set or a vector.
        empty: How an empty set or string is written.
        unset: How a missing value is written.
        path: Which log it is, as the log says: `conn`, `dns`, ...; None if it does not say.
        fields: Names of the columns; the parts of `id` go by their own name.
        types: Zeek's type of each column; as many as fields.
        declared: Whether a header or the first line told the names.
    """

    kind: str = "tsv"
    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str | None = None
    fields: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    declared: bool = False

    def with_directive(self, line: str) -> Layout:
        """The layout after one `#` line of the header; a plain comment changes nothing."""
        if line.startswith("#separator"):
            value = line[len("#separator") :].strip(" \t\r\n") or line[len("#separator") + 1 : -1]
            return Layout(separator=unescape(value) or "\t")
        name, _, value = line.rstrip("\r\n").partition(self.separator)
        match name:
            case "#set_separator":
                return replace(self, set_separator=unescape(value) or ",")
            case "#empty_field":
                return replace(self, empty=unescape(value))
            case "#unset_field":
                return replace(self, unset=unescape(value))
            case "#path":
                return replace(self, path=value or None)
            case "#fields":
                names = unique([plain_name(unescape(field)) for field in value.split(self.separator)])
                types = tuple(TABLE_TYPES.get(name, "string") for name in names)
                return replace(self, kind="tsv", fields=names, types=types, declared=True)
            case "#types":
                types = tuple(value.split(self.separator))
                return replace(self, types=types) if len(types) == len(self.fields) else self
        return self

    def type_of(self, field: str) -> str:
        """Zeek's type of that column."""
        types = dict(zip(self.fields, self.types, strict=True))
        return types.get(field, "string") if field != "ts" else "time"


def plain_name(field: str) -> str:
    """A field's name without what the writer put before it: `id.orig_h`, `id_orig_h` and `orig_h` are one."""
    match = _ID.match(field)
    return match[1] if match else field


def unique(names: list[str]) -> tuple[str, ...]:
    """The names, later namesakes with a number behind."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(out)


def unescape(text: str) -> str:
    r"""Replaces every `\xNN` by its character."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def sniff(line: str, conn_version: int = 0) -> Layout | None:
    """The layout of a log without a header, by its first line; None if it looks like no connection log.

    Args:
        line: The first line.
        conn_version: 1 or 2 to read it as a log of Bro 1.x, or of Bro 2 and Zeek; 0 to guess.
    """
    line = line.rstrip("\r\n")
    if conn_version in (0, 1) and _is_bro1(line.split()):
        types = tuple({"addl": "string"}.get(name, CONN_TYPES.get(name, "string")) for name in BRO1_FIELDS)
        return Layout(kind="bro1", unset="?", path="conn", fields=BRO1_FIELDS, types=types)
    if conn_version == 1:
        return None
    for separator in ("\t", ",", "|", ";", " "):
        fields = line.split(separator)
        if len(fields) >= 7 and (found := _default_order(fields) or _named(fields)):
            names, declared = found
            types = tuple(TABLE_TYPES.get(name, "string") for name in names)
            return Layout(
                separator=separator, path=None if declared else "conn", fields=names, types=types, declared=declared
            )
    return None


def _is_bro1(fields: list[str]) -> bool:
    return (
        len(fields) >= 12
        and bool(_EPOCH.match(fields[0]))
        and bool(_ADDRESS.match(fields[2]) and _ADDRESS.match(fields[3]))
        and not _ADDRESS.match(fields[4])
        and fields[5].isdigit()
        and fields[6].isdigit()
    )


def _named(fields: list[str]) -> tuple[tuple[str, ...], bool] | None:
    """A first line that holds the names of the columns."""
    names = unique([plain_name(field) for field in fields])
    return (names, True) if {"ts", "orig_h", "resp_h"} <= set(names) else None


def _default_order(fields: list[str]) -> tuple[tuple[str, ...], bool] | None:
    """The default order of conn.log from the time on; what stands before it, such as a node's name, is kept apart."""
    for start in range(min(4, len(fields) - 6)):
        row = fields[start:]
        if _EPOCH.match(row[0]) and _ADDRESS.match(row[2]) and _ADDRESS.match(row[4]):
            break
    else:
        return None
    names = list(CONN_TYPES)
    if not (len(row) > 13 and row[13] in _FLAG):
        names.remove("local_resp")
    at = names.index("ip_proto")
    if len(row) > at and not (row[at].isdigit() and len(row) == at + 1):
        names.remove("ip_proto")
    names = names[: len(row)] + [f"column_{start + number + 1}" for number in range(len(names), len(row))]
    return tuple([f"column_{number + 1}" for number in range(start)] + names), False
