"""wiretell tells what is on the wire, how well it is carried, and who behaves how."""

from __future__ import annotations
