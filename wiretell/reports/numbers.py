"""Numbers and times as people read them: decimal units, two to four digits that matter, never `-0`."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from itertools import pairwise

_UNITS = ("", " k", " M", " G", " T", " P", " E")


def count(value: float) -> str:
    """A whole number with separators up to 99,999, then `1.81 M`."""
    if abs(value) < 100_000:
        return f"{round(value):,}"
    return _short(value)


def exact(value: float) -> str:
    """A whole number with separators."""
    return f"{round(value):,}"


def many(value: float, noun: str, *, brief: bool = False) -> str:
    """A whole number and what it counts: `1 flow`, `2 flows`; brief: `1.81 M flows`."""
    number = round(value)
    return f"{count(number) if brief else exact(number)} {noun}{'' if number == 1 else 's'}"


def volume(value: float) -> str:
    """Bytes in decimal units: `918 MB`."""
    if abs(value) < 1000:
        return f"{round(value)} B"
    return _short(value) + "B"


def rate(bits_per_second: float | None) -> str:
    """Bits per second in decimal units: 1 Mbit/s is 10^6 bit/s. A dash without a duration."""
    if bits_per_second is None:
        return "–"
    if bits_per_second < 1000:
        return f"{bits_per_second + 0.0:.0f} bit/s"
    return _short(bits_per_second) + "bit/s"


def share(value: float) -> str:
    """A share in percent with one decimal; below 0.05 % that it is not nothing."""
    if 0 < value < 0.0005:
        return "<0.1%"
    return f"{value * 100 + 0.0:.1f}%"


def duration(seconds: float) -> str:
    """A duration in its two largest units: `1 h 2 min`, `3.5 s`, `12 ms`."""
    if seconds <= 0:
        return "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms" if seconds >= 0.001 else f"{seconds * 1e6:.3g} µs"
    if seconds < 60:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for (width, name), (next_width, next_name) in pairwise(units):
        if whole >= width:
            first, rest = divmod(whole, width)
            second = rest // next_width
            return f"{first} {name} {second} {next_name}" if second else f"{first} {name}"
    return f"{whole} s"


def moment(microseconds: int | None, zone: tzinfo = UTC, *, fraction: bool = False) -> str:
    """A time in a zone, with the zone's name: `2005-01-06 14:23:33 UTC`. A dash for none."""
    if microseconds is None:
        return "–"
    try:
        when = datetime.fromtimestamp(microseconds // 1_000_000, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return f"{microseconds / 1e6:.6f} s after 1970"
    text = when.strftime("%Y-%m-%d %H:%M:%S")
    if fraction:
        text += f".{microseconds % 1_000_000:06d}"
    return f"{text} {when.tzname()}"


def in_zone(time: datetime, zone: tzinfo) -> datetime:
    """The same time in a zone; in its own at the ends of the calendar, where a zone has no more days."""
    try:
        return time.astimezone(zone)
    except OverflowError:
        return time


def clock(time: datetime) -> str:
    """The time of day at which a window begins: seconds only where there are some."""
    return time.time().isoformat().removesuffix(":00")


def window_start(time: datetime, zone: tzinfo, *, named: bool = False) -> str:
    """When a window begins, with the zone's name if it is asked for: `2005-01-06 14:20 UTC`."""
    shown = in_zone(time, zone)
    return f"{shown:%Y-%m-%d} {clock(shown)}" + (f" {shown:%Z}" if named else "")


def span(start: int | None, end: int | None, zone: tzinfo = UTC) -> str:
    """From a time to a time; the date is said once if it is one day, and milliseconds if it is a few seconds."""
    if start is None or end is None:
        return "no traffic"
    first, last = moment(start, zone), moment(end, zone)
    if 0 < end - start < 10_000_000 and first[19:20] == last[19:20] == " ":
        first, last = (
            f"{text[:19]}.{at % 1_000_000 // 1000:03d}{text[19:]}" for text, at in ((first, start), (last, end))
        )
        if first[:10] == last[:10] and first[23:] == last[23:]:
            return f"{first[:23]} – {last[11:]}"
    if first[:10] == last[:10] and len(first) > 20 and first[19:] == last[19:]:
        return f"{first[:19]} – {last[11:]}"
    return f"{first} – {last}"


def _short(value: float) -> str:
    magnitude, unit = float(value), 0
    while abs(magnitude) >= 999.5 and unit < len(_UNITS) - 1:
        magnitude, unit = magnitude / 1000, unit + 1
    digits = 2 if magnitude < 9.995 and unit else 1 if magnitude < 99.95 and unit else 0
    return f"{magnitude:.{digits}f}{_UNITS[unit] or ' '}"


def shown_name(name: str) -> str:
    """The name of an input, in words where it is `-`."""
    return "standard input" if name == "-" else name
