"""From the texts of a log to typed columns: Zeek's types to the portable ones, and which values could not be read."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from wiretell.sources.zeek_layout import Layout

TIME = pl.Datetime("us", "UTC")
_LAST_SECOND = 253_402_300_800.0  # year 10000
_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|\\\\")
_IPV4 = r"^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"


@dataclass(frozen=True, slots=True)
class Typed:
    """One column, read.

    Attributes:
        values: The column; null where there is no value or none that can be read.
        bad: Where a value stands that cannot be read; None if there is no such place.
        fault: What is wrong there.
    """

    values: pl.Series
    bad: pl.Series | None = None
    fault: str = ""


def typed(column: pl.Series, kind: str, layout: Layout, *, is_plain: bool = False) -> Typed:
    """Reads a column of texts (null: not there) as the Zeek type `kind`.

    Args:
        column: The texts as they stand in the log.
        kind: Zeek's type: `time`, `count`, `set[string]`, ...
        layout: How unset, empty and sets are written.
        is_plain: Whether it is known that no text is escaped or written as empty.
    """
    if kind.startswith(("set", "vector", "table")):
        listed = _listed(column, layout)
        return Typed(listed if is_plain else _texts(listed, layout))
    given = _unset_to_null(column, layout)
    match kind:
        case "time":
            return _times(given)
        case "interval" | "double":
            values = given.cast(pl.Float64, strict=False)
            values = values.set(~values.is_finite().fill_null(True), None)
            return _checked(given, values, "not a number")
        case "count" | "int" | "port":
            values = _integers(given)
            if kind != "int":
                values = values.set((values < 0).fill_null(False), None)
            return _checked(given, values, "not a number of this kind")
        case "bool":
            values = _booleans(given)
            return _checked(given, values, "neither T nor F")
        case "addr":
            return _addresses(given)
    return Typed(given if is_plain else _texts(given, layout))


def _unset_to_null(column: pl.Series, layout: Layout) -> pl.Series:
    if layout.kind == "json":
        return column
    return column.set((column == layout.unset).fill_null(False), None)


def _checked(given: pl.Series, values: pl.Series, fault: str) -> Typed:
    if values.null_count() == given.null_count():
        return Typed(values)
    return Typed(values, values.is_null() & given.is_not_null(), fault)


def _times(given: pl.Series) -> Typed:
    """Seconds since 1970 with a fraction, ISO 8601, or (larger numbers) milli-, micro- or nanoseconds since 1970."""
    seconds = given.cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"s": seconds}).select(
        pl.when(pl.col("s") < 1e11)
        .then(pl.col("s"))
        .when(pl.col("s") < 1e14)
        .then(pl.col("s") / 1e3)
        .when(pl.col("s") < 1e17)
        .then(pl.col("s") / 1e6)
        .otherwise(pl.col("s") / 1e9)
        .alias("s")
    )
    in_range = pl.col("s").is_finite() & (pl.col("s") >= 0) & (pl.col("s") < _LAST_SECOND)
    micros = frame.select(
        pl.when(in_range).then((pl.col("s") * 1e6).round()).otherwise(None).cast(pl.Int64).alias("t")
    )["t"]
    if micros.null_count() > given.null_count() and seconds.null_count() > given.null_count():
        missing = seconds.is_null() & given.is_not_null()
        iso = _mapped(given.filter(missing), _iso_micros, pl.Int64)
        micros = micros.scatter(missing.arg_true(), iso)
    return _checked(given, micros.cast(TIME), "not a time")


def _iso_micros(text: str) -> int | None:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    span = time - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
    return micros if micros >= 0 else None


def _integers(given: pl.Series) -> pl.Series:
    values = given.cast(pl.Int64, strict=False)
    if values.null_count() > given.null_count():  # JSON writers that write 3.0
        numbers = given.cast(pl.Float64, strict=False)
        whole = (numbers == numbers.round()) & (numbers.abs() < 2.0**53)
        exact = numbers.set(~whole.fill_null(False), None).cast(pl.Int64, strict=False)
        values = values.zip_with(values.is_not_null(), exact)
    return values


def _booleans(given: pl.Series) -> pl.Series:
    true, false = given.is_in(["T", "true", "True", "1"]), given.is_in(["F", "false", "False", "0"])
    return true.set(~(true | false).fill_null(False), None)


def _addresses(given: pl.Series) -> Typed:
    """Addresses in canonical text form; the common case, dotted IPv4, is canonical as it stands."""
    odd = given.unique().drop_nulls()
    odd = odd.filter(~odd.str.contains(_IPV4))
    canonical = {text: canonical_address(text) for text in odd.to_list()}
    changed = {text: new for text, new in canonical.items() if new != text}
    if not changed:
        return Typed(given)
    values = given.replace_strict(list(changed), list(changed.values()), default=given, return_dtype=pl.String)
    return _checked(given, values, "not an address")


def canonical_address(text: str) -> str | None:
    """The canonical text form (RFC 5952; IPv4-mapped with dots) of an address; None if it is none."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"
    return address.compressed


def _listed(column: pl.Series, layout: Layout) -> pl.Series:
    """Sets and vectors as texts: elements joined by commas."""
    given = _unset_to_null(column, layout)
    if layout.kind == "json":
        return _mapped(given, _joined, pl.String)
    if layout.set_separator != ",":
        given = given.str.replace_all(layout.set_separator, ",", literal=True)
    return given


def _joined(text: str) -> str:
    if not text.startswith("["):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return ",".join(item if isinstance(item, str) else json.dumps(item) for item in value)


def _texts(given: pl.Series, layout: Layout) -> pl.Series:
    """Texts with their escapes decoded; what is written as empty becomes the empty text."""
    if layout.kind == "json":
        return given
    given = given.set((given == layout.empty).fill_null(False), "")
    escaped = given.str.contains("\\", literal=True).fill_null(False)
    if escaped.any():
        decoded = _mapped(given.filter(escaped), decode_escapes, pl.String)
        given = given.scatter(escaped.arg_true(), decoded)
    return given


def decode_escapes(text: str) -> str:
    r"""Decodes `\xNN` and `\\`; bytes that are not UTF-8 stay escaped."""
    return _ESCAPED.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    if match[0] == "\\\\":
        return "\\"
    return bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "backslashreplace")


def _mapped(column: pl.Series, function: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    return pl.Series(column.name, [None if text is None else function(text) for text in column.to_list()], dtype=dtype)
