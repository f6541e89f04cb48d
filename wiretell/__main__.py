"""`python -m wiretell`."""

from __future__ import annotations

from wiretell.cli import main

if __name__ == "__main__":
    main()
