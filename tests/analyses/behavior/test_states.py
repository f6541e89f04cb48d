"""Step 3: dominant states."""

from __future__ import annotations

from typing import Any

import pytest

from wiretell.analyses.behavior import behavior

from .flows import NOON, flow, host, rows, table

ME = "192.0.2.1"


def states_of(result: Any, key: str, dimension: str = "src_ip") -> dict[str, dict[str, Any]]:
    return {r["state"]: r for r in rows(result.states) if r["key"] == key and r["dimension"] == dimension}


def test_the_seeds_example_is_one_state(engine: Any) -> None:
    scans = [flow(ME, host(i), 220, 6129, packets=1) for i in range(1225)]
    rest = [flow(ME, host(i, 11), 2000 + i, 50_000 + i) for i in range(25)]
    found = states_of(behavior(engine(table(scans + rest))), ME)
    assert set(found) == {"⟨*, *, *⟩", "⟨220, *, *⟩", "⟨220, 6129, *⟩"}
    assert found["⟨220, 6129, *⟩"]["share"] == pytest.approx(0.98)
    assert (found["⟨220, 6129, *⟩"]["depth"], found["⟨220, 6129, *⟩"]["dst_port"]) == (2, 6129)


def test_all_branches_are_kept(engine: Any) -> None:
    flows = [flow(ME, host(1 + i % 2), 1024 + i, (80, 443)[i % 2]) for i in range(400)]
    found = states_of(behavior(engine(table(flows))), ME)
    assert set(found) == {
        "⟨*, *, *⟩", "⟨*, 80, *⟩", "⟨*, 443, *⟩", "⟨*, 80, 10.0.0.1⟩", "⟨*, 443, 10.0.0.2⟩",
    }  # fmt: skip
    assert found["⟨*, 80, 10.0.0.1⟩"]["flows"] == 200


def test_a_cluster_of_one_kind_of_flow_is_fixed_to_the_end(engine: Any) -> None:
    flows = [flow(ME, host(1), 5000, 80, start=NOON) for _ in range(7)]
    (deepest,) = [row for row in states_of(behavior(engine(table(flows))), ME).values() if row["depth"] == 3]
    assert (deepest["src_port"], deepest["dst_port"], deepest["dst_ip"]) == (5000, 80, "10.0.0.1")
    assert deepest["share"] == 1.0


def test_icmp_takes_part_with_port_zero_and_ipv6_as_any_address(engine: Any) -> None:
    pings = [flow("2001:db8::1", f"2001:db8::2:{i:x}", 128, 0, protocol=58, packets=1) for i in range(300)]
    found = states_of(behavior(engine(table(pings))), "2001:db8::1")
    assert "⟨0, 0, *⟩" in found
