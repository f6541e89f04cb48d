"""Holds the events of captures against Bro's logs of them; what is missed stands in tests/golden/logged_events.tsv.

`python -m tests.oracle.logged_golden`, run by `make oracle`, writes the file anew.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.oracle.logged_events import CARRIED, LOGS, Ends, Fact, ends_of, events_of, facts_of, log_lines
from tests.oracle.logged_reasons import reason
from tests.oracle.shared import shared_data

MISSED = Path(__file__).parent.parent / "golden" / "logged_events.tsv"
HEAD = "capture\tlog\tconnection\tfact\treason"


def compared(data: Path) -> tuple[Counter[str], list[str]]:
    """How many facts there are by log, and a line for each that no event tells."""
    facts: dict[str, list[tuple[str, Ends, Fact]]] = {}
    totals: Counter[str] = Counter()
    for log in LOGS:
        for line in log_lines(data / "oracles" / f"{log}.tsv.gz"):
            for fact in facts_of(log, line):
                facts.setdefault(line["capture"], []).append((log, ends_of(line), fact))
                totals[log] += 1
    missed = []
    for capture, rows in sorted(facts.items()):
        told = events_of(data / capture) or {}
        needed: Counter[tuple[Ends, Fact]] = Counter()
        for log, ends, fact in rows:
            needed[ends, fact] = 1 if fact[0] in CARRIED else needed[ends, fact] + 1
            if told.get(ends, Counter())[fact] < needed[ends, fact]:
                shown = " ".join(part.encode("unicode_escape").decode()[:60] for part in fact)
                talk = "{}:{}>{}:{}".format(*ends)
                missed.append(f"{capture}\t{log}\t{talk}\t{shown}\t{reason(capture, log)}")
    return totals, missed


def write(totals: Counter[str], missed: list[str]) -> None:
    """Writes the file."""
    said = ", ".join(f"{log} {totals[log]}" for log in LOGS)
    MISSED.write_text(
        "\n".join([f"# facts in Bro's logs: {said}; missed are:", HEAD, *missed]) + "\n", encoding="utf-8"
    )


def main() -> int:
    """Rewrites the file; tells what has no reason."""
    data = shared_data()
    if not (data / "oracles").is_dir():
        print("needs ../shared/data/oracles", file=sys.stderr)  # noqa: T201
        return 2
    totals, missed = compared(data)
    write(totals, missed)
    for line in missed:
        if line.endswith("\t"):
            print(f"without a reason: {line}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
