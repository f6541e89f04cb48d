"""Addresses that stand for many hosts: nobody answers from them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

BROADCAST: Final = "255.255.255.255"


def group_name(address: str | None) -> str | None:
    """What kind of group an address stands for, in words; None if it is one host's, as far as the address tells.

    The broadcast address of a subnet looks like that of a host.
    """
    if address == BROADCAST:
        return "the broadcast address"
    try:
        return "a group address" if address is not None and ip_address(address).is_multicast else None
    except ValueError:
        return None
