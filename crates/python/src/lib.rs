//! The border between Rust and Python: Arrow tables out through the C data interface; no logic.

mod batches;
mod cluster_count_table;
mod connection_table;
mod event_table;
mod facts;
mod flow_table;
mod numbers;
mod packet_table;
mod run;
mod sum_table;
mod synthesize;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::run::{FolderError, Run};
    #[pymodule_export]
    use super::synthesize::{scenarios, synthesize};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
