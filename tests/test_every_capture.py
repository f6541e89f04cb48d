"""Every real capture goes through every table to its end, within bounds of time, in any number of threads alike."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle.shared import capture_names, shared_data

DATA = shared_data()
SECONDS = 240
ADDRESS_SPACE = 6 << 30
CHILD = """
import json, sys
from wiretell.errors import InputError
from wiretell.schema import CONNECTIONS, EVENT_CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, FLOWS
from wiretell.sources.capture_run import CaptureRun
from wiretell.sources.meter_options import MeterOptions
tables = (FLOWS, CONNECTIONS, EVENT_COUNTS, EVENT_HOSTS, EVENT_CONNECTIONS)
columns = {"flows": ["packets"], "connections": ["uid"], "event_counts": ["events"],
           "event_hosts": ["events"], "event_connections": ["events"]}
seen, wrong = 0, []
for path in map(str.strip, sys.stdin):
    print(path, file=sys.stderr, flush=True)
    try:
        run = CaptureRun(path, MeterOptions(threads=1 + seen % 3), tables=tables, columns=columns)
    except InputError:
        continue
    sums = {"flows": 0, "event_counts": 0}
    for name, frame in run.batches():
        if name in sums:
            sums[name] += int(frame[columns[name][0]].sum())
    facts = run.facts()
    if sums != {"flows": facts.ip_packets, "event_counts": facts.events.events}:
        wrong.append([path, sums, facts.ip_packets, facts.events.events])
    seen += 1
json.dump({"seen": seen, "wrong": wrong}, sys.stdout)
"""


def limit() -> None:
    """Bounds of the child process."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
def test_every_capture_goes_through_every_table_to_its_end() -> None:
    names = capture_names(DATA)
    # A clock that jumps by 22 years once kept a connection awake for ever.
    assert "pcap/ndpi/soap.pcap" in names
    paths = "\n".join(str(Path(DATA) / name) for name in names)
    child = subprocess.run(
        [sys.executable, "-c", CHILD], input=paths, capture_output=True, text=True, check=False, preexec_fn=limit
    )
    last = child.stderr.splitlines()[-1] if child.stderr else ""
    assert child.returncode == 0, last
    told = json.loads(child.stdout)
    assert told["wrong"] == []
    assert told["seen"] > 0.9 * len(names)
