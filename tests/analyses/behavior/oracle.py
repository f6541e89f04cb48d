"""The method from its definitions: slow, obvious, and sharing nothing with the code under test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import Any

ORDER = {
    "src_ip": ("src_port", "dst_port", "dst_ip"),
    "dst_ip": ("src_port", "dst_port", "src_ip"),
    "src_port": ("dst_port", "src_ip", "dst_ip"),
    "dst_port": ("src_port", "src_ip", "dst_ip"),
}

Flows = Sequence[Mapping[str, Any]]


def entropy(counts: Sequence[int]) -> float:
    total = sum(counts)
    return -sum(count / total * log(count / total) for count in counts)


def rest_is_random(counts: Sequence[int]) -> float:
    """H / log |R|."""
    return entropy(counts) / log(len(counts)) if len(counts) > 1 else 0.0


def uncertainty(flows: Flows, dimension: str) -> float:
    """H / log min(N, m)."""
    counts = Counter(flow[dimension] for flow in flows)
    possible = 65_536 if dimension.endswith("port") else 2**32
    if len(counts) == 1 or len(flows) == 1:
        return 0.0
    return entropy(list(counts.values())) / log(min(possible, len(flows)))


def significant(flows: Flows, dimension: str, beta: float = 0.9) -> set[Any]:
    """Algorithm 1, with one reading of ours: a value that is alone in its dimension is significant."""
    counts = Counter(flow[dimension] for flow in flows)
    if len(counts) == 1:
        return set(counts)
    found: set[Any] = set()
    rest = dict(counts)
    k = 0
    while rest_is_random(list(rest.values())) <= beta and len(rest) > 1:
        threshold = 0.02 * 2**-k
        k += 1
        for value in list(rest):
            if counts[value] / len(flows) >= threshold:
                found.add(value)
                del rest[value]
    return found


def significant_exactly(flows: Flows, dimension: str, beta: float = 0.9) -> set[Any]:
    """The smallest set of values, each more frequent than all that are left, whose removal leaves a random rest."""
    counts = Counter(flow[dimension] for flow in flows)
    if len(counts) == 1:
        return set(counts)
    for least in [max(counts.values()) + 1, *sorted(set(counts.values()), reverse=True)]:
        rest = [count for count in counts.values() if count < least]
        if len(rest) <= 1 or rest_is_random(rest) > beta:
            return {value for value, count in counts.items() if count >= least}
    raise AssertionError("the last rest is empty")


def behavior_class(flows: Flows, dimension: str) -> int:
    number = 0
    for free in ORDER[dimension]:
        epsilon = 0.2 if free.endswith("port") else 0.3
        value = uncertainty(flows, free)
        number = number * 3 + (0 if value <= epsilon else 2 if value >= 1 - epsilon else 1)
    return number


def states(flows: Flows, dimension: str, delta: float = 0.2) -> dict[tuple[Any, ...], int]:
    """All dominant states as (X, Y, Z) with None for any, and their flows."""
    free = ORDER[dimension]
    order = sorted(free, key=lambda name: round(uncertainty(flows, name), 9))
    found: dict[tuple[Any, ...], int] = {(None, None, None): len(flows)}

    def walk(part: Flows, fixed: dict[str, Any]) -> None:
        if len(fixed) == len(order):
            return
        name = order[len(fixed)]
        for value, count in Counter(flow[name] for flow in part).items():
            if count / len(part) >= delta:
                longer = {**fixed, name: value}
                found[tuple(longer.get(each) for each in free)] = count
                walk([flow for flow in part if flow[name] == value], longer)

    walk(flows, {})
    return found
