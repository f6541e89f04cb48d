"""Host names of the addresses that a report shows."""

from __future__ import annotations

import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wiretell.reports.summary_result import SummaryResult

DEADLINE_SECONDS: Final = 5.0
WORKERS: Final = 32


def host_names(result: SummaryResult) -> dict[str, str]:
    """Looks up the shown addresses, many at once; those that do not answer in 5 seconds stay without a name."""
    shown = {"source", "destination", "pair"}
    addresses = {row[end] for row in result.rows if row["breakdown"] in shown for end in ("key", "peer") if row[end]}
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
    for address in sorted(addresses):
        waiting.put(address)
    for _ in range(min(WORKERS, len(addresses))):
        threading.Thread(target=_look_up, args=(waiting, answers), daemon=True).start()
    names: dict[str, str] = {}
    end = time.monotonic() + DEADLINE_SECONDS
    for _ in addresses:
        try:
            address, name = answers.get(timeout=max(end - time.monotonic(), 0.001))
        except queue.Empty:
            break
        if name is not None:
            names[address] = name
    return names


def _look_up(waiting: queue.SimpleQueue[str], answers: queue.SimpleQueue[tuple[str, str | None]]) -> None:
    while True:
        try:
            address = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            answers.put((address, socket.gethostbyaddr(address)[0]))
        except OSError:
            answers.put((address, None))
