"""Times and durations as users write them, and times as they read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wiretell.errors import UsageError
from wiretell.settings import MOST_SECONDS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DASHED = "%Y-%m-%d-%H-%M-%S"
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-zµ]*)\s*$", re.IGNORECASE)
_ISO = re.compile(r"^\d{4}-?\d\d-?\d\d(?:[T ]|$)")
_NUMBER = re.compile(r"^\d+(?:\.\d+)?$")
_UNITS: dict[str, int] = {
    **dict.fromkeys(("us", "µs"), 1),
    "ms": 1_000,
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1_000_000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60_000_000),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600_000_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000_000),
    **dict.fromkeys(("w", "week", "weeks"), 604_800_000_000),
}
_DURATION_HINT = "write 30, 30s, 5m, 5min, 2h or 1d"
_TIME_HINT = "write 2024-04-19-13-30-00, 2024-04-19T13:30:00Z or seconds since 1970"


def parse_duration(text: str, *, option: str = "--interval") -> timedelta:
    """A duration such as `30` (seconds), `5m`, `5min`, `2h`, `1d`, to the microsecond.

    Raises:
        UsageError: if it is none, or not longer than zero.
    """
    match = _DURATION.match(text)
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError(f"{option} '{text}' is no duration", hint=_DURATION_HINT)
    whole, _, fraction = match[1].partition(".")
    digits = fraction.ljust(12, "0")[:12]
    micros = int(whole) * unit + int(digits) * unit // 10**12
    if micros == 0:
        raise UsageError(f"{option} '{text}' must be longer than zero", hint=_DURATION_HINT)
    if micros > MOST_SECONDS * 10**6:
        raise UsageError(f"{option} '{text}' is too long", hint=_DURATION_HINT)
    return timedelta(microseconds=micros)


def parse_zone(name: str, *, option: str = "--tz") -> tzinfo:
    """A time zone: `UTC`, `local` (that of this machine) or a name such as `Europe/Berlin`.

    Raises:
        UsageError: if there is no such zone.
    """
    if name.upper() in ("UTC", "Z"):
        return UTC
    if name.lower() == "local":
        return _Local()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{option} '{name}' is no time zone", hint="write UTC, local or a name as Europe/Berlin"
        ) from None


def parse_time(text: str, zone: tzinfo = UTC, *, option: str = "--min-time") -> datetime:
    """A time as `YYYY-mm-dd-HH-MM-SS`, ISO 8601 or seconds since 1970; UTC comes back.

    Args:
        text: The time. Where it names no offset of its own it is meant in `zone`.
        zone: The zone.
        option: What to call it in an error.

    Raises:
        UsageError: if it is no time, or one that the zone skips when clocks go forward.
    """
    text = text.strip()
    try:
        if _NUMBER.match(text) and len(text.partition(".")[0]) != 8:  # eight digits are a date
            whole, _, fraction = text.partition(".")
            return EPOCH + timedelta(seconds=int(whole), microseconds=int(fraction.ljust(6, "0")[:6]))
        time = datetime.fromisoformat(text) if _ISO.match(text) else datetime.strptime(text, _DASHED)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} '{text}' is no time", hint=_TIME_HINT) from None
    if time.tzinfo is not None:
        return time.astimezone(UTC)
    try:
        there = time.replace(tzinfo=zone).astimezone(UTC)
        back = there.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} '{text}' is no time", hint=_TIME_HINT) from None
    if back != time:
        raise UsageError(f"{option} '{text}' does not exist in that time zone", hint="the clocks go forward over it")
    return there


def format_time(time: datetime | int, zone: tzinfo = UTC, *, digits: int = 0) -> str:
    """A time as `2024-04-19 13:30:00` in that zone, cut (not rounded) to the digits.

    Args:
        time: An aware time, or nanoseconds since 1970 UTC.
        zone: The zone to show it in.
        digits: Digits of the second's fraction, up to 9 (a `datetime` holds 6).
    """
    if isinstance(time, int):
        seconds, nanos = divmod(time, 1_000_000_000)
        whole = EPOCH + timedelta(seconds=seconds)
    else:
        whole, nanos = time.replace(microsecond=0), time.microsecond * 1000
    text = f"{whole.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return f"{text}.{nanos:09d}"[: len(text) + 1 + digits] if digits else text


class _Local(tzinfo):
    """The time zone of this machine, by its own rules for each time."""

    def utcoffset(self, time: datetime | None, /) -> timedelta | None:
        return None if time is None else time.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _time: datetime | None, /) -> timedelta | None:
        return None

    def tzname(self, time: datetime | None, /) -> str | None:
        return None if time is None else time.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, time: datetime, /) -> datetime:
        return time.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)
