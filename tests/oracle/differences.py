"""Every capture on which wiretell and tshark 4.0.17 disagree, and why: one by one, or as a narrow kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.golden import Golden
from wiretell.sources.facts import CaptureFacts


@dataclass(frozen=True, slots=True)
class Named:
    """A disagreement of one capture: which columns of the golden file differ, and who is right."""

    reason: str
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A disagreement that several captures share.

    Attributes:
        name: What it is.
        reason: Who is right and why.
        fields: The columns of the golden file that it may touch.
        applies: Whether it holds for a capture: what wiretell says, what tshark says, wiretell's facts.
    """

    name: str
    reason: str
    fields: frozenset[str]
    applies: Callable[[Golden, Golden, CaptureFacts], bool]


REFUSED: dict[str, str] = {}
BY_NAME: dict[str, Named] = {}
KINDS: tuple[Kind, ...] = ()
