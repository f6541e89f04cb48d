//! Capture files: pcap, pcapng and snoop, plain or compressed, one or many, as one stream of records.
//!
//! Files are read in large blocks and framed in place; memory is bounded whatever a file says. A cut or broken file
//! yields every record before the damage and a warning in its [`FileFacts`].

mod block;
mod byte_order;
mod compression;
mod error;
mod facts;
mod file;
mod frame;
mod inputs;
mod pcap;
mod pcapng;
mod snoop;
mod source;
pub mod write;

pub use block::Block;
pub use error::{OpenError, Reason};
pub use facts::{FileFacts, InterfaceFacts, Warning};
pub use file::Capture;
pub use inputs::{Inputs, Progress};
pub use source::Source;

/// A record longer than this is taken for damage: four times the largest packet that an IP length field can say.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
