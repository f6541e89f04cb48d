"""How the connections of an input went, ready for any report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from wiretell.analyses.quality import QualityCounter

Row = dict[str, Any]


@dataclass(frozen=True)
class QualityResult:
    """Outcomes, and where it goes badly.

    Attributes:
        outcomes: `(transport, state, connections)`, most first.
        total: The row of `schema.ENDPOINTS` for all TCP connections; None without any.
        servers: Responders, those that lose most first.
        prefixes: Networks, likewise.
        failing: Responders, those that most often do not answer or refuse first.
    """

    outcomes: list[tuple[str, str, int]]
    total: Row | None
    servers: list[Row]
    prefixes: list[Row]
    failing: list[Row]


def quality_of(connections: IntoFrame | QualityCounter, top: int) -> QualityResult:
    """Looks at how connections went.

    Args:
        connections: A frame with the columns of `endpoints.NEEDED`, or what was counted of connections as they came.
        top: Rows of each list.
    """
    from wiretell.analyses.endpoints import EndpointOptions, several
    from wiretell.analyses.outcomes import outcomes
    from wiretell.analyses.quality import QualityCounter

    if isinstance(connections, QualityCounter):
        found = connections.quality(top)
        return _result(found.outcomes, found.total, found.servers, found.prefixes, found.failing)
    by_server, by_prefix = EndpointOptions(by="server"), EndpointOptions(by="prefix")
    wanted = [(by_server, "loss"), (by_prefix, "loss"), (by_server, "failed")]
    servers, prefixes, failing = several(connections, wanted, top=top)
    total = servers[0] if servers else None
    return _result(outcomes(connections), total, servers[1:], prefixes[1:], failing[1:])


def _result(
    outcomes: list[tuple[str, str, int]],
    total: Row | None,
    servers: list[Row],
    prefixes: list[Row],
    failing: list[Row],
) -> QualityResult:
    return QualityResult(
        outcomes=outcomes,
        total=total,
        servers=[row for row in servers if row["rexmit_pkts"]],
        prefixes=[row for row in prefixes if row["rexmit_pkts"]],
        failing=[row for row in failing if row["failed_share"]],
    )
