from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.reversename
import dns.rrset
import pytest

from wiretell.sources.resolve import Cache, default_path, read_hosts, resolve

NOWHERE = Path("/nonexistent/hosts")


NAMES = {"10.0.0.1": "printer.example.", "2001:db8::1": "six.example."}


class Server:
    """A name server on the loopback: answers what it knows, silent for 192.0.2.99, else denying."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def serve(self) -> None:
        while True:
            data, peer = self.socket.recvfrom(4096)
            if data == b"stop":
                return
            query = dns.message.from_wire(data)
            address = dns.reversename.to_address(query.question[0].name)
            self.asked.append(address)
            if address == "192.0.2.99":
                continue
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            if address in NAMES:
                response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "PTR", NAMES[address]))
            else:
                response.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(response.to_wire(), peer)

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"stop", self.address)
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def test_names_come_from_the_server_private_and_version_6_ones_too(server: Server, tmp_path: Path) -> None:
    names = resolve(
        ["10.0.0.1", "2001:db8::1", "192.0.2.1", "no address"],
        servers=[server.address],
        cache=Cache(tmp_path / "c"),
        hosts=NOWHERE,
    )
    assert names == {"10.0.0.1": "printer.example", "2001:db8::1": "six.example", "192.0.2.1": None, "no address": None}


def test_answers_and_their_absence_are_remembered_on_disk(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        names = resolve(
            ["10.0.0.1", "192.0.2.1"], servers=[server.address], cache=Cache(tmp_path / "a" / "c"), hosts=NOWHERE
        )
        assert names == {"10.0.0.1": "printer.example", "192.0.2.1": None}
    assert sorted(server.asked) == ["10.0.0.1", "192.0.2.1"]


def test_a_silent_server_costs_no_more_than_the_limit_and_is_asked_again(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        start = time.monotonic()
        names = resolve(
            ["192.0.2.99", "10.0.0.1"],
            1.0,
            servers=[server.address],
            cache=Cache(tmp_path / "c"),
            hosts=NOWHERE,
            query_timeout=0.5,
        )
        assert time.monotonic() - start < 2.5
        assert names == {"192.0.2.99": None, "10.0.0.1": "printer.example"}
    assert server.asked.count("10.0.0.1") == 1
    assert server.asked.count("192.0.2.99") >= 2


def test_the_limit_of_all_holds_for_many_slow_questions(tmp_path: Path) -> None:
    async def slow(address: str) -> str:
        await asyncio.sleep(30)
        return address

    start = time.monotonic()
    names = resolve(
        [f"10.0.{n // 250}.{n % 250}" for n in range(1000)],
        0.5,
        lookup=slow,
        cache=Cache(tmp_path / "c"),
        hosts=NOWHERE,
    )
    assert time.monotonic() - start < 3
    assert set(names.values()) == {None}


def test_questions_are_asked_at_once(tmp_path: Path) -> None:
    async def slow(address: str) -> str:
        await asyncio.sleep(0.1)
        return f"h{address}"

    start = time.monotonic()
    names = resolve([f"10.0.0.{n}" for n in range(60)], 5, lookup=slow, cache=Cache(tmp_path / "c"), hosts=NOWHERE)
    assert time.monotonic() - start < 3
    assert names["10.0.0.59"] == "h10.0.0.59"


def test_a_lookup_that_fails_leaves_the_others(tmp_path: Path) -> None:
    async def broken(address: str) -> str:
        if address == "10.0.0.1":
            raise OSError("no route")
        return "name"

    assert resolve(["10.0.0.1", "10.0.0.2"], lookup=broken, cache=Cache(tmp_path / "c"), hosts=NOWHERE) == {
        "10.0.0.1": None,
        "10.0.0.2": "name",
    }


def test_it_works_inside_a_running_event_loop(tmp_path: Path) -> None:
    async def quick(address: str) -> str:
        return "name"

    async def notebook() -> dict[str, str | None]:
        return resolve(["10.0.0.1"], lookup=quick, cache=Cache(tmp_path / "c"), hosts=NOWHERE)

    assert asyncio.run(notebook()) == {"10.0.0.1": "name"}


def test_the_hosts_file_comes_first(tmp_path: Path) -> None:
    async def never(address: str) -> str:
        raise AssertionError(address)

    hosts = tmp_path / "hosts"
    hosts.write_text(
        "127.0.0.1 localhost\n10.0.0.9\tnas.lan nas # the box\n::1 ip6-localhost\n# 10.0.0.8 x\nbad line\n"
    )
    assert read_hosts(hosts) == {"127.0.0.1": "localhost", "10.0.0.9": "nas.lan", "::1": "ip6-localhost"}
    names = resolve(["10.0.0.9", "::ffff:10.0.0.9"], lookup=never, cache=Cache(tmp_path / "c"), hosts=hosts)
    assert names == {"10.0.0.9": "nas.lan", "::ffff:10.0.0.9": "nas.lan"}


def test_what_is_remembered_expires_what_is_missing_sooner(tmp_path: Path) -> None:
    now = [1000.0]
    cache = Cache(tmp_path / "c", now=lambda: now[0])
    cache.put({"10.0.0.1": "a", "10.0.0.2": None})
    assert (cache.get("10.0.0.1"), cache.get("10.0.0.2"), cache.get("10.0.0.3")) == ("a", "", None)
    now[0] += 2 * 3600
    assert (cache.get("10.0.0.1"), cache.get("10.0.0.2")) == ("a", None)
    now[0] += 24 * 3600
    assert cache.get("10.0.0.1") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": ["x", "y"]}', "\x00"])
def test_a_broken_cache_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "c").write_text(content)
    cache = Cache(tmp_path / "c")
    assert cache.get("a") is None
    cache.put({"10.0.0.1": "n"})
    assert json.loads((tmp_path / "c").read_text())["10.0.0.1"][0] == "n"


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "names.json")
    cache.put({"10.0.0.1": "n"})
    assert cache.get("10.0.0.1") == "n"


def test_the_cache_lives_in_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "wiretell" / "names.json"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path() == tmp_path / ".cache" / "wiretell" / "names.json"
