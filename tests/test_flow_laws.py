"""Laws of the flows table: whatever the windows, shares and threads, the packets are the same."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.captures import Sent, capture_of
from tests.oracle.shared import shared_data
from wiretell.schema import FLOWS
from wiretell.sources.capture import meter_flows, read_flows
from wiretell.sources.meter_options import MeterOptions

DATA = shared_data()
KEY = ["src_ip", "dst_ip", "src_port", "dst_port", "protocol"]
SUMS = ["packets", "bytes", "payload_bytes", "bytes_squared", "fragments"]
SHARES = (1, 2, 3, 7, 64)
REAL = [
    "attack/stopddos/amp.dns.RRSIG.fragmented.pcap",
    "attack/elcabezzonn/_history/chip_host_signin.pcap",
    "attack/markofu/PracticalPacketAnalysis/ppa-capture-files/ipfragments.pcap",
    "pcap/arkime/v6.pcap",
    "pcap/arkime/socks5-http-302-frag.pcap",
]

hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.7", "2001:db8::1", "2001:db8::2"])
packets = st.lists(
    st.builds(
        Sent,
        time_ns=st.integers(0, 400 * 10**9).map(lambda offset: 1_600_000_000 * 10**9 + offset),
        src=hosts,
        dst=hosts,
        protocol=st.sampled_from([1, 6, 17, 47, 132]),
        src_port=st.integers(0, 3),
        dst_port=st.integers(0, 3),
        payload=st.integers(0, 60),
        flags=st.integers(0, 255),
    ),
    max_size=40,
)


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> Path:
    path = DATA / str(request.param)
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return path


def totals(flows: pl.DataFrame, by: list[str]) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Sums by key; the union of the flags; the first and the last time."""
    sums = flows.group_by(by).agg(
        *(pl.col(name).sum() for name in SUMS),
        pl.col("tcp_flags").bitwise_or(),
        pl.col("start").min(),
        pl.col("end").max(),
    )
    return {row[: len(by)]: row[len(by) :] for row in sums.rows()}


def table(flows: pl.DataFrame) -> Counter[tuple[object, ...]]:
    """The rows in whatever order."""
    return Counter(flows.rows())


def check_windows(path: Path, interval: float) -> None:
    whole = read_flows(path)
    cut = read_flows(path, MeterOptions(interval_seconds=interval))
    assert totals(cut, KEY) == totals(whole, KEY)
    step = round(interval * 1_000_000)
    starts = cut.get_column("window").dt.epoch("us")
    assert (starts % step == 0).all()
    assert (cut.get_column("start").dt.epoch("us") >= starts).all()
    assert (cut.get_column("end").dt.epoch("us") < starts + step).all()
    assert whole.get_column("window").null_count() == whole.height


@pytest.mark.parametrize("interval", [0.001, 0.5, 1.0, 7.0, 60.0, 3600.0, 86400.0])
def test_windows_of_any_width_add_up_to_the_whole(real: Path, interval: float) -> None:
    check_windows(real, interval)


@pytest.mark.parametrize("of", SHARES)
def test_shares_together_give_the_same_table(real: Path, of: int) -> None:
    whole = read_flows(real)
    parts = [read_flows(real, MeterOptions(share=(index, of))) for index in range(of)]
    assert table(pl.concat(parts)) == table(whole)


def test_both_directions_and_all_ports_of_two_hosts_are_in_one_share(real: Path) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for index in range(7):
        for row in read_flows(real, MeterOptions(share=(index, 7))).select("src_ip", "dst_ip").iter_rows():
            assert seen.setdefault(tuple(sorted(row)), index) == index


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_threads_do_not_change_the_table(real: Path, threads: int) -> None:
    options = MeterOptions(interval_seconds=10, threads=threads)
    assert table(read_flows(real, options)) == table(read_flows(real, MeterOptions(interval_seconds=10, threads=1)))


@pytest.mark.parametrize("room", [1, 2, 10])
def test_eviction_is_counted_and_loses_nothing(real: Path, room: int) -> None:
    whole = totals(read_flows(real), KEY)
    tight = meter_flows(real, MeterOptions(max_flows=room, threads=1, idle_timeout_seconds=1e9))
    assert totals(tight.flows, KEY) == whole
    assert tight.facts.evicted == tight.flows.filter(pl.col("end_reason") == 5).height
    assert (tight.facts.evicted > 0) == (len(whole) > room)


def test_a_flow_is_cut_at_every_pause_that_is_longer_than_the_idle_timeout(real: Path) -> None:
    for idle in (0.01, 1.0, 60.0):
        flows = read_flows(real, MeterOptions(idle_timeout_seconds=idle)).sort([*KEY, "start"])
        pause = (pl.col("start") - pl.col("end").shift(1).over(KEY)).dt.total_microseconds()
        assert (flows.select(pause.alias("pause")).get_column("pause").drop_nulls() >= idle * 1_000_000).all()


def test_the_table_adds_up_to_the_facts(real: Path) -> None:
    metered = meter_flows(real)
    assert metered.flows.get_column("packets").sum() == metered.facts.ip_packets
    assert metered.flows.get_column("bytes").sum() == metered.facts.ip_bytes
    assert metered.facts.ip_packets == metered.facts.networks.get("ipv4", 0) + metered.facts.networks.get("ipv6", 0)
    assert sum(metered.facts.packet_sizes.values()) == metered.facts.ip_packets
    assert sum(size * count for size, count in metered.facts.packet_sizes.items()) == metered.facts.ip_bytes
    assert sum(count for _, count, _ in metered.facts.timeline.bins) == metered.facts.ip_packets
    assert sum(octets for _, _, octets in metered.facts.timeline.bins) == metered.facts.ip_bytes
    fragments = metered.facts.fragments_first + metered.facts.fragments_later
    assert metered.flows.get_column("fragments").sum() == fragments
    squares = sum(size * size * count for size, count in metered.facts.packet_sizes.items())
    assert metered.flows.get_column("bytes_squared").sum() == pytest.approx(squares)


