"""What the numbers in the segments of a capture say that `tcp.analysis` does not: what repeats, and what was under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Key = tuple[str, int, str, int]
"""Source, port, destination, port: one direction of all connections between these ends."""
FIELDS = (
    "tcp.stream", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.window_size_value", "tcp.options.sack_le",
    "ip.id", "frame.time_epoch", "tcp.analysis.duplicate_ack", "tcp.analysis.window_update",
    "tcp.analysis.keep_alive",
)  # fmt: skip
_SAME = ("tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.window_size_value", "ip.id")
"""Equal in copies of a packet without payload."""
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_JUMP = 1 << 26
"""An acknowledgment this far past what was seen is nonsense."""
_AT_ONCE = 0.001
"""Seconds within which a packet without an IP id comes again at once."""
_Way = tuple[str, Key]
"""tshark's number of the connection, and the direction."""


class Numbers:
    """What each direction has sent so far; takes the segments of a capture in order."""

    def __init__(self) -> None:
        self._tops: dict[_Way, int] = {}
        self._ends: set[tuple[_Way, int, int]] = set()
        self._empty: dict[tuple[_Way, tuple[str, ...]], float] = {}

    def take(self, row: Mapping[str, str], key: Key) -> Iterator[str]:
        """Names of the counts of `Direction` that a segment adds one to. `row`: FIELDS of tshark."""
        if not row["tcp.seq_raw"]:
            return
        flags, seq, length = int(row["tcp.flags"], 16), int(row["tcp.seq_raw"]), int(row["tcp.len"] or 0)
        acked = int(row["tcp.ack_raw"] or 0)
        way, back = (row["tcp.stream"], key), (row["tcp.stream"], (*key[2:], *key[:2]))
        idle = back not in self._tops or _after(acked, self._tops[back]) >= 0
        copy = self._copy(row, way, flags, length)
        if copy:
            yield copy
        if row["tcp.analysis.duplicate_ack"] and idle:
            yield "idle_dup_acks"
        elif row["tcp.analysis.duplicate_ack"] and copy:
            yield "copied_dup_acks" if copy == "empty_copies" else "doubtful_dup_acks"
        if row["tcp.analysis.window_update"] and row["tcp.options.sack_le"] and not idle:
            yield "sacked_updates"
        if flags & _RST:
            if length:
                yield "resets_with_payload"
            return
        if row["tcp.analysis.keep_alive"] and not length and (way, _FIN, seq) in self._ends:
            yield "keep_alives_at_fin"
        if flags & (_SYN | _FIN):
            yield "ends"
            end = (way, flags & (_SYN | _FIN), seq if flags & _SYN else seq + length)
            if end in self._ends and not length:
                yield "ends_again"
            self._ends.add(end)
        self._reach(way, seq + length + bool(flags & _SYN) + bool(flags & _FIN))
        if flags & _ACK and back in self._tops and _after(acked, self._tops[back]) < _JUMP:
            self._reach(back, acked)

    def _copy(self, row: Mapping[str, str], way: _Way, flags: int, length: int) -> str | None:
        """What a packet without payload is called that says what an earlier one says."""
        if length or flags & _RST:
            return None
        time, empty = float(row["frame.time_epoch"]), (way, tuple(row[name] for name in _SAME))
        earlier = self._empty.get(empty)
        self._empty[empty] = time
        if earlier is None:
            return None
        if row["ip.id"] not in ("", "0x0000"):
            return "empty_copies"
        return "doubtful_copies" if 0 <= time - earlier < _AT_ONCE else None

    def _reach(self, way: _Way, number: int) -> None:
        if way not in self._tops or _after(number, self._tops[way]) > 0:
            self._tops[way] = number % 2**32


def _after(number: int, other: int) -> int:
    """How far a sequence number lies after another; negative: before it."""
    return (number - other + 2**31) % 2**32 - 2**31
