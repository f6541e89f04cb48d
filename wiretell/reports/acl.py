"""Blocking rules against sources that scan or flood: for nftables, for Cisco IOS, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Final

from wiretell.analyses.behavior.actions import Action

_NFT_COMMENT: Final = 120
"""nftables refuses comments of 128 bytes and more."""

NOTHING: Final = "no source scans or floods by itself: there is nothing to block"
SPREAD: Final = "a flood from many sources is not blocked by source: they may be forged, or clients"

_NOTE: Final = "read before use: a forged source address would block whoever owns it"


def write_acl(style: str, actions: Sequence[Action]) -> str:
    """The rules as text.

    Args:
        style: One of `STYLES`.
        actions: The rules.
    """
    return "\n".join(STYLES[style](actions)) + "\n"


def _effect(action: Action) -> str:
    """What the rule would have blocked, benign flows included."""
    return (
        f"would have blocked {action.flows} flows, {action.packets} packets, {action.bytes} bytes; "
        f"benign among them: {action.benign_flows} flows, {action.benign_bytes} bytes"
    )


def _nftables(actions: Sequence[Action]) -> Iterator[str]:
    yield f"# {_NOTE if actions else NOTHING}"
    yield "table inet wiretell {"
    yield "  chain block {"
    yield "    type filter hook prerouting priority -150; policy accept;"
    for action in actions:
        family = "ip6" if ":" in action.source else "ip"
        port = f" {action.protocol} dport {action.port}" if action.protocol is not None else ""
        comment = f"{action.flows} flows, {action.benign_flows} of them benign"[:_NFT_COMMENT]
        yield f"    # {_plain(action.reason)}"
        yield f"    # {_effect(action)}"
        yield f'    {family} saddr {action.source}{port} counter drop comment "{comment}"'
    yield "  }"
    yield "}"


def _ios(actions: Sequence[Action]) -> Iterator[str]:
    yield f"! {_NOTE if actions else NOTHING}"
    for family, name, rest in (
        (4, "ip access-list extended WIRETELL", "ip"),
        (6, "ipv6 access-list WIRETELL6", "ipv6"),
    ):
        mine = [action for action in actions if (":" in action.source) == (family == 6)]
        if not mine:
            continue
        yield name
        for action in mine:
            port = f" eq {action.port}" if action.port is not None else ""
            yield f" remark {_ascii(_plain(action.reason))[:100]}"
            yield f" remark {action.flows} flows, {action.benign_flows} of them benign"
            yield f" deny {action.protocol or rest} host {action.source} any{port}"
        yield f" permit {rest} any any"


def _json(actions: Sequence[Action]) -> Iterator[str]:
    yield json.dumps([asdict(action) for action in actions], ensure_ascii=False, indent=1)


def _plain(text: str) -> str:
    """One line without what ends a comment."""
    return " ".join(text.split())


def _ascii(text: str) -> str:
    return text.replace("⟨", "<").replace("⟩", ">").encode("ascii", "replace").decode()


STYLES: Final[dict[str, Callable[[Sequence[Action]], Iterator[str]]]] = {
    "nftables": _nftables,
    "ios": _ios,
    "json": _json,
}
