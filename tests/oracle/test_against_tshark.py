"""wiretell counts what tshark counts, on every capture in ../shared/data; each disagreement is named."""

from __future__ import annotations

import random
import shutil
from dataclasses import fields

import pytest

from tests.oracle import differences
from tests.oracle.golden import Golden, read_golden
from tests.oracle.shared import capture_names, shared_data
from tests.oracle.tshark import ask
from tests.oracle.wiretell_says import as_golden, metered_or_refused
from wiretell.sources.capture import Metered

DATA = shared_data()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
LIVE_SAMPLE = 25


def differing(ours: Golden, theirs: Golden) -> frozenset[str]:
    return frozenset(field.name for field in fields(Golden) if getattr(ours, field.name) != getattr(theirs, field.name))


def judge(theirs: Golden, metered: Metered | str, used: set[str]) -> str | None:
    """What is wrong with one capture; None when both agree or named differences cover exactly what differs."""
    if isinstance(metered, str):
        return f"wiretell refuses it: {metered}"
    ours = as_golden(theirs.name, metered, theirs)
    left = differing(ours, theirs)
    for kind in differences.KINDS:
        if left & kind.fields and kind.applies(ours, theirs):
            used.add(kind.name)
            left -= kind.fields
    named = differences.BY_NAME.get(theirs.name)
    if named is not None:
        if missing := named.fields - left:
            return f"named fields do not differ: {sorted(missing)}"
        used.add(theirs.name)
        left -= named.fields
    if not left:
        return None
    return "; ".join(f"{name}: {getattr(ours, name)} != tshark's {getattr(theirs, name)}" for name in sorted(left))


def test_every_capture_has_the_totals_of_tshark_or_a_named_difference() -> None:
    used: set[str] = set()
    wrong = {}
    for name, theirs in read_golden().items():
        if not (DATA / name).is_file():
            continue  # the next test tells
        verdict = judge(theirs, metered_or_refused(DATA / name), used)
        if verdict is not None:
            wrong[name] = verdict
    named = differences.BY_NAME.keys() | {kind.name for kind in differences.KINDS}
    needless = named - used
    assert not wrong, "\n".join([f"{len(wrong)} captures disagree:", *(f"{k}\n    {v}" for k, v in wrong.items())])
    assert not needless, f"differences that are no longer there: {sorted(needless)}"


def test_the_golden_file_has_every_capture() -> None:
    told, there = sorted(read_golden()), capture_names(DATA)
    assert [name for name in there if name not in told] == []
    if missing := sorted(set(told) - set(there)):
        assert len(missing) < 10
        pytest.skip(f"without {', '.join(missing)}")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_the_golden_file_is_what_tshark_says_today() -> None:
    golden = read_golden()
    there = sorted(name for name in golden if (DATA / name).is_file())
    sample = random.Random(20).sample(there, LIVE_SAMPLE)
    wrong = [name for name in sample if ask(DATA / name, name)[0] != golden[name]]
    assert not wrong
