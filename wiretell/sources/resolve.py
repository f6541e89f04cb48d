"""Names of addresses by reverse DNS: many at once, within a time limit, remembered on disk.

The hosts file is asked first, as the system's own resolver does; then the name servers of the system, all questions at
once. Queries that have not been answered in time are given up, so that a report never waits longer than the limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

DEFAULT_TIMEOUT = 5.0
QUERY_TIMEOUT = 2.0
CONCURRENCY = 64
FOUND_SECONDS = 24 * 3600.0
MISSING_SECONDS = 3600.0
MAX_CACHED = 100_000
HOSTS_FILE = Path("/etc/hosts")

Lookup = Callable[[str], Awaitable[str | None]]
"""Asks for the name of one address: the name, None if it has none; raises if there was no answer."""


def resolve(
    addresses: Iterable[str],
    timeout: float = DEFAULT_TIMEOUT,
    *,
    query_timeout: float = QUERY_TIMEOUT,
    servers: list[tuple[str, int]] | None = None,
    lookup: Lookup | None = None,
    cache: Cache | None = None,
    hosts: Path = HOSTS_FILE,
) -> dict[str, str | None]:
    """The names of addresses; None where there is none, or no answer in time.

    Only answers are remembered, "has no name" among them; a question without an answer is asked again next time.

    Args:
        addresses: The addresses; a text that is no address has no name.
        timeout: Seconds for all of them together.
        query_timeout: Seconds for one of them.
        servers: Addresses and ports of name servers; those of the system if None.
        lookup: Asks for one name, in place of DNS.
        cache: Where answers are remembered; in the user's cache folder if None.
        hosts: The hosts file.
    """
    wanted = list(dict.fromkeys(addresses))
    names: dict[str, str | None] = dict.fromkeys(wanted)
    known = read_hosts(hosts)
    cache = Cache() if cache is None else cache
    open_questions = []
    for address in wanted:
        if (plain := _plain(address)) is None:
            continue
        if plain in known:
            names[address] = known[plain]
        elif (hit := cache.get(plain)) is not None:
            names[address] = hit or None
        else:
            open_questions.append((address, plain))
    if not open_questions:
        return names
    answers: dict[str, str | None] = {}
    questions = list(dict.fromkeys(plain for _, plain in open_questions))

    def ask() -> None:
        with contextlib.suppress(TimeoutError):
            ask_one = _dns_lookup(servers, query_timeout) if lookup is None else lookup
            asyncio.run(_ask_all(questions, answers, ask_one, timeout, query_timeout))

    # In a thread of its own, since a notebook has a running loop already; a daemon, so that nothing waits for it.
    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout)
    answered = dict(answers)
    cache.put(answered)
    for address, plain in open_questions:
        names[address] = answered.get(plain)
    return names


class Cache:
    """Answers on disk, as JSON: address to (name or empty, time of expiry). An unreadable cache is an empty one.

    Args:
        path: The file; `wiretell/names.json` in the user's cache folder (XDG_CACHE_HOME) if None.
        now: Tells the time, seconds since 1970.
    """

    def __init__(self, path: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._path = default_path() if path is None else path
        self._now = now
        self._entries = self._read()

    def get(self, address: str) -> str | None:
        """The name, the empty text if it is known to have none, None if nothing is known."""
        entry = self._entries.get(address)
        return entry[0] if entry and entry[1] > self._now() else None

    def put(self, answers: Mapping[str, str | None]) -> None:
        """Remembers answers; where the disk does not take them, for this run only."""
        if not answers:
            return
        now = self._now()
        self._entries = {**self._read(), **self._entries}
        for address, name in answers.items():
            self._entries[address] = (name or "", now + (FOUND_SECONDS if name else MISSING_SECONDS))
        fresh = {address: entry for address, entry in self._entries.items() if entry[1] > now}
        if len(fresh) > MAX_CACHED:
            latest = sorted(fresh.items(), key=lambda item: item[1][1])[-MAX_CACHED:]
            fresh = dict(latest)
        self._entries = fresh
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Written beside it and renamed, so that two runs at once leave a whole file.
            with tempfile.NamedTemporaryFile(
                "w", dir=self._path.parent, prefix=".names-", delete=False, encoding="utf-8"
            ) as file:
                json.dump(fresh, file)
            Path(file.name).replace(self._path)

    def _read(self) -> dict[str, tuple[str, float]]:
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(address): (str(name), float(expiry)) for address, (name, expiry) in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def default_path() -> Path:
    """Where answers are remembered unless told otherwise."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return folder / "wiretell" / "names.json"


def read_hosts(path: Path = HOSTS_FILE) -> dict[str, str]:
    """The first name of every address in a hosts file; empty if there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    names: dict[str, str] = {}
    for line in lines:
        fields = line.partition("#")[0].split()
        if len(fields) >= 2 and (address := _plain(fields[0])) is not None:
            names.setdefault(address, fields[1])
    return names


def _plain(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


async def _ask_all(
    addresses: list[str],
    answers: dict[str, str | None],
    ask: Lookup,
    limit: float,
    query_limit: float,
) -> None:
    """Asks for all names at once and fills `answers` as they come; ends at the limit at the latest."""
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(address: str) -> None:
        async with gate:
            # Whatever goes wrong with one question leaves that address without a name, and nothing else.
            with contextlib.suppress(Exception):
                answers[address] = await asyncio.wait_for(ask(address), query_limit)

    tasks = [asyncio.create_task(one(address)) for address in addresses]
    _, pending = await asyncio.wait(tasks, timeout=limit)
    for task in pending:
        task.cancel()


def _dns_lookup(servers: list[tuple[str, int]] | None, query_limit: float) -> Lookup:
    import dns.asyncresolver
    import dns.nameserver
    import dns.resolver
    import dns.reversename

    resolver = dns.asyncresolver.Resolver(configure=servers is None)
    if servers is not None:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers]
    resolver.lifetime = query_limit

    async def ask(address: str) -> str | None:
        try:
            answer = await resolver.resolve(dns.reversename.from_address(address), "PTR", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        name = str(answer[0].target).rstrip(".")
        return name or None

    return ask
