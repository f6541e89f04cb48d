"""TCP figures are those of tshark and tcptrace, direction by direction, save for the classes in docs/connections-oracles.md."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.oracle.make_tcp_golden import PAGE, page
from tests.oracle.tcp_classes import CLASSES, judged
from tests.oracle.tcp_peers import ask, read


@pytest.fixture(scope="module")
def counts(shared_data: Path) -> Counter[tuple[str, str]]:
    """Directions by figure and class; what no class explains fails."""
    found, unexplained = Counter[tuple[str, str]](), list[str]()
    for _, figure, name, said in judged(read(), shared_data):
        if name is None:
            unexplained.append(said)
        else:
            found[figure.title, name] += 1
    assert not unexplained, "\n".join(unexplained)
    return found


def test_every_disagreement_is_of_a_class_and_every_class_is_needed(counts: Counter[tuple[str, str]]) -> None:
    used = {name for _, name in counts}
    assert [one.name for one in CLASSES if one.name not in used] == []
    equal = sum(count for (_, name), count in counts.items() if name == "equal")
    assert equal > 0.97 * counts.total()


def test_the_page_has_the_counts(counts: Counter[tuple[str, str]]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(counts, list(read()))


@pytest.mark.skipif(not (shutil.which("tshark") and shutil.which("tcptrace")), reason="tshark or tcptrace is missing")
def test_the_golden_file_is_what_the_peers_say_today(shared_data: Path) -> None:
    golden = list(read())
    for name in random.Random(3).sample(sorted({row.capture for row in golden}), 3):
        assert ask(shared_data / name, name) == [row for row in golden if row.capture == name]
