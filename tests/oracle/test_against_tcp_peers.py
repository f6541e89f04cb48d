"""TCP figures are those of tshark and tcptrace, direction by direction, save for the classes in docs/connections-oracles.md."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest

from tests.oracle.make_tcp_golden import PAGE, page
from tests.oracle.tcp_classes import CLASSES, class_of, judged
from tests.oracle.tcp_figures import FIGURES, Ours, told
from tests.oracle.tcp_peers import Direction, ask, read

COUNTERS = (
    "data_pkts", "unique_bytes", "rexmit_pkts", "rexmit_seen_pkts", "lost_upstream_pkts", "duplicate_pkts", "reordered_pkts",
    "keep_alives", "window_probes", "dup_acks",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[Direction]:
    """What the peers said of the captures that are there."""
    return [row for row in read() if (shared_data / row.capture).is_file()]


@pytest.fixture(scope="module")
def missing(rows: list[Direction]) -> list[str]:
    """The captures that are not there."""
    gone = sorted({row.capture for row in read()} - {row.capture for row in rows})
    assert len(gone) < 10
    return gone


@pytest.fixture(scope="module")
def counts(rows: list[Direction], shared_data: Path) -> Counter[tuple[str, str]]:
    """Directions by figure and class; what no class explains fails."""
    found, unexplained = Counter[tuple[str, str]](), list[str]()
    for _, figure, name, said in judged(rows, shared_data):
        if name is None:
            unexplained.append(said)
        else:
            found[figure.title, name] += 1
    assert not unexplained, "\n".join(unexplained)
    return found


def test_every_disagreement_is_of_a_class(counts: Counter[tuple[str, str]]) -> None:
    equal = sum(count for (_, name), count in counts.items() if name == "equal")
    assert equal > 0.97 * counts.total()


def test_every_class_is_needed(counts: Counter[tuple[str, str]], missing: list[str]) -> None:
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    used = {name for _, name in counts}
    assert [one.name for one in CLASSES if one.name not in used] == []


@pytest.mark.parametrize("by", [1, -1])
def test_where_all_agree_hardly_any_class_explains_a_counter_that_is_off_by_one(
    rows: list[Direction], shared_data: Path, by: int
) -> None:
    tried, explained = Counter[str](), Counter[str]()
    for capture, directions in groupby(rows, attrgetter("capture")):
        known = told(shared_data / capture)
        for row in directions:
            ours = known.get(row.key, Ours())
            if all(figure.theirs(row) == figure.ours(ours) for figure in FIGURES):
                for name in (name for name in COUNTERS if ours[name] + by >= 0):
                    wrong = Ours({**ours, name: ours[name] + by})
                    classes = [class_of(row, wrong, figure, figure.ours(wrong)) for figure in FIGURES]
                    tried[name] += 1
                    explained[name] += None not in classes
    assert [name for name in COUNTERS if explained[name] > 0.2 * tried[name]] == []
    assert explained.total() < 0.02 * tried.total()


def test_the_page_has_the_counts(counts: Counter[tuple[str, str]], rows: list[Direction], missing: list[str]) -> None:
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    assert PAGE.read_text(encoding="utf-8") == page(counts, rows)


@pytest.mark.skipif(not (shutil.which("tshark") and shutil.which("tcptrace")), reason="tshark or tcptrace is missing")
def test_the_golden_file_is_what_the_peers_say_today(rows: list[Direction], shared_data: Path) -> None:
    for name in random.Random(3).sample(sorted({row.capture for row in rows}), 3):
        assert ask(shared_data / name, name) == [row for row in rows if row.capture == name]
