"""Values of options that are files of numbers."""

from __future__ import annotations

from pathlib import Path

from wiretell.errors import InputError


def ports_of(path: Path) -> frozenset[int]:
    """The ports of a file with one per line; blank lines and what follows `#` do not count.

    Raises:
        InputError: if the file cannot be read or has a line that is no port.
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
    return frozenset(ports)
