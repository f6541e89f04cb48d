"""How connections ended: by transport and state."""

from __future__ import annotations

import narwhals as nw
from narwhals.typing import IntoFrame

from wiretell.analyses.connections import as_ended
from wiretell.analyses.frames import check_table, collected, nullable
from wiretell.schema import CONNECTIONS


def outcomes(connections: IntoFrame) -> list[tuple[str, str, int]]:
    """Transport, state and how many connections, most first; rows that a later one replaces do not count.

    Args:
        connections: A frame in the columns of `schema.CONNECTIONS`, on any engine.

    Raises:
        SchemaError: if it is no such frame.
    """
    given = nullable(connections, CONNECTIONS).lazy()
    check_table(given, "connections", "conn_state")
    frame = as_ended(given)
    counted = frame.with_columns(state=nw.col("conn_state").fill_null("unknown")).group_by("proto", "state")
    rows = collected(counted.agg(many=nw.len()).select("proto", "state", "many")).rows()
    found = [(str(proto), str(state), int(many)) for proto, state, many in rows]
    return sorted(found, key=lambda row: (-row[2], row[0], row[1]))
