"""Values of options: durations, times, files of numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wiretell.errors import InputError, UsageError

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds_of(text: str, option: str) -> float:
    """A duration such as `300`, `5m`, `1h`, `0.5s` in seconds.

    Raises:
        UsageError: naming the option, if it is none or not above 0.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)", text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds < 1e-6:
        raise UsageError(f"{option} {text}: no duration", hint="write it as 300, 5m, 1h or 1d")
    return seconds


def zone_of(name: str) -> tzinfo:
    """A time zone by its name in the tz database, or `local`.

    Raises:
        UsageError: if there is none.
    """
    if name.upper() == "UTC":
        return UTC
    if name.lower() == "local":
        zone = datetime.now().astimezone().tzinfo
        return zone or UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"--tz {name}: no such time zone", hint="a name such as Europe/Zurich, UTC or local") from None


def moment_of(text: str, zone: tzinfo, option: str) -> datetime:
    """A time such as `2026-11-21-09-30-00` or ISO 8601; without an offset it is in the zone.

    Raises:
        UsageError: naming the option, if it is none.
    """
    try:
        moment = datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError(
                f"{option} {text}: no time", hint="write it as 2026-11-21-09-30-00 or 2026-11-21T09:30:00+01:00"
            ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def ports_of(path: Path) -> frozenset[int]:
    """The ports of a file with one per line; blank lines and what follows `#` do not count.

    Raises:
        InputError: if the file cannot be read or has a line that is no port.
    """
    ports = set()
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        value = line.partition("#")[0].strip()
        if not value:
            continue
        if not value.isascii() or not value.isdigit() or int(value) > 65535:
            raise InputError(f"{path}:{number}: {value} is no port", hint="one port, 0 to 65535, per line")
        ports.add(int(value))
    return frozenset(ports)


def parse_networks(path: Path) -> dict[str, str]:
    """The networks of a file, `prefix text` per line, as prefix to text; blank lines and those with `#` first do not count.

    Raises:
        InputError: if the file cannot be read, has no networks or has a line that is none.
    """
    networks = {}
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        prefix, _, text = line.strip().partition(" ")
        if not prefix or prefix.startswith("#"):
            continue
        try:
            networks[str(ip_network(prefix, strict=False))] = text.strip()
        except ValueError:
            raise InputError(
                f"{path}:{number}: {prefix} is no network", hint="write networks as 192.0.2.0/24 or 2001:db8::/32"
            ) from None
    if not networks:
        raise InputError(f"{path}: no networks in it", hint="one network per line, such as 192.0.2.0/24 office")
    return networks


def text_of(path: Path) -> str:
    """The text of a small file.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
