"""Lists of networks: read from a file or the command line, and asked which of them hold an address.

A line of a file is a network, or an address, and free text that is shown beside it; `#` begins a comment. A
networks.cfg of Zeek is such a file.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wiretell.errors import InputError, UsageError

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_MAPPED_HEAD = _MAPPED.network_address.packed[:12]


@dataclass(frozen=True, slots=True)
class Network:
    """A network and what the user calls it."""

    prefix: Prefix
    text: str = ""

    def __str__(self) -> str:
        return str(self.prefix)


@dataclass(frozen=True, slots=True)
class Networks:
    """A list of networks that can be asked for many addresses.

    The networks of one IP version cut the addresses into ranges; each range knows the networks around it, the widest
    first. A question is one binary search. An IPv4-mapped IPv6 address is asked for as the IPv4 address in it.
    """

    networks: tuple[Network, ...]
    _ranges: dict[int, tuple[list[int], list[tuple[Network, ...]]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranges = {
            version: _ranges([net for net in self.networks if net.prefix.version == version]) for version in (4, 6)
        }
        object.__setattr__(self, "_ranges", ranges)

    def __len__(self) -> int:
        return len(self.networks)

    def covering(self, address: str) -> tuple[Network, ...]:
        """All networks that hold the address, the widest first; none for a text that is no address."""
        try:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        except (OSError, ValueError):
            return ()
        if len(packed) == 16 and packed.startswith(_MAPPED_HEAD):
            packed = packed[12:]
        starts, chains = self._ranges[4 if len(packed) == 4 else 6]
        return chains[bisect_right(starts, int.from_bytes(packed, "big")) - 1]

    def longest(self, addresses: Iterable[str]) -> list[Network | None]:
        """The narrowest network that holds each address; None for those that none holds."""
        return [chain[-1] if (chain := self.covering(address)) else None for address in addresses]

    def all_covering(self, addresses: Iterable[str]) -> list[tuple[Network, ...]]:
        """All networks that hold each address, the widest first."""
        return [self.covering(address) for address in addresses]

    def contain(self, addresses: Iterable[str]) -> list[bool]:
        """Whether any network holds each address."""
        return [bool(self.covering(address)) for address in addresses]


def read_networks(given: Sequence[str | os.PathLike[str]]) -> Networks:
    """Reads networks from files and from texts such as `10.0.0.0/8,fd00::/8`.

    Each item is taken as a list of networks where all of it reads as such, else as the name of a file. Of a network
    that is given twice the first text stays.

    Raises:
        InputError: if a file cannot be read or one of its lines holds no network; names file and line.
        UsageError: if an item is neither a network nor a file.
    """
    found: dict[Prefix, Network] = {}
    for item in given:
        text = os.fspath(item)
        for network in _from_text(text) or _from_file(text):
            found.setdefault(network.prefix, network)
    return Networks(tuple(found.values()))


def parse_prefix(text: str) -> Prefix:
    """A network in the usual notation, or an address as a network of its own; bits behind the prefix are cleared.

    Raises:
        ValueError: if it is neither.
    """
    prefix = ipaddress.ip_network(text, strict=False)
    if isinstance(prefix, ipaddress.IPv6Network) and prefix.prefixlen >= 96 and prefix.subnet_of(_MAPPED):
        packed = prefix.network_address.packed[12:]
        return ipaddress.IPv4Network((packed, prefix.prefixlen - 96))
    return prefix


def _from_text(text: str) -> list[Network]:
    try:
        return [Network(parse_prefix(part.strip())) for part in text.split(",")]
    except ValueError:
        return []


def _from_file(name: str) -> list[Network]:
    path = Path(name)
    if not path.exists() and ("/" in name.strip("/.") or "," in name or ":" in name) and _looks_like_network(name):
        raise UsageError(f"'{name}' is neither a network nor a file", hint="write networks as 10.0.0.0/8,fd00::/8")
    try:
        content = path.read_text(encoding="utf-8-sig", errors="backslashreplace")
    except OSError as error:
        raise InputError(
            f"{name}: {(error.strerror or str(error)).lower()}", hint="a file of networks, or 10.0.0.0/8,fd00::/8"
        ) from None
    networks = []
    for number, line in enumerate(content.splitlines(), 1):
        line = line.strip()  # noqa: PLW2901
        if not line or line.startswith("#"):
            continue
        first, *rest = line.split(None, 1)
        try:
            prefix = parse_prefix(first.rstrip(","))
        except ValueError:
            raise InputError(
                f"{name}, line {number}: '{first}' is no network", hint="one network a line, as 10.0.0.0/8 office"
            ) from None
        networks.append(Network(prefix, rest[0].lstrip("# \t").strip() if rest else ""))
    return networks


def _looks_like_network(text: str) -> bool:
    return all(letter in "0123456789abcdefABCDEF.:/, " for letter in text)


def _ranges(networks: list[Network]) -> tuple[list[int], list[tuple[Network, ...]]]:
    """The first address of each range, in order, and the networks around it; the first range begins at 0."""
    starts: list[int] = [0]
    chains: list[tuple[Network, ...]] = [()]
    open_networks: list[Network] = []

    def begin(start: int) -> None:
        chain = tuple(open_networks)
        if starts[-1] == start:
            chains[-1] = chain
        else:
            starts.append(start)
            chains.append(chain)

    for network in sorted(networks, key=lambda net: (int(net.prefix.network_address), net.prefix.prefixlen)):
        start = int(network.prefix.network_address)
        while open_networks and int(open_networks[-1].prefix.broadcast_address) < start:
            end = int(open_networks.pop().prefix.broadcast_address)
            begin(end + 1)
        open_networks.append(network)
        begin(start)
    while open_networks:
        end = int(open_networks.pop().prefix.broadcast_address)
        begin(end + 1)
    return starts, chains
