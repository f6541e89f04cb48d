//! What the traffic means, in Zeek's events: life cycles of connections and what applications say.
//!
//! [`EventEngine`] follows connections with a [`crate::connections::Tracker`], puts TCP streams in order, tells
//! protocols by content and raises the events of [`Name`], as rows, as counts per second, or both. All that it holds is
//! bounded: what exceeds a bound ends the reading of that connection, and is counted.

mod app;
mod arg;
mod bytes;
mod counts;
mod engine;
mod event;
mod icmp;
mod life;
mod names;
mod out;
mod reassembly;
mod talkers;
mod watcher;

pub use arg::Arg;
pub use counts::EventCount;
pub use engine::{EventConfig, EventCounters, EventEngine};
pub use event::{Event, EventConn, size};
pub use names::Name;
pub use out::Batch;
pub use talkers::{ConnCount, HostCount, HostTotals, HostsLeftOut, TalkerConfig};
