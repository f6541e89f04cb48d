"""wiretell tells what is on the wire, how well it is carried, and who behaves how.

import wiretell
flows = wiretell.read_flows("trace.pcap")                       # a Polars frame
connections = wiretell.read_connections("conn.log.gz")          # of logs and captures alike
wiretell.scan_packets("trace.pcap").filter(pl.col("dst_port") == 53).select("time", "src_ip").collect()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wiretell.errors import InputError as InputError
    from wiretell.errors import NotSupported as NotSupported
    from wiretell.errors import SchemaError as SchemaError
    from wiretell.errors import UsageError as UsageError
    from wiretell.errors import WiretellError as WiretellError
    from wiretell.sources.capture import meter as meter
    from wiretell.sources.capture import meter_flows as meter_flows
    from wiretell.sources.capture import read_flows as read_flows
    from wiretell.sources.connections import read_connections as read_connections
    from wiretell.sources.connections import scan_connections as scan_connections
    from wiretell.sources.events import read_event_counts as read_event_counts
    from wiretell.sources.events import scan_events as scan_events
    from wiretell.sources.meter_options import MeterOptions as MeterOptions
    from wiretell.sources.scan import scan_flows as scan_flows
    from wiretell.sources.scan import scan_packets as scan_packets

_HOMES = {
    "InputError": "wiretell.errors",
    "MeterOptions": "wiretell.sources.meter_options",
    "NotSupported": "wiretell.errors",
    "SchemaError": "wiretell.errors",
    "UsageError": "wiretell.errors",
    "WiretellError": "wiretell.errors",
    "meter": "wiretell.sources.capture",
    "meter_flows": "wiretell.sources.capture",
    "read_connections": "wiretell.sources.connections",
    "scan_connections": "wiretell.sources.connections",
    "read_event_counts": "wiretell.sources.events",
    "scan_events": "wiretell.sources.events",
    "read_flows": "wiretell.sources.capture",
    "scan_flows": "wiretell.sources.scan",
    "scan_packets": "wiretell.sources.scan",
}
"""Public names by the module they live in: imported when first used, so that the command line starts fast."""

__all__ = [
    "InputError",
    "MeterOptions",
    "NotSupported",
    "SchemaError",
    "UsageError",
    "WiretellError",
    "meter",
    "meter_flows",
    "read_connections",
    "read_event_counts",
    "read_flows",
    "scan_connections",
    "scan_events",
    "scan_flows",
    "scan_packets",
]


def __getattr__(name: str) -> Any:
    """The public names, imported when first used."""
    if name == "__version__":
        from wiretell._native import VERSION

        return VERSION
    if name not in _HOMES:
        raise AttributeError(f"module 'wiretell' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__", *(name for name in globals() if name.startswith("__"))})