def test_reading_twice_gives_the_same_rows(real: Path) -> None:
    assert table(read_flows(real)) == table(read_flows(real))
    alone = MeterOptions(threads=1)
    assert read_flows(real, alone).equals(read_flows(real, alone))


def test_a_capture_given_twice_counts_twice(real: Path) -> None:
    once, twice = meter_flows(real), meter_flows([real, real])
    assert twice.facts.read == 2 * once.facts.read
    assert twice.facts.ip_bytes == 2 * once.facts.ip_bytes
    assert twice.flows.get_column("packets").sum() == 2 * once.flows.get_column("packets").sum()


def test_sampling_keeps_or_counts_every_packet(real: Path) -> None:
    sampled = meter_flows(real, MeterOptions(sample=0.3, seed=5))
    assert sampled.flows.get_column("packets").sum() + sampled.facts.sampled_out == sampled.facts.ip_packets
    assert 0 < sampled.facts.sampled_out < sampled.facts.ip_packets
    again = meter_flows(real, MeterOptions(sample=0.3, seed=5, threads=1))
    assert table(again.flows) == table(sampled.flows)


def test_the_protocol_filter_keeps_or_counts_every_packet(real: Path) -> None:
    whole = read_flows(real)
    for protocol in whole.get_column("protocol").unique():
        kept = meter_flows(real, MeterOptions(protocols=frozenset({protocol})))
        assert table(kept.flows) == table(whole.filter(pl.col("protocol") == protocol))
        assert kept.flows.get_column("packets").sum() + kept.facts.filtered == kept.facts.ip_packets


@settings(max_examples=150, deadline=None)
@given(sent=packets, interval=st.sampled_from([0.25, 1.0, 3.0, 60.0, 300.0]), of=st.sampled_from(SHARES))
def test_made_up_packets_are_all_there(
    tmp_path_factory: pytest.TempPathFactory, sent: list[Sent], interval: float, of: int
) -> None:
    path = capture_of(sent, tmp_path_factory.getbasetemp() / "made.pcap")
    metered = meter_flows(path)
    expected: Counter[tuple[object, ...]] = Counter()
    octets: Counter[tuple[object, ...]] = Counter()
    for packet in sent:
        expected[packet.key] += 1
        octets[packet.key] += packet.ip_length
    flows = metered.flows.group_by(KEY).agg(pl.col("packets").sum(), pl.col("bytes").sum())
    assert {row[:5]: row[5] for row in flows.rows()} == expected
    assert {row[:5]: row[6] for row in flows.rows()} == octets
    assert metered.flows.columns == list(FLOWS.names)
    check_windows(path, interval)
    parts = [read_flows(path, MeterOptions(share=(index, of))) for index in range(of)]
    assert table(pl.concat(parts)) == table(metered.flows)


def oracle_tables() -> list[str]:
    """Captures with a table of per-direction counts beside them."""
    if not DATA.is_dir():
        return []
    found = sorted([*DATA.rglob("*.oracle.flows.tsv"), *DATA.rglob("*.oracle.flows.tsv.gz")])
    return [str(path.relative_to(DATA)) for path in found]


Directed = Counter[tuple[str, str, str, str, str]]
"""Packets by source, destination, ports and protocol, as text."""


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
def test_packets_per_flow_are_those_of_the_oracle_tables() -> None:
    tables = oracle_tables()
    wrong = {}
    for name in tables:
        theirs = read_oracle(DATA / name)
        ours = directed(read_flows(DATA / name.removesuffix(".gz").removesuffix(".oracle.flows.tsv")))
        optioned = {key[:2] for key in theirs if key[4] == "0"}
        theirs, ours = without_protocol(theirs, optioned), without_protocol(ours, optioned)
        if ours != theirs:
            wrong[name] = {key: (ours[key], theirs[key]) for key in ours | theirs if ours[key] != theirs[key]}
    assert len(tables) > 100
    assert not wrong


def directed(flows: pl.DataFrame) -> Directed:
    """The flows as the oracle tables write them: no ports for what is neither TCP, UDP nor SCTP."""
    counts: Directed = Counter()
    for src, dst, src_port, dst_port, protocol, packets in flows.select(*KEY, "packets").iter_rows():
        has_ports = protocol in (6, 17, 132) and (src_port, dst_port) != (0, 0)
        ports = (str(src_port), str(dst_port)) if has_ports else ("", "")
        counts[src, dst, *ports, str(protocol)] += packets
    return counts


def without_protocol(counts: Directed, pairs: set[tuple[str, str]]) -> Directed:
    """Drops the protocol between hosts where the oracle wrote the first IPv6 extension header in its place."""
    merged: Directed = Counter()
    for key, packets in counts.items():
        plain = key[:2] in pairs and key[2:4] == ("", "")
        merged[(*key[:4], "" if plain else key[4])] += packets
    return merged


def read_oracle(path: Path) -> Directed:
    """Frames by source, destination, ports and protocol as tshark saw them."""
    counts: Directed = Counter()
    octets = path.read_bytes()
    text = (gzip.decompress(octets) if path.suffix == ".gz" else octets).decode()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        _, protocol, src, src_port, dst, dst_port, frames, *_ = line.split("\t")
        if src != "-":
            counts[src, dst, src_port, dst_port, protocol] += int(frames)
    return counts
