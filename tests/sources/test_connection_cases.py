"""What connections do that textbooks leave out: both ends open, one direction is seen, resets in a storm, ports come again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import wiretell
from tests.hand_made import udp_packet, write_pcap
from tests.tcp_frames import ACK, FIN, RST, SYN, Talk
from wiretell.cli.app import run
from wiretell.sources.meter_options import MeterOptions


def told(folder: Path, talk: Talk, options: MeterOptions | None = None) -> list[dict[str, Any]]:
    path = write_pcap(folder / "case.pcap", talk.frames)
    return wiretell.read_connections(path, options).sort("ts", "uid").rows(named=True)


def test_when_both_ends_open_at_once_the_second_syn_begins_the_connection_as_in_zeek(tmp_path: Path) -> None:
    talk = Talk()
    talk.say(0.00, 0, 100, 0, SYN)
    talk.say(0.01, 1, 500, 0, SYN)
    talk.say(0.02, 0, 100, 501, SYN | ACK)
    talk.say(0.03, 1, 500, 101, SYN | ACK)
    talk.say(0.05, 0, 101, 501, ACK, b"hello")
    talk.say(0.06, 1, 501, 106, ACK, b"good day")
    talk.close(0.1, 106, 509)
    attempt, row = told(tmp_path, talk)
    assert (attempt["orig_h"], attempt["conn_state"], attempt["orig_pkts"]) == ("10.0.0.1", "S0", 1)
    assert (row["orig_h"], row["resp_h"], row["conn_state"]) == ("10.0.9.9", "10.0.0.1", "SF")
    assert (row["orig_bytes"], row["resp_bytes"], row["missed_bytes"]) == (8, 5, 0)


def test_one_direction_alone_has_its_bytes_and_no_measures_that_need_the_other(tmp_path: Path) -> None:
    talk = Talk()
    talk.say(0.0, 1, 500, 101, SYN | ACK)
    talk.say(0.1, 1, 501, 128, ACK, b"x" * 1000)
    talk.say(0.2, 1, 1501, 128, ACK, b"x" * 500)
    talk.say(0.3, 1, 2001, 128, FIN | ACK)
    (row,) = told(tmp_path, talk)
    assert (row["orig_h"], row["resp_h"], row["conn_state"]) == ("10.0.0.1", "10.0.9.9", "SHR")
    assert (row["orig_pkts"], row["resp_pkts"], row["resp_bytes"]) == (0, 4, 1500)
    assert row["resp_spurious_pkts"] is None
    assert row["orig_handshake_rtt_s"] is None


def test_a_storm_of_resets_and_fins_is_one_connection(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    for number in range(3000):
        talk.say(
            0.1 + number * 1e-4, number % 2, 101 if number % 2 == 0 else 501, 501, RST if number % 3 else FIN | ACK
        )
    (row,) = told(tmp_path, talk)
    assert row["orig_pkts"] + row["resp_pkts"] == 3003
    assert row["conn_state"] in ("RSTO", "RSTR")
    assert len(row["history"]) < 40


def test_the_same_ports_used_again_are_another_connection(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.close(0.1, 101, 501)
    talk.say(30.0, 0, 90_000, 0, SYN)
    talk.say(30.1, 1, 70_000, 90_001, SYN | ACK)
    talk.say(30.2, 0, 90_001, 70_001)
    rows = told(tmp_path, talk)
    assert [row["conn_state"] for row in rows] == ["SF", "S1"]
    assert rows[0]["uid"] != rows[1]["uid"]
    assert rows[0]["community_id"] == rows[1]["community_id"]


def test_uids_are_like_those_of_zeek_and_the_same_each_time(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    uid = told(tmp_path, talk)[0]["uid"]
    assert uid == told(tmp_path, talk, MeterOptions(threads=3))[0]["uid"]
    assert uid[0] == "C"
    assert 16 <= len(uid) <= 19
    assert uid.isalnum()


def test_an_ntp_answer_that_comes_first_turns_the_roles(tmp_path: Path) -> None:
    answer = udp_packet("192.0.2.1", "10.0.0.1", 123, 123, payload=48)[:-48] + bytes([0x24, *[1] * 47])
    path = write_pcap(tmp_path / "ntp.pcap", [(0.0, answer)])
    row = wiretell.read_connections(path).row(0, named=True)
    assert (row["orig_h"], row["resp_h"], row["service"]) == ("10.0.0.1", "192.0.2.1", "ntp")
    assert (row["orig_pkts"], row["resp_pkts"], row["history"]) == (0, 1, "D^")


def test_long_addresses_leave_room_for_figures_on_80_columns(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    talk = Talk("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:7777:8888:9999:aaaa:bbbb:cccc")
    talk.handshake()
    talk.say(0.05, 0, 101, 501, ACK, b"hello")
    monkeypatch.setenv("COLUMNS", "80")
    path = str(write_pcap(tmp_path / "six.pcap", talk.frames))
    assert run(["connections", path]) == 0
    text = capsys.readouterr().out
    assert "Received" in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_only_a_fin_has_overtaken_is_reordered_not_sent_again(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(0.1, 1, 514, 101, FIN | ACK)
    talk.say(0.1002, 1, 501, 101, ACK, b"x" * 13)
    talk.say(0.12, 0, 101, 515)
    (row,) = told(tmp_path, talk)
    assert (row["resp_reordered_pkts"], row["resp_rexmit_pkts"], row["resp_unique_bytes"]) == (1, 0, 13)
    assert row["resp_unseen_bytes"] == 0


def test_keep_alives_in_a_row_are_no_segments_sent_again(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(0.1, 0, 101, 501, ACK, b"x" * 100)
    talk.say(0.2, 1, 501, 201)
    for number in range(1, 5):
        talk.say(number * 45.0, 0, 200, 501, ACK, b"x")
        talk.say(number * 45.0 + 0.1, 1, 501, 201)
    (row,) = told(tmp_path, talk)
    assert (row["orig_keep_alives"], row["orig_rexmit_pkts"], row["orig_unique_bytes"]) == (4, 0, 100)


def test_what_comes_before_the_first_payload_is_measured(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(10.0, 1, 500, 101)
    talk.say(10.1, 0, 101, 501)
    talk.say(20.0, 0, 101, 501, window=0)
    talk.say(25.0, 0, 101, 501)
    talk.say(30.0, 1, 500, 101)
    talk.say(30.1, 0, 101, 501)
    talk.say(40.0, 1, 601, 101, ACK, b"x" * 100)
    talk.say(40.1, 0, 101, 501)
    (row,) = told(tmp_path, talk)
    assert (row["orig_keep_alives"], row["resp_keep_alives"], row["orig_dup_acks"]) == (0, 2, 1)
    assert (row["orig_zero_windows"], row["orig_zero_window_s"]) == (1, 5.0)


def test_a_connection_joined_midway_has_its_keep_alives_and_its_closed_window(tmp_path: Path) -> None:
    idle = Talk()
    for number in range(4):
        idle.say(number * 30.0, 0, 100, 501, ACK, b"x")
        idle.say(number * 30.0 + 0.1, 1, 501, 101)
    (row,) = told(tmp_path, idle)
    assert (row["orig_keep_alives"], row["orig_rexmit_pkts"]) == (3, 0)
    stalled = Talk()
    stalled.say(0.0, 1, 501, 101, window=0)
    stalled.say(2.0, 0, 101, 501, ACK, b"x")
    stalled.say(2.1, 1, 501, 101, window=0)
    stalled.say(3.0, 1, 501, 101)
    stalled.say(3.1, 0, 101, 501, ACK, b"x" * 100)
    (row,) = told(tmp_path, stalled)
    assert (row["resp_zero_windows"], row["resp_zero_window_s"]) == (1, 3.0)
    assert (row["orig_window_probes"], row["orig_rexmit_pkts"], row["orig_unique_bytes"]) == (1, 0, 100)


def test_data_captured_after_its_acknowledgment_was_overtaken(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(0.1, 0, 101, 501, ACK, b"x" * 100)
    talk.say(0.1001, 1, 501, 401)
    talk.say(0.1002, 0, 201, 501, ACK, b"x" * 100)
    talk.say(0.1003, 0, 301, 501, ACK, b"x" * 100)
    (row,) = told(tmp_path, talk)
    assert (row["orig_reordered_pkts"], row["orig_rexmit_pkts"], row["orig_unique_bytes"]) == (2, 0, 300)
    assert row["orig_unseen_bytes"] == 0
