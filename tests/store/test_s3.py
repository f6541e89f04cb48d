"""The same store under the same name in an object store: against moto's S3 server on loopback, where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.store.frames import ROWS, tables, window
from wiretell.errors import InputError
from wiretell.store import open_store

pytest.importorskip("deltalake")

START_SECONDS = 60


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a server of its own, which the environment leads to."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("moto_server is not installed: pip install 'moto[server]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _make_bucket(port, "lake")
        settings = {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "ALLOW_HTTP": "true", "REGION": "us-east-1"} | {
            "ACCESS_KEY_ID": "someone", "SECRET_ACCESS_KEY": "something"
        }  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield "s3://lake/wiretell"
    finally:
        server.kill()
        server.wait()


def _make_bucket(port: int, name: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        link = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            link.request("PUT", f"/{name}")
            assert link.getresponse().status == 200
            return
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.2)
        finally:
            link.close()


def test_windows_are_replaced_compacted_and_expired_in_an_object_store(bucket: str) -> None:
    store = open_store(bucket, create=True)
    for number in range(3):
        store.write([window(number)], tables(number))
    store.write([window(1)], tables(1, version=2))
    found = open_store(bucket).read("clusters").group_by("window", "flows").len().sort("window").collect().rows()
    assert found == [(window(0), 1, 40), (window(1), 2, 40), (window(2), 1, 40)]
    assert store.history("10.0.0.7")["flows"].to_list() == [1, 2, 1]
    assert store.compact()["clusters"][1] == 1
    store.expire(window(2), keep_versions_hours=0)
    assert store.windows() == [window(2)]
    assert store.read("states").collect().height == ROWS["states"]


def test_a_bucket_that_is_not_there_takes_one_line(bucket: str) -> None:
    with pytest.raises(InputError, match="bucket does not exist"):
        open_store("s3://nobody/wiretell").windows()
