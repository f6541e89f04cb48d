//! Packets to flows, connections and events: keyed state machines, shares, windows, timeouts.
//!
//! Nothing here knows an analysis or Python. State machines see the packets of one share of the traffic
//! ([`share`]); results of all shares are merged by concatenation, counters by addition.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        missing_docs
    )
)]

pub mod connections;
pub mod events;
pub mod flows;
mod hash;
pub mod networks;
pub mod packets;
pub mod predicate;
pub mod run;
pub mod select;
pub mod share;
pub mod tables;
pub mod tally;
pub mod timeline;

pub use flows::{FlowConfig, FlowRecord, FlowTable};
pub use networks::Networks;
pub use select::Select;
pub use share::Share;
pub use tables::{Rows, TablesConfig};
pub use tally::Tally;
pub use timeline::Timeline;
