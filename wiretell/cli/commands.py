"""The commands: name, module and one line of help. A module is imported only when its command is used."""

from __future__ import annotations

from typing import Final

COMMANDS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "profile",
        "wiretell.cli.profile",
        "The whole picture on one screen, or as a page: findings, who does what, traffic.",
    ),
    ("summary", "wiretell.cli.summary", "What fills the link: ports, hosts, services, protocols, networks, over time."),
    ("connections", "wiretell.cli.connections", "Every connection with Zeek's words and meaning, and how it went."),
    ("endpoints", "wiretell.cli.endpoints", "How well TCP is carried: loss, reordering, round trips; worst first."),
    ("events", "wiretell.cli.events", "What the traffic means in events: how many, how large, when, of what kind."),
    ("behavior", "wiretell.cli.behavior", "Who behaves how: servers, scanners, floods, what is unusual, what changed."),
    ("history", "wiretell.cli.history", "What an address or a port did over time, from the store."),
    ("store", "wiretell.cli.store", "Looks after the store: info, compact, expire."),
    ("synth", "wiretell.cli.synth", "A synthesized trace with labels: who does what, and what the network did to it."),
)
"""In the order of `wiretell --help`. Each module has a function `command`, whose parameters are the options."""
