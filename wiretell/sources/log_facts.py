"""What a run over logs says of them: files, lines, rows, time, and every line or value that was not used."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LogFile:
    """One log file.

    Attributes:
        name: Path as given, or `-` for standard input.
        format: `Zeek TSV`, `Zeek JSON`, `Bro 1 text` or `Zeek TSV without header`.
        compression: `gzip`, `zstd`, ... or None.
        log: Which log it is: `conn`, `dns`, ...; None if nothing tells it.
        lines: Lines with a record, read or not; neither comments nor blank lines.
        rows: Rows they gave.
        file_bytes: Size of the file as stored; None for a pipe.
        closed: Whether the writer closed it (`#close`); None where the format has no such mark.
        warnings: One line each: what is wrong with the file.
    """

    name: str
    format: str
    compression: str | None
    log: str | None
    lines: int
    rows: int
    file_bytes: int | None
    closed: bool | None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """Lines or values with one kind of fault.

    Attributes:
        count: How many.
        file: Where the first one stands.
        line: Its line number, from 1; with JSON that spans lines, the number of the record.
    """

    count: int
    file: str
    line: int

    def and_also(self, other: Fault) -> Fault:
        """Both together; the first stays the first."""
        return Fault(self.count + other.count, self.file, self.line)


@dataclass(frozen=True, slots=True)
class LogFacts:
    """All logs of one run: `lines = rows + the sum of bad`.

    Attributes:
        files: One entry per file, in the order they were given.
        lines: Lines with a record.
        rows: Rows they gave.
        bad: Lines left out, by kind of fault.
        altered: Values that could not be used, by kind: the line stays, the value is null (a port: 0).
        start_ns: Earliest time, nanoseconds since 1970 UTC; None without rows.
        end_ns: Latest time, with the duration of the connections.
        warnings: One line each: what concerns the run as a whole.
        interrupted: Whether Ctrl-C ended reading before the end.
    """

    files: list[LogFile]
    lines: int
    rows: int
    bad: dict[str, Fault]
    altered: dict[str, Fault]
    start_ns: int | None
    end_ns: int | None
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False
