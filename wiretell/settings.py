"""Defaults that several parts share; each with its unit and its source."""

from __future__ import annotations

IDLE_TIMEOUT_SECONDS = 60.0
"""A flow ends after this pause (Xu et al.; IPFIX idle timeout)."""

MOST_SECONDS = 9_000_000_000
"""The longest time that is understood, 285 years: nanoseconds have 64 bits."""

MOST_THREADS = 1024
"""Threads of a run at most."""

MOST_SEED = 2**64 - 1
"""The largest seed of a sample."""

MAX_ACTIVE_FLOWS = 1_000_000
"""Flows that the meter keeps at once; beyond it the oldest are written out early and counted."""

KEEP_LOW = 0.75
"""Under attack, the share of the flows that may be kept to which they are thinned."""

TOP_ROWS = 10
"""Rows of a breakdown (trace-summary's `-n`)."""

MAX_ACTIVE_CONNECTIONS = 1 << 20
"""Connections followed at once; beyond it the oldest are written early, which is counted."""

CONNECTION_SORTS = ("bytes", "packets", "duration", "start", "rexmit", "rtt")
"""What connections can be ordered by: the most, longest, earliest, or worst first."""

METERED_SORTS = ("bytes", "packets", "duration", "start")
"""Those of them that the meter itself can tell: of what is not among the first it then makes no row."""

ENDPOINT_KEYS = ("connection", "host", "server", "prefix", "port", "service")
"""What a row of the endpoint statistics can be of."""

ENDPOINT_SORTS = ("loss", "failed", "reordered", "zero-window", "rtt", "bytes", "connections")
"""What endpoints can be ordered by, the worst or the most first."""

CONNECTION_LIST = (
    *("ts", "uid", "orig_h", "orig_p", "resp_h", "resp_p", "proto", "service", "duration", "conn_state", "history"),
    *(f"{side}_{name}" for side in ("orig", "resp") for name in ("bytes", "ip_bytes", "pkts", "data_pkts")),
    *(f"{side}_{name}" for side in ("orig", "resp") for name in ("rexmit_pkts", "handshake_rtt_s", "rtt_median_s")),
)
"""The columns of connections that their list and its orders need."""
