"""A writer to be killed: writes windows one after the other, each a higher version of its window, and compacts."""

from __future__ import annotations

import sys

from tests.store.frames import tables, window
from wiretell.store import open_store


def main(folder: str, first: int, count: int, rounds: int) -> None:
    store = open_store(folder, create=True)
    for version in range(1, rounds + 1):
        for number in range(first, first + count):
            store.write([window(number)], tables(number, version))
            print(number, version, flush=True)  # noqa: T201
        store.compact()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
