"""Each defect of trace-summary 0.94, mended: one test per defect, under its number in the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hand_made import T0_US, connection, connections, flow, flows, udp_packet, write_pcap
from wiretell.analyses.summary_options import SummaryOptions
from wiretell.reports.r_tables import write_r_tables
from wiretell.reports.summary_json import document
from wiretell.reports.summary_result import SummaryResult, summary_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MINUTE = 60_000_000
HEADER = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
FIELDS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `wiretell` in a folder of its own."""

    def command(*arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wiretell", *arguments],
            input=stdin, cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return command


def summary(table: Any, **options: Any) -> SummaryResult:
    return summary_of(table, SummaryOptions(**options), inputs=["hand made"])


def total(result: SummaryResult, *block: Any) -> dict[str, Any]:
    found = result.total(*block)
    assert found is not None
    return found


def conn_log(*rows: str) -> str:
    return (
        HEADER + "#fields\t" + FIELDS.replace(" ", "\t") + "\n" + "".join(row.replace(" ", "\t") + "\n" for row in rows)
    )


def as_json(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_defect_01_packets_with_the_dont_fragment_bit_are_no_fragments(run: Run, tmp_path: Path) -> None:
    frames = [udp_packet("10.0.0.1", "10.0.0.2", flags=2)] * 3 + [udp_packet("10.0.0.1", "10.0.0.2", flags=1)]
    write_pcap(tmp_path / "df.pcap", [(index, frame) for index, frame in enumerate(frames)])
    found = as_json(run("summary", "--json", "df.pcap"))
    assert found["total"]["totals"]["fragments"] == 1
    assert found["facts"]["dont_fragment"] == 3


def test_defect_02_ipv6_packets_have_their_addresses_ports_and_protocol(run: Run, tmp_path: Path) -> None:
    write_pcap(tmp_path / "six.pcap", [(0, udp_packet("2001:db8::1", "2001:db8::2"))])
    found = as_json(run("summary", "--json", "six.pcap"))["total"]
    keys = {name: [row["key"] for row in rows] for name, rows in found["breakdowns"].items()}
    assert (keys["sources"], keys["destinations"]) == (["2001:db8::1"], ["2001:db8::2"])
    assert (keys["ports"], keys["protocols"], found["totals"]["fragments"]) == (["53"], ["udp"], 0)


def test_defect_03_port_shares_add_up_to_one() -> None:
    table = flows(flow(dst_port=80), flow(src_port=5353, dst_port=5353, protocol=17), flow(protocol=1, src_port=8))
    shares = [row["share"] for row in summary(table).breakdown("port")]
    assert sum(shares) == pytest.approx(1.0)
    assert max(shares) <= 1.0


def test_defect_03_the_view_of_either_end_counts_a_flow_once_per_port() -> None:
    rows = summary(flows(flow(src_port=5353, dst_port=5353, protocol=17)), any_port=True).breakdown("port_any")
    assert [(row["key"], row["share"]) for row in rows] == [("5353", 1.0)]


def test_defect_04_a_fast_connection_keeps_its_bytes_and_header_and_table_agree() -> None:
    table = connections(connection(lasts=1.0, orig_bytes=0, resp_bytes=1_250_000_000))
    result = summary(table, unit="payload")
    assert total(result)["payload_bytes"] == 1_250_000_000
    assert sum(row["payload_bytes"] for row in result.breakdown("port")) == 1_250_000_000


def test_defect_05_a_long_connection_is_spread_over_the_intervals_that_it_touches() -> None:
    long = connection(lasts=3600.0, orig_bytes=0, resp_bytes=3_600_001, orig_pkts=0, resp_pkts=36)
    result = summary(connections(long), interval_us=10 * MINUTE)
    payloads = [total(result, "total", None, window)["payload_bytes"] for window in result.windows]
    assert payloads == [600_000, 600_000, 600_000, 600_000, 600_000, 600_001]
    assert [total(result, "total", None, window)["connections"] for window in result.windows] == [1, 0, 0, 0, 0, 0]


def test_defect_06_intervals_show_directions_in_every_output() -> None:
    table = flows(flow(window=0), flow("9.9.9.9", "10.0.0.1", 443, 40000, at=60, window=60))
    result = summary(table, interval_us=MINUTE, local={"10.0.0.0/8": ""}, cut=True)
    first, second = document(result)["intervals"]
    assert first["directions"]["outgoing"]["totals"]["packets"] == 10
    assert first["directions"]["incoming"]["totals"]["packets"] == 0
    assert second["directions"]["incoming"]["totals"]["packets"] == 10


def test_defect_07_internal_and_transit_are_directions_and_parents_of_nested_networks_count() -> None:
    table = flows(flow("10.1.0.1", "10.2.0.1"), flow("8.8.8.8", "9.9.9.9"))
    result = summary(table, local={"10.0.0.0/8": "all", "10.1.0.0/16": "one"})
    assert total(result, "internal")["packets"] == total(result, "transit")["packets"] == 10
    assert result.total("outgoing") is None
    assert total(result, "network", "10.0.0.0/8")["packets"] == total(result, "network", "10.1.0.0/16")["packets"] == 10


def test_defect_08_a_connection_log_can_come_from_a_pipe(run: Run) -> None:
    log = conn_log("1700000000.0 C1 10.0.0.1 40000 10.0.0.2 80 tcp http 1.0 10 90 SF")
    found = as_json(run("summary", "-c", "--json", stdin=log))
    assert found["total"]["totals"]["connections"] == 1


def test_defect_09_r_tables_have_hosts_and_times_of_all_blocks(tmp_path: Path) -> None:
    result = summary(flows(flow()), local={"10.0.0.0/8": "", "10.1.0.0/16": ""})
    (path,) = write_r_tables(result, str(tmp_path / "tag"))
    header, *lines = (line.split() for line in path.read_text().splitlines())
    rows = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    for tag in ("total", "outgoing", "10.0.0.0/8"):
        assert (rows[tag]["srcs"], rows[tag]["dsts"]) == ("1", "1")
        assert float(rows[tag]["start"]) == T0_US / 1e6
        assert float(rows[tag]["end"]) == T0_US / 1e6 + 1
    assert (rows["10.1.0.0/16"]["start"], rows["10.1.0.0/16"]["count"]) == ("0.000000", "0")


def test_defect_10_ports_includes_only_the_ports_listed() -> None:
    table = flows(flow(dst_port=80), flow(dst_port=8080), flow(dst_port=443))
    result = summary(table, ports=frozenset({8080}))
    assert [row["key"] for row in result.breakdown("port")] == ["8080"]
    assert total(result)["packets"] == 10


def test_defect_10_sampling_takes_a_probability_and_says_so_of_anything_else(run: Run, tmp_path: Path) -> None:
    write_pcap(tmp_path / "one.pcap", [(0, udp_packet("10.0.0.1", "10.0.0.2"))])
    for wrong in ("0", "-1", "100"):
        result = run("summary", "-S", wrong, "one.pcap")
        assert (result.returncode, result.stdout) == (2, "")
        assert "probability" in result.stderr


def test_defect_10_the_list_of_pairs_without_local_end_has_as_many_as_asked_for() -> None:
    table = flows(*(flow(f"8.8.8.{index}", "9.9.9.9") for index in range(5)))
    assert len(summary(table, local={"10.0.0.0/8": ""}, top=3).breakdown("pair", "transit")) == 3


def test_defect_11_a_file_name_is_no_command(run: Run, tmp_path: Path) -> None:
    write_pcap(tmp_path / "a; touch owned ;.pcap", [(0, udp_packet("10.0.0.1", "10.0.0.2"))])
    found = as_json(run("summary", "--json", "a; touch owned ;.pcap"))
    assert found["total"]["totals"]["packets"] == 1
    assert not (tmp_path / "owned").exists()


def test_defect_12_times_do_not_depend_on_the_time_zone_of_the_machine(run: Run, tmp_path: Path) -> None:
    packet = udp_packet("10.0.0.1", "10.0.0.2")
    write_pcap(tmp_path / "times.pcap", [(0, packet), (10, packet), (20, packet)])
    arguments = ("summary", "-U", "2026-11-21-09-00-05", "-V", "2026-11-21-09-00-10", "times.pcap")
    outputs = [run(*arguments, TZ=zone).stdout for zone in ("UTC", "America/New_York", "Asia/Tokyo")]
    assert "1 packet " in outputs[0]
    assert outputs[0] == outputs[1] == outputs[2]
    zone = ("summary", "--json", "--tz", "America/New_York", "-V", "2026-11-21-04-00-10", "times.pcap")
    assert as_json(run(*zone))["total"]["totals"]["packets"] == 2


def test_defect_13_a_hundred_thousand_connections_are_read_whole(run: Run, tmp_path: Path) -> None:
    rows = "".join(
        f"17000{index:05d}.0\tC{index}\t10.0.{index % 200}.1\t4000\t10.1.0.{index % 9}\t443\ttcp\t-\t1.0\t10\t90\tSF\n"
        for index in range(100_000)
    )
    (tmp_path / "conn.log").write_text(conn_log() + rows)
    found = as_json(run("summary", "--json", "conn.log"))
    assert found["total"]["totals"]["connections"] == 100_000


def test_defect_14_json_and_csv_say_what_the_text_says(run: Run, tmp_path: Path) -> None:
    write_pcap(tmp_path / "one.pcap", [(0, udp_packet("10.0.0.1", "10.0.0.2"))])
    assert as_json(run("summary", "--json", "one.pcap"))["total"]["breakdowns"]["services"][0]["key"] == "dns"
    csv = run("summary", "--csv", "-", "one.pcap").stdout.splitlines()
    assert csv[0].startswith("window,scope,network,breakdown,rank,key")
    assert any(line.startswith(",total,,service,1,dns,") for line in csv)
    assert "dns" in run("summary", "one.pcap").stdout


def test_defect_15_pairs_distinct_counts_and_percentiles_are_told() -> None:
    result = summary(flows(flow(), flow("93.184.216.34", "10.0.0.1", 443, 40000, packets=2)))
    assert [(row["key"], row["peer"]) for row in result.breakdown("pair")] == [("10.0.0.1", "93.184.216.34")]
    assert (total(result)["hosts"], total(result)["pairs"]) == (2, 1)
    assert result.sizes["flow_packets"] == {0: 2, 5: 2, 25: 2, 50: 2, 75: 10, 95: 10, 99: 10, 100: 10}
