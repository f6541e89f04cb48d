"""The Rust part: what it offers, with types. `make check` holds it against the binary."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from typing import Any, final

VERSION: str

class FolderError(OSError):
    """A folder has files, and none of them is a capture."""

@final
class Run:
    """A run over captures: `step` yields batches of rows until it is `done`."""

    def __new__(
        cls,
        inputs: Sequence[str],
        *,
        pipes: dict[str, tuple[int, bytes]] | None = None,
        flow_columns: Sequence[str] | None = None,
        connection_columns: Sequence[str] | None = None,
        bare_connection_columns: Sequence[str] | None = None,
        event_columns: Sequence[str] | None = None,
        event_count_columns: Sequence[str] | None = None,
        event_host_columns: Sequence[str] | None = None,
        event_connection_columns: Sequence[str] | None = None,
        packet_columns: Sequence[str] | None = None,
        conditions: Sequence[tuple[str, str, list[int], list[IPv4Address | IPv6Address]]] | None = None,
        window_ns: int | None = None,
        idle_ns: int = 60_000_000_000,
        max_flows: int = 1_000_000,
        keep_flows: tuple[int, int] | None = None,
        keep_uniformly: bool = False,
        max_connections: int = 1_048_576,
        interim_ns: int = 0,
        ignore_checksums: bool = False,
        local_nets: Sequence[tuple[IPv4Address | IPv6Address, int]] | None = None,
        by_vlan: bool = False,
        decap: bool = False,
        workers: int = 1,
        share_index: int = 0,
        share_of: int = 1,
        protocols: Sequence[int] | None = None,
        start_ns: int | None = None,
        end_ns: int | None = None,
        skip_zero_seq: bool = False,
        sample: float | None = None,
        seed: int = 0,
        numbered: bool = False,
        sum_flows: tuple[Sequence[int], Sequence[int], bool] | None = None,
        first_connections: tuple[str, int] | None = None,
        first_hosts: int | None = None,
    ) -> Run: ...
    def step(self, milliseconds: int, into: list[tuple[str, Any]]) -> None:
        """Waits for rows, for at most that time: Arrow batches with the names of their tables go into the list."""

    def addresses(self) -> Any:
        """Number and address of the IPv6 addresses so far, in a numbered run, as an Arrow batch."""

    @property
    def done(self) -> bool:
        """Whether all rows were handed out."""

    def progress(self) -> tuple[int, int | None, int]:
        """Bytes read, bytes in all if known, records read."""

    def stop(self) -> None:
        """Ends reading; what was read still comes out of `step`."""

    def facts(self) -> tuple[dict[str, Any], Any]:
        """The counters of the run, once, after it is done, and a last Arrow batch of events by host, if there is one."""

def synthesize(
    capture: str | PathLike[str],
    truth: str | PathLike[str] | None,
    *,
    seed: int,
    packets: int,
    rate: float,
    duration: float | None,
    snaplen: int,
    scenario: str,
    surge_factor: int,
    start_ns: int,
    progress: Callable[[int], object] | None = None,
) -> dict[str, Any]:
    """Generates a labeled trace, into standard output for `-`, and its truth; returns the totals of what was written."""

def scenarios() -> list[str]:
    """The names of the scenarios."""
