"""Canonical profiles: what each cluster does, with the evidence and a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from wiretell.analyses.behavior.dimensions import FREE
from wiretell.analyses.behavior.kind_codes import protocol_of
from wiretell.analyses.behavior.sentences import mostly, port_of, sentence
from wiretell.analyses.behavior.tables import Row
from wiretell.analyses.behavior.traits import Traits
from wiretell.analyses.behavior.verdicts import SCAN, verdict


def profile_of(cluster: Row, states: Sequence[Row], mirror: Row | None = None) -> dict[str, Any]:
    """The row of `profiles` of a cluster.

    Args:
        cluster: Its row of `clusters`.
        states: Its rows of `states`, by depth, the most frequent first.
        mirror: The row of `clusters` of the opposite direction, if there is one.
    """
    traits = Traits.of(cluster, states, mirror)
    profile = verdict(traits)
    if profile == SCAN:
        traits = traits.of_probes(states)
    dimension = cluster["dimension"]
    return {
        **{name: cluster[name] for name in ("window", "dimension", "key", "flows", "share", "behavior_class")},
        "profile": profile,
        "sentence": sentence(traits, profile),
        "port": port_of(traits, profile),
        "protocol": traits.protocol,
        "peers": traits.distinct("src_ip" if dimension in {"dst_ip", "dst_port"} else "dst_ip"),
        "state": traits.main["state"],
        "state_share": traits.main["share"],
        "evidence": json.dumps(_evidence(traits, profile), ensure_ascii=False),
    }


def _evidence(traits: Traits, profile: str) -> dict[str, Any]:
    cluster = traits.cluster
    free = FREE[cluster["dimension"]]
    return {
        "uncertainty": {name: round(cluster[f"ru_{name}"], 4) for name in free},
        "distinct": {name: cluster[f"distinct_{name}"] for name in free},
        "packets_per_flow": {
            "mean": round(cluster["packets_mean"], 3),
            "variance": round(cluster["packets_variance"], 3),
        },
        "bytes_per_flow": {"mean": round(cluster["bytes_mean"], 1), "variance": round(cluster["bytes_variance"], 1)},
        "estimated": cluster["estimated"],
        "state_protocol": protocol_of(traits.main),
        "port_of_most": mostly(traits, profile),
        "probes": round(traits.unanswered / cluster["flows"], 4),
        "answers": round(traits.share_of("answer"), 4),
        "opposite_flows": cluster["opposite_flows"],
        "flows_per_second": round(traits.rate, 3),
    }
