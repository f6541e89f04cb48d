"""Behavior profiles: which hosts and ports matter, what each does, what is unusual and what changed.

After Xu, Zhang, Bhattacharyya: "Profiling Internet Backbone Traffic" (SIGCOMM 2005, ToN 2008) and "A Real-time Network
Traffic Profiling System" (DSN 2007).
"""

from wiretell.analyses.behavior.core import Behavior, behavior
from wiretell.analyses.behavior.findings import behavior_from, findings
from wiretell.analyses.behavior.options import BehaviorOptions
from wiretell.analyses.behavior.temporal import class_trends, transitions

__all__ = ["Behavior", "BehaviorOptions", "behavior", "behavior_from", "class_trends", "findings", "transitions"]
