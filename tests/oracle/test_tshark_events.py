"""What tshark's fields say of captures, and what events say: the same, or a difference that stands in a file with its reason."""

from __future__ import annotations

from pathlib import Path

from tests.oracle.tshark_compared import DIFFERENCES, differences


def test_events_say_what_tshark_says_or_a_reason_why_not(shared_data: Path) -> None:
    facts, lines = differences(shared_data)
    golden = DIFFERENCES.read_text(encoding="utf-8").splitlines()
    assert golden[0] == f"# of {facts} facts that tshark tells, these differ:"
    listed = {tuple(line.split("\t")[:2]): [int(n) for n in line.split("\t")[2:4]] for line in golden[2:]}
    for line in lines:
        capture, kind, missed, beyond, _ = line.split("\t")
        most = listed.get((capture, kind), [0, 0])
        assert int(missed) <= most[0], line
        assert int(beyond) <= most[1], line
    assert not [line for line in golden[2:] if line.endswith("\t")], "without a reason"
