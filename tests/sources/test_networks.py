from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretell.errors import InputError, UsageError
from wiretell.sources.networks import Network, Networks, parse_prefix, read_networks

prefixes = st.one_of(
    st.builds(
        lambda a, n: parse_prefix(f"{ipaddress.IPv4Address(a)}/{n}"), st.integers(0, 2**32 - 1), st.integers(0, 32)
    ),
    st.builds(
        lambda a, n: parse_prefix(f"{ipaddress.IPv4Address(0x0A000000 | a)}/{n}"),
        st.integers(0, 255),
        st.integers(24, 32),
    ),
    st.builds(
        lambda a, n: parse_prefix(f"{ipaddress.IPv6Address(a)}/{n}"), st.integers(0, 2**128 - 1), st.integers(0, 128)
    ),
)
near = st.integers(0, 255).map(lambda a: str(ipaddress.IPv4Address(0x0A000000 | a)))


@given(st.lists(prefixes, unique=True, max_size=12), st.lists(near | st.ip_addresses().map(str), max_size=12))
def test_covering_networks_are_those_of_a_plain_search(
    given_: list[ipaddress.IPv4Network], addresses: list[str]
) -> None:
    networks = Networks(tuple(Network(prefix) for prefix in given_))
    for address in [
        *addresses,
        *(str(prefix.network_address) for prefix in given_),
        *(str(p.broadcast_address) for p in given_),
    ]:
        parsed = ipaddress.ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        wanted = sorted((p for p in given_ if p.version == parsed.version and parsed in p), key=lambda p: p.prefixlen)
        assert [network.prefix for network in networks.covering(address)] == wanted
        assert networks.longest([address])[0] == (Network(wanted[-1]) if wanted else None)
        assert networks.contain([address]) == [bool(wanted)]


def test_a_file_holds_networks_addresses_text_comments_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "networks.cfg"
    path.write_text(
        "# local\n\n10.0.0.0/8          Private IP space\n192.168.1.7\n fd00::/8\t# site\n10.1.2.3/16 lab\n"
    )
    networks = read_networks([path])
    assert [(str(network), network.text) for network in networks.networks] == [
        ("10.0.0.0/8", "Private IP space"),
        ("192.168.1.7/32", ""),
        ("fd00::/8", "site"),
        ("10.1.0.0/16", "lab"),
    ]
    assert [str(network) for network in networks.covering("10.1.9.9")] == ["10.0.0.0/8", "10.1.0.0/16"]


def test_networks_on_the_command_line_are_a_list(tmp_path: Path) -> None:
    networks = read_networks(["10.0.0.0/8,fd00::/8", "192.168.0.0/16"])
    assert networks.contain(["10.1.1.1", "fd12::1", "192.168.3.4", "8.8.8.8", "-", ""]) == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_mapped_address_is_that_of_version_4() -> None:
    networks = read_networks(["10.0.0.0/8", "::/0", "::ffff:192.168.0.0/112"])
    assert [str(network) for network in networks.longest(["::ffff:10.0.0.1", "::1", "192.168.9.9"])] == [
        "10.0.0.0/8",
        "::/0",
        "192.168.0.0/16",
    ]


def test_a_bad_line_is_named_with_its_file_and_number(tmp_path: Path) -> None:
    path = tmp_path / "nets.txt"
    path.write_text("10.0.0.0/8\n10.0.0/8 typo\n")
    with pytest.raises(InputError, match=r"nets.txt, line 2: '10.0.0/8' is no network"):
        read_networks([path])


def test_what_is_neither_a_network_nor_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a network nor a file"):
        read_networks(["10.0.0.0/8,10.0.0.0/33"])
    with pytest.raises(InputError, match="no such file"):
        read_networks([tmp_path / "missing.txt"])
