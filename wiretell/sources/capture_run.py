"""A run of the native meter over files, folders or a pipe: rows as they come."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiretell.errors import InputError, UsageError
from wiretell.schema import CONNECTIONS, EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, EVENTS, FLOWS, PACKETS, Table
from wiretell.sources.meter_options import MeterOptions

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    import polars as pl

    from wiretell.sources.facts import CaptureFacts
    from wiretell.sources.opening import Source
    from wiretell.sources.pushdown import Condition

Input = str | Path
Progress = Callable[[int, int | None, int], None]
"""Called with bytes read, bytes in all (None for a pipe) and records read."""

_STEP_MILLISECONDS = 100
_MANY_RECORDS = 500_000
"""Records from which the meter may have taken much memory."""
BARE_CONNECTIONS = "bare_connections"
"""The name of the batches of connections of which nothing was measured, where they are told apart."""
_LOOKED_FOR = "captures are told by content, Zeek logs by names such as conn*.log*; both in folders below, too"
_EVENT_TABLES = tuple(table.name for table in (EVENTS, EVENT_COUNTS, EVENT_HOSTS, EVENT_CONNECTIONS))


@dataclass(frozen=True, slots=True)
class FlowSums:
    """How flows are added up while they are metered (`analyses.summary_cells.of_sums` reads the result).

    Attributes:
        served_ports: Ports from 1024 that are those of well-known services.
        protocols: IP protocols that have ports.
        by_pair: Whether by pair of addresses, too.
    """

    served_ports: Sequence[int]
    protocols: Sequence[int]
    by_pair: bool = True


class CaptureRun:
    """One run of the native meter: batches of rows, then the facts."""

    def __init__(
        self,
        inputs: Input | Sequence[Input],
        options: MeterOptions | None = None,
        *,
        tables: Sequence[Table] = (FLOWS,),
        columns: Mapping[str, Sequence[str]] | None = None,
        conditions: Sequence[Condition] = (),
        pipes: Mapping[str, Source] | None = None,
        numbered: bool = False,
        sums: FlowSums | None = None,
        bare_connections: Sequence[str] = (),
        first_connections: tuple[str, int] | None = None,
        first_hosts: int | None = None,
    ) -> None:
        """Opens the inputs and starts to read.

        Args:
            inputs: Paths of captures or folders of them, or `-` for standard input.
            options: How to meter.
            tables: those of `schema` to fill: `FLOWS`, `CONNECTIONS`, `PACKETS` and the tables of events.
            columns: By name of a table the columns that are needed, in this order; all where nothing is said.
            conditions: What a packet must fulfill to count.
            pipes: By name, the pipes among the inputs that were already read from.
            numbered: Whether flows and connections have addresses as numbers, Int64: `names` and `analyses.addresses`
                lead back.
            sums: Flows are added up as they end, and go out, when all have ended, as the tables `flow_pairs`,
                `flow_services` and `flow_sizes`; beside them, if `tables` has them.
            bare_connections: If any, connections that carried nothing and of which nothing was measured come in batches
                of their own, `BARE_CONNECTIONS`, with these columns alone.
            first_connections: `(order, n)`: rows of connections only if they may be among the first n by an order of
                `settings.METERED_SORTS`; the others are counted, and no interim rows are given.
            first_hosts: Totals of events by host only of so many in each role, their equals and those with a row of a second;
                the others are counted.

        Raises:
            InputError: if an input cannot be read or is no capture.
            UsageError: without an input, or for connections of sampled packets.
        """
        from wiretell._native import FolderError, Run

        options = MeterOptions.or_usual(options)
        paths = input_names(inputs)
        whole = {CONNECTIONS.name, *_EVENT_TABLES} & {table.name for table in tables}
        if whole and options.sample is not None and options.sample < 1:
            raise UsageError(f"{min(whole)} need all packets: they cannot be told from a sample")
        wanted = {table.name: list((columns or {}).get(table.name, table.names)) for table in tables}
        try:
            self._native = Run(
                paths,
                pipes={name: _handed_over(source) for name, source in (pipes or {}).items()},
                flow_columns=wanted.get(FLOWS.name),
                connection_columns=wanted.get(CONNECTIONS.name),
                bare_connection_columns=list(bare_connections),
                event_columns=wanted.get(EVENTS.name),
                event_count_columns=wanted.get(EVENT_COUNTS.name),
                event_host_columns=wanted.get(EVENT_HOSTS.name),
                event_connection_columns=wanted.get(EVENT_CONNECTIONS.name),
                packet_columns=wanted.get(PACKETS.name),
                conditions=list(conditions),
                window_ns=None if options.interval_seconds is None else max(round(options.interval_seconds * 1e9), 1),
                idle_ns=round(options.idle_timeout_seconds * 1e9),
                max_flows=options.max_flows,
                keep_flows=None if options.keep_flows is None else _watermarks(options.keep_flows, options.keep_low),
                keep_uniformly=options.keep_uniformly,
                max_connections=options.max_connections,
                interim_ns=0 if options.interim_seconds is None else max(round(options.interim_seconds * 1e9), 1),
                ignore_checksums=options.ignore_checksums,
                local_nets=[_prefix(network) for network in options.local_nets],
                by_vlan=options.vlan,
                decap=options.decap,
                workers=options.threads or (default_threads() if options.keep_flows is None else 1),
                share_index=options.share[0],
                share_of=options.share[1],
                protocols=None if options.protocols is None else sorted(options.protocols),
                start_ns=None if options.start is None else _nanoseconds(options.start),
                end_ns=None if options.end is None else _nanoseconds(options.end) + 999,
                skip_zero_seq=options.skip_zero_seq,
                sample=options.sample,
                seed=options.seed,
                numbered=numbered,
                sum_flows=None if sums is None else (sums.served_ports, sums.protocols, sums.by_pair),
                first_connections=first_connections,
                first_hosts=first_hosts,
            )
        except FolderError as error:
            raise InputError(str(error), hint=_LOOKED_FOR) from None
        except OSError as error:
            raise InputError(str(error)) from None
        self._interrupted = False
        self._facts: dict[str, Any] | None = None
        self._numbered = numbered

    @property
    def names(self) -> pl.DataFrame | None:
        """`number` and `address` of the IPv6 addresses so far; None unless the run is numbered."""
        import polars as pl

        return pl.DataFrame(self._native.addresses()) if self._numbered else None

    def batches(self, on_progress: Progress | None = None) -> Iterator[tuple[str, pl.DataFrame]]:
        """Table names and rows as they come. Ctrl-C ends reading, not the rows that were read."""
        import polars as pl

        while not self._native.done:
            batches = list[tuple[str, Any]]()
            try:
                self._native.step(_STEP_MILLISECONDS, batches)
                if on_progress is not None:
                    on_progress(*self._native.progress())
            except KeyboardInterrupt:
                self._interrupted = True
                self._native.stop()
            for name, batch in batches:
                yield name, pl.DataFrame(batch)
        if self._facts is None:
            _, _, records = self._native.progress()
            self._facts, hosts = self._native.facts()
            if records >= _MANY_RECORDS:
                _give_back_memory()
            if hosts is not None:
                yield EVENT_HOSTS.name, pl.DataFrame(hosts)

    def facts(self) -> CaptureFacts:
        """The facts of the run, once it is done."""
        from wiretell.sources.facts import from_native  # after the run has begun, which does not wait for it

        values = self._native.facts()[0] if self._facts is None else self._facts
        return from_native(values, interrupted=self._interrupted)


def input_names(inputs: Input | Sequence[Input], what: str = "a capture file") -> list[str]:
    """The names of inputs, one or several.

    Args:
        inputs: Paths.
        what: What can be named, in words.

    Raises:
        InputError: for a name that no file can have.
        UsageError: without an input, or for what is no path.
    """
    hint = f"name {what}, a folder, or - for standard input"
    given: object = inputs
    alone = not isinstance(given, Iterable) or isinstance(given, str | bytes | os.PathLike)
    several: list[object] = [given] if alone else list(inputs)  # type: ignore[arg-type]
    if not several:
        raise UsageError("no input", hint=hint)
    names = list[str]()
    for one in several:
        name = os.fspath(one) if isinstance(one, os.PathLike) else one
        if not isinstance(name, str):
            raise UsageError(f"an input is a path, not {reprlib.repr(name)}", hint=hint)
        if "\0" in name:
            raise InputError(f"{name!r}: no file has a name with a zero byte")
        names.append(name)
    return names


def default_threads() -> int:
    """Threads of a run beside the one that reads: one per processor, at most 8."""
    return max(1, min(8, len(os.sched_getaffinity(0))))


def _give_back_memory() -> None:
    """Gives what the meter freed back to the system; GNU's C library keeps it, and what follows has an allocator of its own."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _watermarks(high: int, low: float) -> tuple[int, int]:
    return max(round(high * low), 1), high


def _handed_over(source: Source) -> tuple[int, bytes]:
    """The file descriptor of a pipe, and what was read from it."""
    return (0 if source.stream is None else source.stream.fileno()), source.prefix


def _prefix(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"{text} is no network", hint="10.0.0.0/8 or fd00::/8") from None
    return network.network_address, network.prefixlen


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
