"""The profiling-aware filter: what is thinned is counted, the bound holds, and nothing is thinned without need."""

from __future__ import annotations

from collections import Counter
from math import log
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.captures import Sent, capture_of
from tests.test_flow_laws import packets
from wiretell import _native
from wiretell.analyses.behavior import behavior
from wiretell.errors import UsageError
from wiretell.schema import CLUSTER_COUNTS, FLOWS
from wiretell.sources.capture import Metered, meter_flows
from wiretell.sources.meter_options import MeterOptions

START_NS = 1_600_000_000 * 10**9
WINDOW_NS = 300 * 10**9
NO_PORTS = [1, 47, 58]
WINDOW = 300.0
SUMS = ["packets", "bytes"]
TUPLE = ["src_ip", "dst_ip", "src_port", "dst_port", "protocol"]


@pytest.fixture(scope="module")
def flood(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surge of a hundred times the flow rate of the mix that it hits."""
    path = tmp_path_factory.mktemp("surge") / "surge.pcap"
    options = {"seed": 5, "packets": 40_000, "rate": 1.0, "duration": 290.0, "snaplen": 96, "scenario": "surge"}
    _native.synthesize(str(path), None, **options, surge_factor=100, start_ns=1_735_689_600 * 10**9)  # type: ignore[arg-type]
    return path


def metered(path: Path, keep: int | None = None, **others: object) -> Metered:
    options = MeterOptions(interval_seconds=WINDOW, keep_flows=keep, **{"threads": 1, **others})  # type: ignore[arg-type]
    return meter_flows(path, options)


def table(flows: pl.DataFrame) -> Counter[tuple[object, ...]]:
    """The rows in whatever order."""
    return Counter(flows.rows())


def assert_adds_up(whole: Metered, kept: Metered) -> None:
    """Packets and bytes of each window are those of the rows and those that are said to be thinned."""
    thinned = {window.window_ns: window for window in kept.facts.thinned}
    sums = pl.col(*SUMS).sum()
    rows = {row[0]: row[1:] for row in kept.flows.group_by("window").agg(sums).rows()}
    for window, *totals in whole.flows.group_by("window").agg(sums).rows():
        said = thinned.get(round(window.timestamp()) * 10**9)
        away = (said.thinned_packets, said.thinned_bytes) if said else (0, 0)
        assert tuple(a + b for a, b in zip(rows.get(window, (0, 0)), away, strict=True)) == tuple(totals)
        if said:
            assert (said.kept_packets, said.kept_bytes) == rows.get(window, (0, 0))


@given(sent=packets)
@settings(deadline=None, max_examples=15)
def test_below_the_low_watermark_the_table_is_the_same(
    sent: list[Sent], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = capture_of(sent, tmp_path_factory.mktemp("low") / "sent.pcap")
    kept = metered(path, 1000)
    assert table(kept.flows) == table(metered(path).flows)
    assert kept.facts.thinned == ()
    assert kept.cluster_counts.is_empty()
    assert kept.cluster_counts.columns == list(CLUSTER_COUNTS.names)


@given(sent=packets, keep=st.integers(1, 12), seed=st.integers(0, 2**64 - 1), uniformly=st.booleans())
@settings(deadline=None, max_examples=40)
def test_kept_and_thinned_are_all(
    sent: list[Sent], keep: int, seed: int, uniformly: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = capture_of(sent, tmp_path_factory.mktemp("all") / "sent.pcap")
    kept = metered(path, keep, seed=seed, keep_uniformly=uniformly)
    assert_adds_up(metered(path), kept)
    assert kept.facts.flow_room is not None
    assert kept.facts.flow_room.flows <= keep
    rows = dict(kept.flows.group_by("window").len().rows())
    for thinned in kept.facts.thinned:
        window = next((each for each in rows if round(each.timestamp()) * 10**9 == thinned.window_ns), None)
        assert rows.get(window, 0) == thinned.kept_flows <= keep
        assert thinned.rounds > 0
    assert (kept.flows["sampling"] >= 1).all()


@pytest.mark.parametrize("keep", [1, 1500])
@pytest.mark.parametrize("others", [{}, {"seed": 3}, {"keep_uniformly": True}, {"keep_low": 0.2}])
def test_a_surge_adds_up_and_stays_in_its_bound(flood: Path, keep: int, others: dict[str, object]) -> None:
    whole, kept = metered(flood), metered(flood, keep, **others)
    assert_adds_up(whole, kept)
    assert kept.facts.flow_room is not None
    assert kept.facts.flow_room.flows <= keep
    assert kept.facts.flow_room.table_bytes < max(keep, 1024) * 400
    for said in kept.facts.thinned:
        own = whole.flows.filter(pl.col("window").dt.epoch("ns") == said.window_ns)
        low, high = own.select(TUPLE).n_unique(), own.height
        assert low - said.flows_error <= said.kept_flows + said.thinned_flows <= high + said.flows_error
        assert said.flows_error < 0.05 * high


def test_flows_are_thinned_in_one_thread() -> None:
    with pytest.raises(UsageError, match="one thread"):
        MeterOptions(keep_flows=100, threads=2)


def test_the_rows_stand_for_all_flows(flood: Path) -> None:
    whole, kept = metered(flood), metered(flood, 2000)
    first = pl.col("window") == pl.col("window").min()
    rows = kept.flows.filter(first)
    assert rows.height <= 2000
    weights, every = rows["sampling"], whole.flows.filter(first).height
    deviation = float((weights * (weights - 1)).sum()) ** 0.5
    assert deviation < 0.06 * every
    assert weights.sum() == pytest.approx(every, abs=4 * deviation)
    assert rows["sampling"].max() == kept.facts.thinned[0].most_weight
    everything = whole.flows.select(FLOWS.names[:-1])
    assert rows.select(FLOWS.names[:-1]).join(everything, on=FLOWS.names[:8], how="anti", nulls_equal=True).is_empty()


def test_the_same_flows_are_kept_every_time_and_others_by_another_seed(flood: Path) -> None:
    once, again, other = (metered(flood, 1500, seed=seed) for seed in (1, 1, 2))
    assert once.flows.equals(again.flows)
    assert once.cluster_counts.equals(again.cluster_counts)
    assert once.facts.thinned == again.facts.thinned
    assert table(once.flows) != table(other.flows)


def test_a_late_packet_of_a_thinned_window_is_thinned(tmp_path: Path) -> None:
    def udp(second: int, port: int) -> Sent:
        return Sent(START_NS // WINDOW_NS * WINDOW_NS + second * 10**9, "10.0.0.1", "10.0.0.2", 17, port, 9, 4)

    early = [udp(0, port) for port in range(50)]
    path = capture_of([*early, udp(300, 1), udp(20, 1), udp(301, 1), udp(-20, 1)], tmp_path / "sent.pcap")
    kept = metered(path, 10)
    assert_adds_up(metered(path), kept)
    assert [each.window_ns == early[0].time_ns for each in kept.facts.thinned] == [True]
    assert sorted(kept.flows.group_by("window").len()["len"])[:2] == [1, 1]


def test_shares_thin_apart_and_add_up(flood: Path) -> None:
    parts = [metered(flood, 700, share=(index, 3)) for index in range(3)]
    whole = metered(flood)
    for name, away in (("packets", "thinned_packets"), ("bytes", "thinned_bytes")):
        kept = sum(part.flows[name].sum() for part in parts)
        thinned = sum(getattr(window, away) for part in parts for window in part.facts.thinned)
        assert kept + thinned == whole.flows[name].sum()


@pytest.mark.parametrize("keep", [300, 3000])
def test_true_counts_are_those_of_all_flows_within_their_error(flood: Path, keep: int) -> None:
    kept = metered(flood, keep)
    counts = kept.cluster_counts
    portless = pl.col("protocol").is_in(NO_PORTS)
    port = {
        name: pl.when(portless).then(0).otherwise(pl.col(name)).cast(pl.String) for name in ("src_port", "dst_port")
    }
    flows = metered(flood).flows.with_columns(**port)
    assert set(counts["dimension"]) == {"src_ip", "dst_ip", "src_port", "dst_port"}
    for (window, dimension), rows in counts.group_by("window", "dimension"):
        own = flows.filter(pl.col("window") == window)
        true = own.group_by(key=pl.col(str(dimension))).agg(
            n=pl.len().cast(pl.Int64),
            unique=pl.struct(TUPLE).n_unique().cast(pl.Int64),
            all_packets=pl.col("packets").sum(),
        )
        listed = rows.filter(pl.col("key").is_not_null()).join(true, on="key", how="left")
        assert listed["n"].null_count() == 0
        # A thinned flow that pauses for longer than the idle timeout counts once.
        flows_at, error = pl.col("flows"), pl.col("flows_error")
        assert listed.filter((flows_at > pl.col("n") + error) | (flows_at < pl.col("unique") - error)).is_empty()
        assert listed.filter(error > 20 + flows_at // 2).is_empty()
        exact = listed.filter((pl.col("flows_error") == 0) & (pl.col("flows") == pl.col("n")))
        assert (exact["packets"] == exact["all_packets"]).all()
        assert (listed["packets"] <= listed["all_packets"]).all()
        told = {each.window_ns: each.flows_error for each in kept.facts.thinned}
        paused = own.height - own.select(TUPLE).n_unique()
        start_ns: int = own["window"].dt.epoch("ns").to_list()[0]
        assert abs(int(rows["flows"].sum()) - own.height) <= told[start_ns] + paused
        assert rows["packets"].sum() == own["packets"].sum()
        assert rows["values"].sum() == pytest.approx(true.height, rel=0.25)


def test_a_cluster_that_matters_keeps_its_flows_beside_a_flood_of_its_port(tmp_path: Path) -> None:
    def syn(number: int, src: str, dst: str, port: int) -> Sent:
        return Sent(START_NS + number * 10_000_000, src, dst, 6, port, 80, 0, 2)

    quiet = [syn(12 * n + 5, "10.9.9.9", f"192.0.2.{n % 250}", 20_000 + n) for n in range(300)]
    noise = [syn(n, f"10.{n >> 8}.{n & 255}.1", "198.51.100.1", 1024 + 7 * n % 60_000) for n in range(4000)]
    path = capture_of(sorted([*quiet, *noise], key=lambda sent: sent.time_ns), tmp_path / "sent.pcap")
    kept = metered(path, 1500)
    own = kept.flows.filter(pl.col("src_ip") == "10.9.9.9")
    assert (own.height, own["sampling"].max()) == (300, 1)
    rest = kept.flows.filter(pl.col("src_ip") != "10.9.9.9")
    assert rest.height <= 1200
    assert rest["sampling"].sum() == pytest.approx(4000, rel=0.1)
    by = {"keep_uniformly": True}
    assert metered(path, 1500, **by).flows.filter(pl.col("src_ip") == "10.9.9.9").height < 200
    classes = [
        {
            (row["dimension"], row["key"]): row["behavior_class"]
            for row in pl.DataFrame(behavior(each.flows, counts=each.cluster_counts).clusters).to_dicts()
        }
        for each in (metered(path), kept)
    ]
    assert classes[0] == classes[1]
    assert ("src_ip", "10.9.9.9") in classes[0]


def test_spreads_of_large_clusters_are_those_of_all_flows_within_their_error(flood: Path) -> None:
    whole, kept = metered(flood), metered(flood, 2000)
    ports = pl.col("protocol").is_in(NO_PORTS).not_()
    every = whole.flows.with_columns(
        pl.when(ports).then(pl.col(name)).otherwise(0).alias(name) for name in ("src_port", "dst_port")
    )
    told = kept.cluster_counts.filter(pl.col("spread_flows") >= 0.9 * pl.col("flows"), pl.col("flows") >= 200)
    assert told.height > 10
    seen = 0
    for row in told.to_dicts():
        own = every.filter(
            pl.col("window") == row["window"], pl.col(row["dimension"]).cast(pl.String) == pl.lit(row["key"])
        )
        for free in ("src_ip", "dst_ip", "src_port", "dst_port"):
            if free == row["dimension"]:
                assert row[f"entropy_{free}"] is row[f"distinct_{free}"] is None
                continue
            counts = own.group_by(free).len()["len"].to_list()
            entropy = log(own.height) - sum(n * log(n) for n in counts) / own.height
            # What is missing of the flows, up to a tenth, may be of one value.
            assert row[f"entropy_{free}"] == pytest.approx(entropy, abs=row["entropy_error"] + 0.25), (row, free)
            seen += 1
    assert seen == 3 * told.height
