"""Where a frame lives: Polars, DuckDB, a cluster."""
