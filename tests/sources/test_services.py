"""The services of a connection: what its first payload shows, and what it turns to."""

from __future__ import annotations

from pathlib import Path

import pytest

import wiretell
from tests.hand_made import write_pcap
from tests.tcp_frames import ACK, PSH, SYN, Talk
from wiretell.sources.meter_options import MeterOptions

HELLO = bytes([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]) + bytes(194)
OTHER_HOST = "10.0.7.7"


def spoken(port: int, *said: tuple[int, bytes]) -> Talk:
    """A connection on which both sides say this, in turn."""
    talk, next_seq = Talk(port=port), [101, 501]
    talk.handshake()
    for turn, (side, data) in enumerate(said):
        talk.say(0.1 + turn / 10, side, next_seq[side], next_seq[1 - side], ACK | PSH, data)
        next_seq[side] += len(data)
    return talk


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_data_connection_that_was_announced_is_ftp_data_in_any_number_of_shares(threads: int, tmp_path: Path) -> None:
    control = spoken(21, (1, b"220 FTP\r\n"), (0, b"PASV\r\n"), (1, b"227 Entering Passive Mode (10,0,9,9,4,1).\r\n"))
    data = Talk(port=1025)
    data.say(1.0, 0, 100, 0, SYN)
    again = Talk(port=1025)
    again.say(400.0, 0, 9000, 0, SYN)
    elsewhere = Talk(server=OTHER_HOST, port=1025)
    elsewhere.say(2.0, 0, 100, 0, SYN)
    frames = sorted([*control.frames, *data.frames, *again.frames, *elsewhere.frames])
    path = write_pcap(tmp_path / "ftp.pcap", frames)
    rows = wiretell.read_connections(path, MeterOptions(threads=threads)).sort("ts").rows(named=True)
    assert [(row["resp_h"], row["resp_p"], row["service"]) for row in rows] == [
        ("10.0.9.9", 21, "ftp"),
        ("10.0.9.9", 1025, "ftp-data"),
        (OTHER_HOST, 1025, None),
        ("10.0.9.9", 1025, None),
    ]


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ("smtp,ssl", [(1, b"220 mx ESMTP\r\n"), (0, b"STARTTLS\r\n"), (1, b"220 go\r\n"), (0, HELLO)]),
        ("smtp", [(1, b"220 mx ESMTP\r\n"), (0, b"STARTTLS\r\n"), (1, b"454 not now\r\n"), (0, b"QUIT\r\n")]),
        ("http,ssl", [(0, b"CONNECT a:443 HTTP/1.1\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\n\r\n"), (0, HELLO)]),
        ("socks,http", [(0, b"\5\1\0"), (1, b"\5\0"), (0, b"\5\1\0\1\1\1\1\1\0\x50"), (0, b"GET / HTTP/1.1\r\n\r\n")]),
        ("ssl", [(0, HELLO), (1, HELLO)]),
    ],
)
def test_what_a_connection_turns_to_comes_after_a_comma(
    services: str, said: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    path = write_pcap(tmp_path / "talk.pcap", spoken(3000, *said).frames)
    assert wiretell.read_connections(path)["service"].to_list() == [services]
