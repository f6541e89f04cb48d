"""The profile as one self-contained page: no network, no library, everything readable without a script."""

from wiretell.reports.html.page import page

__all__ = ["page"]
