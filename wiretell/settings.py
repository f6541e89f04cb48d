"""Defaults that several parts share; each with its unit and its source."""

from __future__ import annotations

IDLE_TIMEOUT_SECONDS = 60.0
"""A flow ends after this pause (Xu et al.; IPFIX idle timeout)."""

MAX_ACTIVE_FLOWS = 1_000_000
"""Flows that the meter keeps at once; beyond it the oldest are written out early and counted."""

TOP_ROWS = 10
"""Rows of a breakdown (trace-summary's `-n`)."""
