"""The Rust part: what it offers, with types. Checked against the binary by `make check`."""

VERSION: str
