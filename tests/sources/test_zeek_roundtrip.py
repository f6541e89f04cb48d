"""What is written as Zeek writes it is read back as it was."""

from __future__ import annotations

import string
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.zeek_tools import FIELDS, TYPES, as_json, tsv
from wiretell.schema import CONN_LOG
from wiretell.sources.zeek_log import read_connections
from wiretell.sources.zeek_values import canonical_address

texts = st.text(st.characters(codec="utf-8"), max_size=8)
counts = st.integers(0, 2**63 - 1)
addresses = st.ip_addresses().map(lambda address: canonical_address(str(address)) or "")
seconds = st.integers(0, 10**9).map(lambda micros: micros / 1e6)
rows = st.fixed_dictionaries(
    {
        "ts": st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(tzinfo=UTC)),
        "uid": st.text(string.ascii_letters, min_size=1, max_size=8),
        "orig_h": addresses,
        "orig_p": st.integers(0, 65535),
        "resp_h": addresses,
        "resp_p": st.integers(0, 65535),
        "proto": st.sampled_from(["tcp", "udp", "icmp", "unknown_transport"]),
        "service": st.none() | texts,
        "duration": st.none() | seconds,
        "orig_bytes": st.none() | counts,
        "resp_bytes": st.none() | counts,
        "conn_state": st.none() | st.sampled_from(["SF", "S0"]),
        "local_orig": st.none() | st.booleans(),
        "local_resp": st.none() | st.booleans(),
        "missed_bytes": st.none() | counts,
        "history": st.none() | texts,
        "orig_pkts": st.none() | counts,
        "orig_ip_bytes": st.none() | counts,
        "resp_pkts": st.none() | counts,
        "resp_ip_bytes": st.none() | counts,
        "tunnel_parents": st.none() | st.lists(st.text(string.ascii_letters, min_size=1), max_size=3).map(",".join),
        "ip_proto": st.none() | st.integers(0, 255),
    }
)


def escaped(text: str, separator: str) -> str:
    """As Zeek writes a text: what would be misread, and what is not printable, byte by byte."""
    if text in ("-", "(empty)"):
        return "".join(f"\\x{ord(letter):02x}" for letter in text)
    out = []
    for letter in text:
        if letter in f"{separator},\\" or letter == "#" or not letter.isprintable():
            out.append("".join(f"\\x{byte:02x}" for byte in letter.encode()))
        else:
            out.append(letter)
    return "".join(out)


def written(value: Any, separator: str) -> str:
    match value:
        case None:
            return "-"
        case "":
            return "(empty)"
        case bool():
            return "T" if value else "F"
        case datetime():
            micros = round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)
            return f"{micros // 10**6}.{micros % 10**6:06d}"
        case float():
            return f"{value:.6f}"
        case str() if "," in value and all(letter in string.ascii_letters + "," for letter in value):
            return value
        case str():
            return escaped(value, separator)
    return str(value)


def read(content: str, block_bytes: int) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conn.log"
        path.write_bytes(content.encode())
        return read_connections([path], block_bytes=block_bytes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(rows, min_size=1, max_size=8), st.permutations(range(len(FIELDS))), st.sampled_from("\t|;\x01 "), st.data()
)
def test_tsv_is_read_back(table: list[dict[str, Any]], order: list[int], separator: str, data: st.DataObject) -> None:
    cells = [[written(row[CONN_LOG[at]], separator) for at in order] for row in table]
    content = tsv(cells, [FIELDS[at] for at in order], [TYPES[at] for at in order], separator=separator)
    connections = read(content, data.draw(st.sampled_from([64, 16 << 20])))
    assert not connections.facts.bad
    assert not connections.facts.altered
    assert connections.frame.rows(named=True) == table


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows, min_size=1, max_size=8), st.sampled_from(["id.", "id_", ""]), st.booleans(), st.data())
def test_json_is_read_back(table: list[dict[str, Any]], scope: str, with_nulls: bool, data: st.DataObject) -> None:
    records = []
    for row in table:
        record: dict[str, object] = {}
        for name, value in row.items():
            if value is None and not with_nulls:
                continue
            key = scope + name if name in ("orig_h", "orig_p", "resp_h", "resp_p") else name
            record[key] = value.isoformat() if name == "ts" else value
        records.append(record | {"conn_state": row["conn_state"]})
    connections = read(as_json(records), data.draw(st.sampled_from([64, 16 << 20])))
    assert not connections.facts.bad
    assert connections.frame.rows(named=True) == table


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_the_reader_and_every_line_is_accounted_for(body: bytes, is_json: bool) -> None:
    start = (
        b'{"ts":1,"id.orig_h":"1.1.1.1","id.resp_h":"1.1.1.2","proto":"tcp","duration":1}\n'
        if is_json
        else tsv([]).encode()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conn.log"
        path.write_bytes(start + body)
        facts = read_connections([path], block_bytes=64).facts
    assert facts.lines == facts.rows + sum(fault.count for fault in facts.bad.values())
