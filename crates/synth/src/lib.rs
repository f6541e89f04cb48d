//! Labeled traces from a seed.
