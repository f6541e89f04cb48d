"""The lake: result tables on disk, by window."""

from wiretell.store.store import Store, open_store

__all__ = ["Store", "open_store"]
