"""Host names of the addresses that a report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wiretell.reports.summary_result import SummaryResult


def host_names(result: SummaryResult) -> dict[str, str]:
    """Looks up the shown addresses, many at once and within a bound of time; those without a name are left out."""
    from wiretell.sources.resolve import resolve

    shown = {"source", "destination", "pair"}
    addresses = {row[end] for row in result.rows if row["breakdown"] in shown for end in ("key", "peer") if row[end]}
    return {address: name for address, name in resolve(sorted(addresses)).items() if name is not None}
