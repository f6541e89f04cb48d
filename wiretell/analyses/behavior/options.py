"""The constants of the method: the paper's values are the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wiretell.errors import UsageError

Mode = Literal["paper", "exact"]


@dataclass(frozen=True, slots=True)
class BehaviorOptions:
    """How behavior is analyzed.

    Attributes:
        mode: How significant clusters are cut: `paper` lowers the threshold by halves from `alpha`, `exact` takes the
            smallest set that leaves a rest above `beta`.
        alpha: The first threshold: a share of all flows of the window.
        beta: The relative uncertainty above which the rest counts as random.
        epsilon_port: Width of the lowest and the highest label of the relative uncertainty of ports.
        epsilon_address: The same of addresses.
        delta: The conditional share from which a value is part of a dominant state.
        frequent: Whether values with a share of at least `alpha` are profiled even where the rest is random from the
            start, as it is in the capture of two hosts. They are marked as not significant.
        interval_seconds: Width of the epoch-aligned windows of flows that no meter has cut: by their start.
    """

    mode: Mode = "paper"
    alpha: float = 0.02
    beta: float = 0.9
    epsilon_port: float = 0.2
    epsilon_address: float = 0.3
    delta: float = 0.2
    frequent: bool = True
    interval_seconds: float = 300.0

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            UsageError: naming the first value that is out of its range.
        """
        checks = (
            (self.mode in {"paper", "exact"}, "mode must be paper or exact"),
            (0 < self.alpha <= 1, "alpha must be above 0 and at most 1"),
            (0 < self.beta < 1, "beta must be between 0 and 1"),
            (0 < self.epsilon_port < 0.5, "epsilon_port must be between 0 and 0.5"),
            (0 < self.epsilon_address < 0.5, "epsilon_address must be between 0 and 0.5"),
            (0 < self.delta <= 1, "delta must be above 0 and at most 1"),
            (self.interval_seconds >= 1e-6, "interval_seconds must be above 0"),
        )
        for holds, message in checks:
            if not holds:
                raise UsageError(message)
