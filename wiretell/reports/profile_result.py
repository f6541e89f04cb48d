"""What a profile is made of: the results of all analyses of one input, ready for the screen, JSON and the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wiretell.reports.behavior_result import BehaviorReport
    from wiretell.reports.events_text import WorkloadReport
    from wiretell.reports.quality_result import QualityResult
    from wiretell.reports.summary_result import SummaryResult


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One profile.

    Attributes:
        summary: What fills the link, and the facts of the input.
        behavior: Who behaves how; None if the input has no flows.
        clusters: The table `clusters` behind it: a Polars frame.
        window_seconds: The width of the windows of behavior.
        quality: How connections went; None if the input does not say.
        workload: The events; None if the input has none.
        beside: Other logs that were named: name, what it is, lines.
        missing: What the input cannot give, a line each.
    """

    summary: SummaryResult
    behavior: BehaviorReport | None = None
    clusters: Any = None
    window_seconds: float = 300.0
    quality: QualityResult | None = None
    workload: WorkloadReport | None = None
    beside: list[tuple[str, str, int]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether reading ended early."""
        return self.summary.interrupted
