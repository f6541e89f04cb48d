//! Capture files: every format, round trips, damage, several files as one, and the shared captures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod damage;
mod merge;
mod pcap;
mod pcapng;
mod shared;
#[path = "../support/mod.rs"]
mod support;

use std::io::Cursor;

use support::pcapng::Kept;
use wire::capture::{Capture, FileFacts};

/// Everything that a capture in memory yields.
fn read(bytes: &[u8]) -> (Vec<Kept>, FileFacts) {
    let capture = Capture::from_reader("test", Box::new(Cursor::new(bytes.to_vec()))).unwrap();
    drain(capture)
}

fn drain(mut capture: Capture) -> (Vec<Kept>, FileFacts) {
    let mut records = Vec::new();
    while let Some(record) = capture.next_record() {
        records.push(Kept::from(record));
    }
    (records, capture.into_facts())
}

/// The one line that opening yields.
fn refusal(bytes: &[u8]) -> String {
    Capture::from_reader("x.pcap", Box::new(Cursor::new(bytes.to_vec())))
        .unwrap_err()
        .to_string()
}
