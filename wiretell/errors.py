"""The one tree of errors.

    WiretellError            a user's mistake or the world's state: one line on stderr, exit 2
    ├── InputError           an input that cannot be read: missing, empty, not a capture, no permission
    ├── UsageError           options that contradict each other or have a wrong value
    ├── SchemaError          a frame that lacks a column or has a wrong type
    └── NotSupported         a capability this machine lacks: kernel, library, cluster

Anything else that is raised is a bug and keeps its traceback. A broken packet is no error: it is counted.
"""

from __future__ import annotations


class WiretellError(Exception):
    """A user's mistake or the world's state, told in one line.

    Args:
        message: What is wrong, in one line, naming the file or the option.
        hint: What to do about it, in one line.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class InputError(WiretellError):
    """An input that cannot be read."""


class UsageError(WiretellError):
    """Options that contradict each other or have a wrong value."""


class SchemaError(WiretellError):
    """A frame that lacks a column or has a wrong type."""


class NotSupported(WiretellError):  # noqa: N818  (the name of the missing capability, not of a fault)
    """A capability that this machine lacks: a kernel feature, a library, a cluster."""
