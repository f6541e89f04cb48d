//! One capture file as a stream of blocks.

mod ahead;
mod blocks;
mod opening;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::Block;
use super::error::OpenError;
use super::facts::FileFacts;
use super::frame::Format;
use super::source::{Opened, open_path, open_pipe, open_stdin};

/// Bytes that a block takes in.
const BLOCK_BYTES: usize = 1 << 20;
/// The same where many captures are open at a time.
const LITTLE_BLOCK_BYTES: usize = 1 << 16;

/// One open capture, file or pipe.
pub struct Capture {
    bytes: Box<dyn Read + Send>,
    format: Format,
    is_pipe: bool,
    /// Bytes that were read and are not yet framed.
    rest: Vec<u8>,
    /// Bytes of a block to pass over.
    to_skip: u64,
    /// Offset in the uncompressed file of the next frame.
    offset: u64,
    ended: bool,
    /// How much is read ahead; half of it is enough to hand a block on.
    block_bytes: usize,
    /// Whether a record with a time was seen.
    dated: bool,
    last_ns: i64,
    facts: FileFacts,
    count: Arc<AtomicU64>,
    /// The block that is read ahead where records are taken one by one, and how many of it are taken.
    single: Block,
    position: usize,
}

impl std::fmt::Debug for Capture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capture")
            .field("name", &self.facts.name)
            .finish_non_exhaustive()
    }
}

impl Capture {
    /// Opens a capture file.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn open(path: &Path) -> Result<Capture, OpenError> {
        let count = Arc::default();
        Capture::new(open_path(path, &count)?, count)
    }

    /// Reads a capture from standard input, after bytes of it that were already read.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn from_stdin(prefix: Vec<u8>) -> Result<Capture, OpenError> {
        let count = Arc::default();
        Capture::new(open_stdin(prefix, &count), count)
    }

    /// Reads a capture from a pipe that was already read from.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn from_named_pipe(name: &str, path: &Path, prefix: Vec<u8>) -> Result<Capture, OpenError> {
        let count = Arc::default();
        Capture::new(open_pipe(name, path, prefix, &count)?, count)
    }

    /// Reads a capture from any reader.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn from_reader(
        name: impl Into<String>,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Capture, OpenError> {
        Capture::from_bytes(name.into(), bytes, false)
    }

    /// Reads a capture from a pipe: what is there is handed on without waiting for more.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn from_pipe(
        name: impl Into<String>,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Capture, OpenError> {
        Capture::from_bytes(name.into(), bytes, true)
    }

    fn from_bytes(
        name: String,
        bytes: Box<dyn Read + Send>,
        is_pipe: bool,
    ) -> Result<Capture, OpenError> {
        let opened = Opened {
            name,
            bytes,
            size: None,
            is_pipe,
        };
        Capture::new(opened, Arc::default())
    }

    /// Reads in smaller pieces, for one of many captures that are open at a time.
    pub(in crate::capture) fn read_little(&mut self) {
        self.block_bytes = LITTLE_BLOCK_BYTES;
    }

    /// What is known of the file so far.
    pub fn facts(&self) -> &FileFacts {
        &self.facts
    }

    /// What is known of the file, at the end.
    pub fn into_facts(self) -> FileFacts {
        self.facts
    }

    /// Bytes read of the file as stored.
    pub fn bytes_read(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
