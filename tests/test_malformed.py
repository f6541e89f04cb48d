"""Broken captures: every record is counted in one class, within bounds of time and memory."""

from __future__ import annotations

import json
import resource
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.captures import Sent, capture_of
from tests.hand_made import udp_packet
from tests.oracle.shared import capture_names, shared_data
from wiretell.errors import InputError
from wiretell.sources.capture import meter_flows
from wiretell.sources.meter_options import MeterOptions
from wiretell.sources.scan import scan_packets

DATA = shared_data()
BROKEN = ("proto_malformed/", "fuzz", "crash", "oobr", "asan", "trunc")
ADDRESS_SPACE = 4 << 30
RESIDENT = 400 << 20
SECONDS = 50
CHILD = """
import json, sys
from wiretell.errors import InputError
from wiretell.sources.capture import meter_flows
from wiretell.sources.meter_options import MeterOptions
wrong, seen, records = [], 0, 0
for path in map(str.strip, sys.stdin):
    for options in (MeterOptions(), MeterOptions(decap=True, vlan=True, interval_seconds=1, max_flows=3)):
        try:
            metered = meter_flows([path], options)
        except InputError:
            continue
        facts = metered.facts
        sums = (
            facts.decoded + facts.truncated + facts.ignored,
            sum(file.records for file in facts.files),
            sum(sum(file.link_types.values()) for file in facts.files),
            sum(facts.networks.values()),
        )
        packets = int(metered.flows.get_column("packets").sum())
        if set(sums) != {facts.read} or packets != facts.ip_packets:
            wrong.append([path, facts.read, *sums, packets, facts.ip_packets])
        records += facts.read
    seen += 1
# Not `ru_maxrss`, which begins with the peak of the process that started this one.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
json.dump({"wrong": wrong, "seen": seen, "records": records, "peak": peak}, sys.stdout)
"""


def limit() -> None:
    """Bounds of the child process."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
def test_counts_add_up_on_every_broken_capture_within_bounds() -> None:
    names = [name for name in capture_names(DATA) if any(word in name for word in BROKEN)]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input="\n".join(str(DATA / name) for name in names),
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * SECONDS,
        preexec_fn=limit,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said["wrong"] == []
    assert said["seen"] == len(names) > 500
    assert said["records"] > 10_000
    assert said["peak"] < RESIDENT


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    packets = [
        Sent(1_600_000_000_000_000_000, "10.0.0.1", "10.0.0.2", 6, 80, 1024, 3, 18),
        Sent(1_600_000_001_000_000_000, "2001:db8::1", "2001:db8::2", 17, 53, 53, 5),
        Sent(1_600_000_002_000_000_000, "10.0.0.1", "10.0.0.3", 1, 8, 0, 4),
        Sent(1_600_000_003_000_000_000, "2001:db8::1", "2001:db8::3", 132, 7, 9, 2),
    ]
    return capture_of(packets, tmp_path_factory.mktemp("mixed") / "mixed.pcap").read_bytes()


def test_every_truncation_of_a_mixed_capture_yields_the_records_before_the_cut(mixed: bytes, tmp_path: Path) -> None:
    ends = record_ends(mixed)
    path = tmp_path / "cut.pcap"
    for length in range(len(mixed)):
        path.write_bytes(mixed[:length])
        if length < 24:
            with pytest.raises(InputError):
                meter_flows(path)
            continue
        facts = meter_flows(path).facts
        whole = [end for end in ends if end <= length]
        assert facts.read == len(whole) == facts.decoded
        assert len(facts.files[0].warnings) == (length not in (24, *ends))


def record_ends(capture: bytes) -> list[int]:
    """Where each record of a little-endian pcap ends."""
    ends, at = [], 24
    while at < len(capture):
        at += 16 + int.from_bytes(capture[at + 8 : at + 12], "little")
        ends.append(at)
    return ends


def test_every_truncation_of_every_packet_is_counted_once(mixed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "snapped.pcap"
    start = 24
    for end in record_ends(mixed):
        header, packet = mixed[start : start + 16], mixed[start + 16 : end]
        for kept in range(len(packet)):
            snapped = header[:8] + kept.to_bytes(4, "little") + header[12:] + packet[:kept]
            path.write_bytes(mixed[:24] + snapped)
            metered = meter_flows(path, MeterOptions(decap=True))
            facts = metered.facts
            fixed = 20 if packet[0] >> 4 == 4 else 40
            assert (facts.read, facts.decoded + facts.truncated + facts.ignored) == (1, 1)
            assert facts.ip_packets == (kept >= fixed)
            assert facts.ip_bytes == (len(packet) if kept >= fixed else 0)
            assert facts.cut == 1
            assert metered.flows.get_column("packets").sum() == facts.ip_packets
            assert scan_packets(path).collect().height == 1
        start = end


def test_every_byte_of_a_mixed_capture_set_to_extremes_is_survived(mixed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bent.pcap"
    for at in range(len(mixed)):
        for value in (0x00, 0x7F, 0x80, 0xFF):
            path.write_bytes(mixed[:at] + bytes([value]) + mixed[at + 1 :])
            try:
                facts = meter_flows(path, MeterOptions(threads=1, decap=True)).facts
            except InputError:
                assert at < 24
                continue
            assert facts.read == facts.decoded + facts.truncated + facts.ignored


def test_times_that_no_clock_has_are_counted(tmp_path: Path) -> None:
    def block(kind: int, body: bytes) -> bytes:
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    packet = udp_packet("10.0.0.1", "10.0.0.2")
    padded = packet + bytes(-len(packet) % 4)
    blocks = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", 1, 0, 0))]
    for high in (0x60000, 0xFFFFFFFF):
        blocks.append(block(6, struct.pack("<IIIII", 0, high, 0, len(packet), len(packet)) + padded))
    path = tmp_path / "late.pcapng"
    path.write_bytes(b"".join(blocks))
    facts = meter_flows(path).facts
    assert facts.files[0].records == 2
    assert facts.files[0].warnings == ["1 × time of a packet before 1677 or after 2262, told as the nearest in between"]
