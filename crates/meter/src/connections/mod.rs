//! Packets to connections with Zeek's meaning, and how well TCP carried them.
//!
//! [`Tracker`] takes decoded packets in file order and gives one [`ConnectionRecord`] for each connection when it
//! ends. All timers follow packet time, so that the same packets give the same records.

mod checksum;
mod community_id;
mod config;
mod conn;
mod evict;
mod expected;
mod first;
mod fragments;
mod history;
mod intake;
mod key;
mod parents;
mod ports;
mod quality;
mod record;
mod report;
mod service;
mod table;
mod tcp;
mod timers;
mod tracker;
mod uid;
mod watch;

pub use config::{Config, Dialect};
pub use first::{First, Order};
pub use history::History;
pub use ports::PortSet;
pub use record::{
    Carried, ClosedBy, ConnState, ConnStats, ConnectionRecord, Endpoint, Proto, Reason, TcpQuality,
};
pub use tracker::{Counters, Tracker};
pub use uid::Uid;
pub use watch::{Ends, Known, News, Watch};
