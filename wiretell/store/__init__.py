"""The lake: tables on disk, by window."""
