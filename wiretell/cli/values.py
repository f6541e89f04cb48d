"""Values of options that are numbers, or files of them."""

from __future__ import annotations

from pathlib import Path

from wiretell.errors import InputError, UsageError
from wiretell.settings import KEEP_LOW


def ports_of(path: Path) -> frozenset[int]:
    """The ports of a file with one per line; blank lines and what follows `#` do not count.

    Raises:
        InputError: if the file cannot be read, has a line that is no port, or no port at all.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    ports = set()
    for number, line in enumerate(text.splitlines(), start=1):
        value = line.partition("#")[0].strip()
        if not value:
            continue
        if not value.isascii() or not value.isdigit() or int(value) > 65535:
            raise InputError(f"{path}:{number}: {value} is no port", hint="one port, 0 to 65535, per line")
        ports.add(int(value))
    if not ports:
        raise InputError(f"{path}: there is no port in it", hint="one port, 0 to 65535, per line")
    return frozenset(ports)


def listed(values: list[str] | None, *, option: str) -> list[str]:
    """What stands between commas in the values of an option.

    Raises:
        UsageError: if it was given and nothing stands there, as of a variable that is not set.
    """
    parts = [part.strip() for value in values or [] for part in value.split(",") if part.strip()]
    if values and not parts:
        raise UsageError(f"{option} names nothing", hint=f"without {option} all are taken")
    return parts


def watermarks(text: str | None) -> tuple[int | None, float]:
    """The flows kept at most, and the share of them to which they are thinned, from `HIGH` or `LOW:HIGH`.

    Raises:
        UsageError: if it is neither.
    """
    if text is None:
        return None, KEEP_LOW
    low, colon, high = text.rpartition(":")
    numbers = [int(part) if part.isascii() and part.isdigit() else 0 for part in ([low, high] if colon else [high])]
    if not 0 < numbers[0] <= numbers[-1] < 2**31:
        raise UsageError(f"--max-flows {text}: no number of flows", hint="100000, or both watermarks: 75000:100000")
    return numbers[-1], numbers[0] / numbers[-1] if colon else KEEP_LOW
