"""Step 2: the worked table of the method, row by row, and both forms of relative uncertainty."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from wiretell.analyses.behavior import behavior
from wiretell.analyses.behavior.classes import akin, labels_of

from .flows import flow, host, rows, table

Flows = Iterator[dict[str, Any]]
ME, N = "192.0.2.1", 1200


def _port() -> int:
    return random.randrange(1024, 65_536)


def _scan(fixed_port: bool) -> Flows:
    return (flow(ME, host(i), 220 if fixed_port else _port(), 6129, packets=1) for i in range(N))


def _web_server(clients: int) -> Flows:
    weights = [1 / (i + 1) for i in range(clients)]
    chosen = random.choices(range(clients), weights, k=N)
    return (flow(ME, host(client), 80, _port()) for client in chosen)


def _to_server() -> Flows:
    return (flow(f["dst_ip"], ME, f["dst_port"], 80) for f in _web_server(200))


def _proxy() -> Flows:
    return (flow(ME, host(i % 10), _port(), 80) for i in range(N))


def _replies_to_scanner() -> Flows:
    return (flow(host(i), ME, 445, _port()) for i in range(N))


def _service(client_first: bool) -> Flows:
    """Port 80 of 300 servers, some busier, for very many clients."""
    weights = [1 / (i + 1) for i in range(300)]
    for i, server in enumerate(random.choices(range(300), weights, k=3000)):
        client, port = host(i, 10), _port()
        yield flow(client, host(server, 20), port, 80) if client_first else flow(host(server, 20), client, 80, port)


def _scanned_port(scanners: int) -> Flows:
    return (flow(host(i % scanners, 30), host(i), _port(), 445, packets=1) for i in range(4000))


def _vertical() -> Flows:
    return (flow(ME, host(1), _port(), port, packets=1) for port in range(1, N + 1))


WORKED: list[tuple[str, Callable[[], Flows], str, str, int]] = [
    ("scan from a fixed port", lambda: _scan(True), "src_ip", ME, 2),
    ("scan from random ports", lambda: _scan(False), "src_ip", ME, 20),
    ("web server, many clients", lambda: _web_server(200), "src_ip", ME, 7),
    ("web server, two clients", lambda: _web_server(2), "src_ip", ME, 6),
    ("traffic to that server", _to_server, "dst_ip", ME, 19),
    ("proxy to ten servers", _proxy, "src_ip", ME, 19),
    ("replies to a fixed-port scanner", _replies_to_scanner, "dst_ip", ME, 8),
    ("service port 80 as source", lambda: _service(False), "src_port", "80", 23),
    ("service port 80 as destination", lambda: _service(True), "dst_port", "80", 25),
    ("port 445, 5 scanners", lambda: _scanned_port(5), "dst_port", "445", 20),
    ("port 445, 200 scanners", lambda: _scanned_port(200), "dst_port", "445", 23),
    ("vertical scan of one host", _vertical, "src_ip", ME, 24),
]


@pytest.mark.parametrize(
    ("flows", "dimension", "key", "expected"), [row[1:] for row in WORKED], ids=[r[0] for r in WORKED]
)
def test_the_worked_table(engine: Any, flows: Callable[[], Flows], dimension: str, key: str, expected: int) -> None:
    random.seed(4)
    found = rows(behavior(engine(table(flows()))).clusters)
    (mine,) = [row for row in found if (row["dimension"], row["key"]) == (dimension, key)]
    assert mine["behavior_class"] == expected


@pytest.mark.parametrize(("peers", "expected"), [(2, 0.10), (10, 0.33)])
def test_vectors_divide_by_the_flows_not_by_the_values_seen(engine: Any, peers: int, expected: float) -> None:
    flows = table(flow(ME, host(i % peers), 1024 + i, 80) for i in range(1000))
    (mine,) = [row for row in rows(behavior(engine(flows)).clusters) if row["key"] == ME]
    assert mine["ru_dst_ip"] == pytest.approx(expected, abs=0.005)
    assert mine["distinct_dst_ip"] == peers


def test_one_flow_has_no_uncertainty(engine: Any) -> None:
    (mine,) = [r for r in rows(behavior(engine(table([flow(ME, host(1), 5, 80)]))).clusters) if r["key"] == ME]
    assert (mine["ru_src_port"], mine["ru_dst_port"], mine["ru_dst_ip"], mine["behavior_class"]) == (0, 0, 0, 0)
    assert mine["ru_src_ip"] is None


def test_akin_classes_differ_by_one_step_of_one_label() -> None:
    assert labels_of(19) == (2, 0, 1)
    assert akin(19, 20)
    assert akin(7, 7)
    assert not akin(6, 8)  # two steps
    assert not akin(7, 11)  # two labels
