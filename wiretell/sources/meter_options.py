"""How captures are metered."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from numbers import Integral, Real

from wiretell.errors import UsageError
from wiretell.settings import (
    IDLE_TIMEOUT_SECONDS,
    KEEP_LOW,
    MAX_ACTIVE_CONNECTIONS,
    MAX_ACTIVE_FLOWS,
    MOST_SECONDS,
    MOST_SEED,
    MOST_THREADS,
)


def _is_many(value: object, is_one: Callable[[object], bool]) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str | bytes) and all(is_one(item) for item in value)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


_KINDS: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    (
        "a number",
        lambda value: isinstance(value, Real) and not isinstance(value, bool),
        "interval_seconds idle_timeout_seconds interim_seconds keep_low sample",
    ),
    ("a whole number", _is_whole, "max_flows keep_flows max_connections threads seed"),
    (
        "True or False",
        lambda value: isinstance(value, bool),
        "keep_uniformly ignore_checksums vlan decap skip_zero_seq",
    ),
    ("a datetime", lambda value: isinstance(value, datetime), "start end"),
    ("several prefixes", lambda value: _is_many(value, lambda _: True), "local_nets"),
    ("several numbers", lambda value: _is_many(value, _is_whole), "protocols"),
    ("two numbers", lambda value: isinstance(value, tuple) and len(value) == 2 and _is_many(value, _is_whole), "share"),
)
"""What the values of options are: in words, as a check, and of which options."""
_OPTIONAL = frozenset(
    {"interval_seconds", "interim_seconds", "keep_flows", "threads", "protocols", "start", "end", "sample"}
)


@dataclass(frozen=True, slots=True)
class MeterOptions:
    """How captures are metered.

    Attributes:
        interval_seconds: Width of the epoch-aligned windows that flows are cut at; None does not cut.
        idle_timeout_seconds: A flow ends after a pause longer than this.
        max_flows: Flows kept at once; beyond it the oldest are written early, which is counted and loses nothing.
        keep_flows: Flows kept of a window at most; beyond it those of clusters that dominate are thinned, which is
            counted (docs/behavior-filter.md). None keeps all. It takes the place of `max_flows`. One thread meters then,
            so that the counts are those of all flows and the same flows are kept on every machine.
        keep_low: The share of `keep_flows` to which flows are thinned, and below which none is.
        keep_uniformly: Whether all flows are thinned alike, whatever their clusters.
        interim_seconds: A connection that goes on gives an interim row at each multiple of this since 1970; None for
            none.
        max_connections: Connections followed at once; beyond it the oldest are written early, which is counted.
        ignore_checksums: Whether connections count packets with a wrong checksum as if it were right.
        local_nets: Networks that are local, as prefixes, for `local_orig` and `local_resp` of connections.
        vlan: Whether the VLAN id is part of a flow.
        decap: Whether to look inside tunnels (IP-in-IP, GRE, VXLAN, GENEVE, GTP-U, Teredo).
        threads: Threads that decode and meter; None chooses by the processors there are.
        share: `(i, n)`: only share i of n, from 0, by the symmetric hash of the address pair.
        protocols: Only these IP protocol numbers.
        start: Only packets at this time or later; it must carry a time zone.
        end: Only packets at this time or earlier.
        skip_zero_seq: Leave out TCP packets whose sequence number is 0.
        sample: Keep each packet with this probability.
        seed: Of the sampling: the same seed keeps the same packets.
    """

    interval_seconds: float | None = None
    idle_timeout_seconds: float = IDLE_TIMEOUT_SECONDS
    max_flows: int = MAX_ACTIVE_FLOWS
    keep_flows: int | None = None
    keep_low: float = KEEP_LOW
    keep_uniformly: bool = False
    interim_seconds: float | None = None
    max_connections: int = MAX_ACTIVE_CONNECTIONS
    ignore_checksums: bool = False
    local_nets: tuple[str, ...] = ()
    vlan: bool = False
    decap: bool = False
    threads: int | None = None
    share: tuple[int, int] = (0, 1)
    protocols: frozenset[int] | None = None
    start: datetime | None = None
    end: datetime | None = None
    skip_zero_seq: bool = False
    sample: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            UsageError: naming the first value that is of a wrong type or out of its range.
        """
        for words, is_kind, names in _KINDS:
            for name in names.split():
                value = getattr(self, name)
                if not (is_kind(value) or (value is None and name in _OPTIONAL)):
                    raise UsageError(f"{name} must be {words}, not {reprlib.repr(value)}")
        index, of = self.share
        times = {name: getattr(self, f"{name}_seconds") for name in ("interval", "idle_timeout", "interim")}
        checks = (
            *((not (value or 0) > MOST_SECONDS, f"{name}_seconds is too long") for name, value in times.items()),
            (self.interval_seconds is None or self.interval_seconds > 0, "interval_seconds must be above 0"),
            (self.idle_timeout_seconds >= 0, "idle_timeout_seconds must not be negative"),
            (0 < self.max_flows < 2**63, "max_flows must be above 0 and below 2^63"),
            (self.interim_seconds is None or self.interim_seconds > 0, "interim_seconds must be above 0"),
            (self.keep_flows is None or 0 < self.keep_flows < 2**31, "keep_flows must be above 0 and below 2^31"),
            (
                self.keep_flows is None or self.threads in {None, 1},
                "flows are thinned in one thread: leave threads out",
            ),
            (0 < self.keep_low <= 1, "keep_low is a share of keep_flows: above 0, at most 1"),
            (0 < self.max_connections < 2**63, "max_connections must be above 0 and below 2^63"),
            (self.threads is None or 0 < self.threads <= MOST_THREADS, f"threads are 1 to {MOST_THREADS:,}"),
            (0 <= index < of < 2**32, "share (i, n) needs 0 <= i < n < 2^32"),
            (0 <= self.seed <= MOST_SEED, "seed must be from 0 to 2^64 - 1"),
            (all(0 <= number < 256 for number in self.protocols or ()), "protocols are 0 to 255"),
            (self.sample is None or 0 < self.sample <= 1, "sample is a probability: above 0, at most 1"),
        )
        for holds, message in checks:
            if not holds:
                raise UsageError(message)
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and moment.tzinfo is None:
                raise UsageError(f"{name} needs a time zone", hint="datetime(..., tzinfo=timezone.utc)")

    @staticmethod
    def or_usual(options: MeterOptions | None) -> MeterOptions:
        """The options, or the usual ones for None.

        Raises:
            UsageError: for what is neither.
        """
        if not isinstance(options, MeterOptions | None):
            raise UsageError(f"options are MeterOptions, not {reprlib.repr(options)}", hint="MeterOptions(threads=2)")
        return options or MeterOptions()
