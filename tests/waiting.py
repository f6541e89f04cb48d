"""Waits for processes by what they do instead of by time, so that a busy machine changes no result."""

from __future__ import annotations

import fcntl
import struct
import subprocess
import termios
import time
from pathlib import Path


def wait_until_it_waits(process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    """Waits until a process has emptied the pipe that is its input, and its main thread sleeps, twenty looks long.

    Raises:
        TimeoutError: if it does not come to that.
    """
    assert process.stdin is not None
    end, quiet = time.monotonic() + seconds, 0
    while quiet < 20:
        if time.monotonic() > end:
            raise TimeoutError(f"process {process.pid} is still busy")
        (unread,) = struct.unpack("i", fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, bytes(4)))
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        quiet = quiet + 1 if unread == 0 and state == "S" else 0
        time.sleep(0.03)
