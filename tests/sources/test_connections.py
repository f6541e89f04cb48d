"""Connections from captures, logs and Parquet files: one table, the same however the work is cut."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Any

import polars as pl
import pytest

import wiretell
from tests.hand_made import udp_packet, write_pcap
from tests.sources.zeek_tools import ROW, tsv
from tests.tcp_frames import ACK, PSH, SYN, Talk
from wiretell import MeterOptions
from wiretell.engines.polars import polars_schema
from wiretell.errors import InputError, UsageError
from wiretell.schema import CONN_LOG, CONNECTIONS, FLOWS
from wiretell.sources.connections import find_connections


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Four connections: one over TCP that is closed, one refused, one over UDP, one over IPv6."""
    talk = Talk()
    talk.handshake()
    talk.say(0.05, 0, 101, 501, ACK, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.say(0.06, 1, 501, 128)
    talk.say(0.08, 1, 501, 128, ACK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    talk.close(0.2, 128, 541)
    refused = Talk("10.0.0.2", "10.0.9.8", 81)
    refused.say(0.3, 0, 7, 0, SYN)
    refused.say(0.31, 1, 0, 8, 20)
    six = Talk("2001:db8::1", "2001:db8:1::2")
    six.handshake(0.4)
    frames = [*talk.frames, *refused.frames, *six.frames, (0.5, udp_packet("10.0.0.3", "10.0.9.7"))]
    return write_pcap(tmp_path / "four.pcap", frames)


def same(one: pl.DataFrame, two: pl.DataFrame) -> bool:
    return one.sort("ts", "uid").equals(two.sort("ts", "uid"))


def test_a_capture_gives_the_columns_and_types_of_the_schema(capture: Path) -> None:
    frame = wiretell.read_connections(capture)
    assert frame.schema == polars_schema(CONNECTIONS)
    states = dict(zip(frame["resp_h"], frame["conn_state"], strict=True))
    assert states == {"10.0.9.9": "SF", "10.0.9.8": "REJ", "10.0.9.7": "S0", "2001:db8:1::2": "S1"}


def test_the_columns_say_what_the_packets_did(capture: Path) -> None:
    frame = wiretell.read_connections(capture)
    row = frame.filter(pl.col("resp_h") == "10.0.9.9").row(0, named=True)
    wanted = {
        "proto": "tcp", "ip_proto": 6, "ip_proto_name": "tcp", "service": "http", "history": "ShADadFf",
        "orig_bytes": 27, "resp_bytes": 40, "orig_pkts": 5, "orig_ip_bytes": 227, "missed_bytes": 0,
        "closed_by": "orig_fin", "interim": False, "local_orig": None, "tunnel_parents": None, "orig_data_pkts": 1,
        "resp_payload_bytes": 40, "orig_num_pkts": 5,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert row["duration"] == pytest.approx(0.22)  # the last acknowledgment of all does not count, as in Zeek
    assert row["resp_handshake_rtt_s"] == pytest.approx(0.02)
    assert row["orig_handshake_rtt_s"] == pytest.approx(0.001)
    assert row["community_id"].startswith("1:")


def test_the_other_protocols_have_no_tcp_measures(capture: Path) -> None:
    row = wiretell.read_connections(capture).filter(proto="udp").row(0, named=True)
    assert row["orig_num_pkts"] is None
    assert row["orig_data_pkts"] is None
    assert row["orig_pkts"] == 1


def test_an_empty_capture_gives_no_rows_in_the_same_columns(tmp_path: Path) -> None:
    frame = wiretell.read_connections(write_pcap(tmp_path / "empty.pcap", []))
    assert (frame.height, frame.schema) == (0, polars_schema(CONNECTIONS))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from wiretell._native import synthesize

    path = tmp_path_factory.mktemp("busy") / "busy.pcap"
    synthesize(
        str(path), None, seed=11, packets=30_000, rate=500.0, duration=None, snaplen=200, scenario="mix",
        surge_factor=10, start_ns=1_735_689_600_000_000_000,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(busy: Path, threads: int) -> None:
    one = wiretell.read_connections(busy, MeterOptions(threads=1))
    assert one.height > 500
    assert same(one, wiretell.read_connections(busy, MeterOptions(threads=threads)))


@pytest.mark.parametrize("shares", [2, 7])
def test_shares_add_up_to_the_whole(busy: Path, shares: int) -> None:
    whole = wiretell.read_connections(busy)
    parts = [wiretell.read_connections(busy, MeterOptions(share=(index, shares))) for index in range(shares)]
    assert same(whole, pl.concat(parts))


def test_flows_and_connections_of_one_pass_are_those_of_two(busy: Path) -> None:
    both = wiretell.meter(busy)
    assert same(both.connections, wiretell.read_connections(busy))
    keys = list(FLOWS.names[1:8])
    assert both.flows.sort(keys).equals(wiretell.read_flows(busy).sort(keys))
    assert both.facts.connections is not None
    assert both.facts.connections.connections == both.connections.height


def test_packets_and_bytes_of_connections_are_those_of_the_flows(busy: Path) -> None:
    both = wiretell.meter(busy)
    facts = both.facts.connections
    assert facts is not None
    packets = both.connections.select(pl.sum("orig_pkts") + pl.sum("resp_pkts")).item()
    assert packets + facts.bad_checksums + facts.unreadable + facts.lost_fragments <= both.flows["packets"].sum()
    assert packets > 0.95 * float(both.flows["packets"].sum())


def test_a_scan_reads_what_the_query_needs(busy: Path) -> None:
    scanned = wiretell.scan_connections(busy).filter(pl.col("conn_state") == "SF").select("uid", "orig_bytes").collect()
    expected = wiretell.read_connections(busy).filter(pl.col("conn_state") == "SF").select("uid", "orig_bytes")
    assert scanned.sort("uid").equals(expected.sort("uid"))
    assert wiretell.scan_connections(busy).head(3).collect().height == 3


def test_local_networks_tell_which_ends_are_local(capture: Path) -> None:
    frame = wiretell.read_connections(capture, MeterOptions(local_nets=("10.0.0.0/24", "2001:db8:1::/48")))
    found = dict(zip(frame["orig_h"], zip(frame["local_orig"], frame["local_resp"], strict=True), strict=True))
    assert found["10.0.0.1"] == (True, False)
    assert found["2001:db8::1"] == (False, True)


def test_a_network_that_is_none_is_one_error(capture: Path) -> None:
    with pytest.raises(UsageError, match=r"10\.0\.0\.0/99 is no network"):
        wiretell.read_connections(capture, MeterOptions(local_nets=("10.0.0.0/99",)))


def test_connections_of_sampled_packets_are_refused(capture: Path) -> None:
    with pytest.raises(UsageError, match="sample"):
        wiretell.read_connections(capture, MeterOptions(sample=0.5))


@pytest.mark.parametrize(
    "beyond",
    [
        {"protocols": frozenset({300})},
        {"max_flows": 2**70},
        {"max_connections": 2**70},
        {"interval_seconds": 1e300},
        {"interim_seconds": float("inf")},
        {"idle_timeout_seconds": 1e30},
        {"threads": 2**40},
        {"seed": -1},
        {"share": (0, 2**40)},
    ],
)
def test_options_beyond_what_the_meter_takes_are_refused(beyond: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(beyond))):
        MeterOptions(**beyond)


@pytest.mark.parametrize(
    ("apart", "rate"), [(0.000_02, None), (0.005, None), (0.04, 2000 * 8 / 0.04)], ids=["burst", "one flight", "longer"]
)
def test_what_goes_out_at_once_has_no_rate(tmp_path: Path, apart: float, rate: float | None) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(1.0, 0, 101, 501, PSH | ACK, bytes(1000))
    talk.say(1.0 + apart, 0, 1101, 501, PSH | ACK, bytes(1000))
    talk.say(1.02 + apart, 1, 501, 2101)
    frame = find_connections([str(write_pcap(tmp_path / "x.pcap", talk.frames))]).frame
    for name in ("throughput_bps", "goodput_bps"):
        assert frame[f"orig_{name}"].to_list() == [rate if rate is None else pytest.approx(rate)]


def test_a_wrong_checksum_is_left_out_unless_checksums_are_ignored(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    talk.say(0.1, 0, 101, 501, ACK, b"data")
    at, frame = talk.frames[3]
    talk.frames[3] = at, frame[:-1] + b"X"
    path = write_pcap(tmp_path / "bad.pcap", talk.frames)
    strict, lax = find_connections(path), find_connections(path, MeterOptions(ignore_checksums=True))
    assert strict.facts is not None
    assert strict.facts.connections is not None
    assert strict.facts.connections.bad_checksums == 1
    assert (strict.frame["orig_bytes"].item(), lax.frame["orig_bytes"].item()) == (0, 4)
    assert (strict.frame["history"].item(), lax.frame["history"].item()) == ("ShAC", "ShAD")


def test_a_long_connection_gives_a_row_each_interval(tmp_path: Path) -> None:
    talk = Talk()
    talk.handshake()
    for second in range(1, 40):
        talk.say(float(second), 0, 101 + second - 1, 501, ACK, b"x")
    path = write_pcap(tmp_path / "long.pcap", talk.frames)
    frame = wiretell.read_connections(path, MeterOptions(interim_seconds=10)).sort("duration")
    assert frame["uid"].n_unique() == 1
    assert frame["interim"].to_list() == [True] * (frame.height - 1) + [False]
    assert frame.height >= 4
    assert frame["orig_pkts"].to_list() == sorted(frame["orig_pkts"].to_list())


def test_windows_in_which_few_of_many_connections_go_on_take_no_longer_for_the_others(tmp_path: Path) -> None:
    many = (
        (0.0, udp_packet(f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}", "192.0.2.1", dst_port=9)) for at in range(120_000)
    )
    one = [(0.001 * at, udp_packet("10.9.0.1", "192.0.2.1", dst_port=9)) for at in range(1, 30_000)]
    path = write_pcap(tmp_path / "many.pcap", [*many, *one])
    began = process_time()
    frame = wiretell.read_connections(path, MeterOptions(interim_seconds=0.001, threads=1))
    assert frame.height == 2 * 120_000 + 29_999
    # Looked at in each window, all of them took ten seconds and more.
    assert process_time() - began < 5


def test_a_log_gives_the_same_columns_with_null_for_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "conn.log"
    path.write_text(tsv([ROW]))
    frame = wiretell.read_connections(path)
    assert frame.schema == polars_schema(CONNECTIONS)
    row = frame.row(0, named=True)
    assert row["conn_state"] == "SF"
    assert all(row[name] is None for name in CONNECTIONS.names if name not in CONN_LOG)


def test_captures_and_logs_may_be_read_together(capture: Path, tmp_path: Path) -> None:
    log = tmp_path / "conn.log"
    log.write_text(tsv([ROW]))
    found = find_connections([capture, log])
    assert found.frame.height == 5
    assert found.facts is not None
    assert found.log_facts is not None


def test_parquet_comes_back_as_it_was(capture: Path, tmp_path: Path) -> None:
    frame = wiretell.read_connections(capture)
    frame.write_parquet(tmp_path / "connections.parquet")
    assert same(frame, wiretell.read_connections(tmp_path / "connections.parquet"))


def test_a_table_of_something_else_is_one_error(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises((UsageError, InputError)):
        wiretell.read_connections(tmp_path / "other.parquet")


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_timers_count_from_packets_of_any_thread(tmp_path: Path, threads: int) -> None:
    """Name servers are asked again after 8 s and 9.5 s: a timer looks at each after 10 s, in the middle of a pause."""
    frames = [
        (number * 0.37 + pause, udp_packet(f"10.0.0.{number + 1}", f"10.9.0.{number % 5 + 1}"))
        for number in range(30)
        for pause in (0, 8, 17.5)
    ]
    path = write_pcap(tmp_path / "dns.pcap", sorted(frames))
    one, more = (wiretell.read_connections(path, MeterOptions(threads=many)) for many in (1, threads))
    assert one.height < 60
    assert same(one, more)
