//! Bytes to packets: capture files, link, network and transport headers.
//!
//! This crate keeps no state beyond the file it reads and knows no analysis. Broken input is a value
//! ([`Fault`]) that its callers count, never a panic.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod capture;
pub mod decode;
pub mod link_type;
pub mod packet;

pub use decode::{DecodeOptions, decode};
pub use link_type::LinkType;
pub use packet::{
    Fault, FaultKind, Fragment, Icmp, Ip, Layer, LengthSource, Limit, LinkHeader, Network, Outcome,
    Packet, Ports, Record, Tcp, Transport, Tunnel, Tunnels, Udp,
};
