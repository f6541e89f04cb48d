"""Connections as a Zeek log: the TSV of Zeek's ASCII writer, which zeek-cut and all that reads conn.log takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wiretell.schema import CONN_LOG, CONNECTIONS, Column, Type

if TYPE_CHECKING:
    import polars as pl

_BATCH = 50_000
_TYPES = {
    "ts": "time",
    "orig_h": "addr",
    "orig_p": "port",
    "resp_h": "addr",
    "resp_p": "port",
    "proto": "enum",
    "duration": "interval",
    "tunnel_parents": "set[string]",
}
_BY_TYPE = {
    Type.INT16: "count",
    Type.INT32: "count",
    Type.INT64: "count",
    Type.FLOAT64: "double",
    Type.STRING: "string",
    Type.BOOLEAN: "bool",
    Type.TIMESTAMP: "time",
}
_SPECIAL = r"[\x00-\x1f\x7f\\]|^-$|^\(empty\)$"


def zeek_tsv(
    connections: Iterable[pl.DataFrame], *, every_column: bool = False, now: datetime | None = None
) -> Iterator[str]:
    """The log in pieces: header, rows in the order of the frames, end.

    The writer's rules: `src/threading/formatters/Ascii.cc` and `src/logging/writers/ascii/Ascii.cc` of Zeek.

    Args:
        connections: Frames with the columns of `schema.CONNECTIONS`.
        every_column: All columns, not only those of Zeek's conn.log.
        now: The time that `#open` and `#close` say; the present if not given.
    """
    columns = [column for column in CONNECTIONS.columns if every_column or column.name in CONN_LOG]
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%d-%H-%M-%S")
    yield "".join(
        line + "\n"
        for line in (
            "#separator \\x09",
            "#set_separator\t,",
            "#empty_field\t(empty)",
            "#unset_field\t-",
            "#path\tconn",
            f"#open\t{stamp}",
            "\t".join(["#fields", *(field_name(column) for column in columns)]),
            "\t".join(["#types", *(_TYPES.get(column.name) or _BY_TYPE[column.type] for column in columns)]),
        )
    )
    for frame in connections:
        for batch in frame.iter_slices(_BATCH):
            yield _rows(batch, columns)
    yield f"#close\t{(now or datetime.now(UTC)).strftime('%Y-%m-%d-%H-%M-%S')}\n"


def field_name(column: Column) -> str:
    """The column's name in a log: Zeek's, if Zeek has it."""
    return column.zeek or column.name


def _rows(batch: pl.DataFrame, columns: list[Column]) -> str:
    import polars as pl

    texts = batch.select(pl.concat_str([_text(column) for column in columns], separator="\t").alias("line"))["line"]
    return "".join(f"{line}\n" for line in texts)


def _text(column: Column) -> pl.Expr:
    import polars as pl

    value = pl.col(column.name)
    if column.type is Type.TIMESTAMP:
        micros = value.dt.epoch("us")
        fraction = (micros % 1_000_000).cast(pl.String).str.zfill(6)
        text = (micros // 1_000_000).cast(pl.String) + "." + fraction
    elif column.type is Type.BOOLEAN:
        text = pl.when(value).then(pl.lit("T")).when(~value).then(pl.lit("F"))
    elif column.type is Type.FLOAT64:
        text = _decimal(value, 6 if column.name == "duration" else 9)
    elif column.type is Type.STRING:
        text = _escaped(column.name)
    else:
        text = value.cast(pl.String)
    return text.fill_null("-")


def _decimal(value: pl.Expr, digits: int) -> pl.Expr:
    """Fixed-point text: Zeek's readers do not all take exponents."""
    import polars as pl

    scale = 10**digits
    whole = value.floor()
    rest = ((value - whole) * scale).round()
    carried = rest >= scale
    whole = pl.when(carried).then(whole + 1).otherwise(whole).cast(pl.Int64, strict=False)
    rest = pl.when(carried).then(0.0).otherwise(rest).cast(pl.Int64, strict=False)
    return whole.cast(pl.String) + "." + rest.cast(pl.String).str.zfill(digits)


def _escaped(name: str) -> pl.Expr:
    """The text, with what would be taken for something else escaped; the rare case goes the long way."""
    import polars as pl

    value = pl.col(name)
    odd = value.str.contains(_SPECIAL)
    by_hand = pl.when(odd).then(value).map_elements(escape, return_dtype=pl.String, skip_nulls=True)
    return pl.when(value == "").then(pl.lit("(empty)")).when(odd).then(by_hand).otherwise(value)


def escape(text: str) -> str:
    r"""The text as Zeek writes it: `\xNN` for control characters, backslashes, and what reads as unset or empty."""
    if text in ("-", "(empty)"):
        return f"\\x{ord(text[0]):02x}{text[1:]}"
    return "".join(_escape_letter(letter) for letter in text)


def _escape_letter(letter: str) -> str:
    return f"\\x{ord(letter):02x}" if ord(letter) < 32 or ord(letter) == 127 or letter == "\\" else letter
