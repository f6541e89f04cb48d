//! One capture file as a stream of blocks.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{Block, Place};
use super::compression::Compression;
use super::error::{OpenError, Reason};
use super::facts::{FileFacts, Warning};
use super::frame::{Format, Frame, HEAD_BYTES, NO_TIME};
use super::source::{Opened, open_path, open_pipe, open_stdin};
use crate::Record;

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

    fn new(opened: Opened, count: Arc<AtomicU64>) -> Result<Capture, OpenError> {
        let Opened {
            name,
            mut bytes,
            size,
            is_pipe,
        } = opened;
        let mut facts = FileFacts {
            name: name.clone(),
            file_bytes: size,
            ..FileFacts::default()
        };
        let mut head = read_head(&mut bytes).map_err(|error| OpenError::io(&name, error))?;
        if head.is_empty() {
            return Err(OpenError::new(name, Reason::Empty));
        }
        if let Some(compression) = Compression::recognize(&head) {
            bytes = compression.reader(Box::new(std::io::Cursor::new(head).chain(bytes)));
            facts.compression = Some(compression.name());
            head = read_head(&mut bytes)
                .map_err(|error| OpenError::compressed(&name, compression.name(), error))?;
            if head.is_empty() {
                return Err(OpenError::new(name, Reason::Empty));
            }
        }
        let Some((mut format, header)) = Format::recognize(&head, &mut facts) else {
            let looks_like = looks_like(&head, facts.compression);
            return Err(OpenError::new(name, Reason::NoCapture { looks_like }));
        };
        let mut rest = head.get(header..).unwrap_or(&[]).to_vec();
        let look = format.looks_at();
        if look > 0 && !is_pipe {
            // What a pipe holds back is not waited for.
            match bytes.by_ref().take(look as u64).read_to_end(&mut rest) {
                Ok(read) => format.settle(&rest, read < look, &mut facts),
                Err(error) => bytes = Box::new(Fails(Some(error))),
            }
        }
        Ok(Capture {
            bytes,
            format,
            is_pipe,
            rest,
            to_skip: 0,
            offset: header as u64,
            ended: false,
            block_bytes: BLOCK_BYTES,
            dated: false,
            last_ns: i64::MIN,
            facts,
            count,
            single: Block::default(),
            position: 0,
        })
    }

    /// The next record; `None` at the end.
    pub fn next_record(&mut self) -> Option<Record<'_>> {
        while self.position >= self.single.len() {
            if self.ended {
                return None;
            }
            let mut block = std::mem::take(&mut self.single);
            self.fill(&mut block);
            self.single = block;
            self.position = 0;
        }
        self.position += 1;
        self.single.get(self.position - 1)
    }

    /// The record that [`Capture::next_record`] will give, without going on.
    pub(super) fn peek(&mut self) -> Option<Record<'_>> {
        self.next_record()?;
        self.position = self.position.saturating_sub(1);
        self.single.get(self.position)
    }

    /// Goes on past the record that [`Capture::peek`] showed.
    pub(super) fn pass(&mut self) {
        self.position += 1;
    }

    /// Gives what was read ahead and not taken: all at once where nothing was taken, else as a copy.
    fn take_rest(&mut self, block: &mut Block) {
        if self.position == 0 {
            std::mem::swap(&mut self.single, block);
        } else {
            block.clear();
            while let Some(record) = self.single.get(self.position) {
                block.push(&record);
                self.position += 1;
            }
        }
        self.single.clear();
        self.position = 0;
    }

    /// The latest time of what was read ahead and not taken; `None` if there is nothing.
    pub(super) fn read_ahead_until(&self) -> Option<i64> {
        let ahead = self.single.records.get(self.position..)?;
        ahead.iter().map(|place| place.time_ns).max()
    }

    /// As [`Capture::fill`], but first what was read ahead and not taken.
    pub(super) fn fill_rest(&mut self, block: &mut Block) -> bool {
        if self.position < self.single.len() {
            self.take_rest(block);
            return !self.ended;
        }
        self.fill(block)
    }

    /// Reads in smaller pieces, for one of many captures that are open at a time.
    pub(super) fn read_little(&mut self) {
        self.block_bytes = LITTLE_BLOCK_BYTES;
    }

    /// Replaces what is in the block by the records that come next. False at the end of the file, when there is none
    /// after those in the block.
    pub fn fill(&mut self, block: &mut Block) -> bool {
        block.clear();
        block.append(&self.rest);
        self.rest.clear();
        let mut framed = 0;
        while !self.ended {
            let needed = self.frame(block, &mut framed);
            let enough = framed >= self.block_bytes / 2 || self.is_pipe && !block.is_empty();
            if self.ended || enough {
                break;
            }
            self.read_more(block, framed, needed);
        }
        self.rest
            .extend_from_slice(block.filled().get(framed..).unwrap_or(&[]));
        self.date_first(block);
        self.count_records(block);
        !self.ended
    }

    /// Records before the first one with a time get that of the first one with a time, as far as the block shows it.
    fn date_first(&mut self, block: &mut Block) {
        if self.dated {
            return;
        }
        let first = block
            .records
            .iter()
            .position(|place| place.time_ns != NO_TIME);
        let time_ns = first
            .and_then(|at| block.records.get(at))
            .map(|place| place.time_ns);
        for place in block.records.iter_mut().take(first.unwrap_or(usize::MAX)) {
            place.time_ns = time_ns.unwrap_or(0);
        }
        self.dated = time_ns.is_some();
    }

    /// Frames what is in the block from `framed` on; returns the bytes that the next frame needs.
    fn frame(&mut self, block: &mut Block, framed: &mut usize) -> usize {
        loop {
            let bytes = block.bytes.get(*framed..block.filled).unwrap_or(&[]);
            if self.to_skip > 0 {
                let skipped = self.to_skip.min(bytes.len() as u64);
                self.to_skip -= skipped;
                self.offset += skipped;
                *framed += skipped as usize;
                if self.to_skip > 0 {
                    return 1;
                }
                continue;
            }
            match self.format.next(bytes, &mut self.facts) {
                Frame::Record {
                    skip,
                    len,
                    size,
                    time_ns,
                    wire_len,
                    link_type,
                } => {
                    let at = (*framed + skip) as u32;
                    block.records.push(Place {
                        time_ns,
                        wire_len,
                        at,
                        len: len as u32,
                        link_type,
                    });
                    *framed += size;
                    self.offset += size as u64;
                }
                Frame::Other { size } => self.to_skip = size,
                Frame::Need(size) => return size,
                Frame::Broken(what) => {
                    self.end_with(Warning::Broken {
                        offset: self.offset,
                        what,
                    });
                    return 0;
                }
            }
        }
    }

    fn count_records(&mut self, block: &Block) {
        let facts = &mut self.facts;
        for run in block.records.chunk_by(|a, b| a.link_type == b.link_type) {
            if let Some(place) = run.first() {
                *facts.link_types.entry(place.link_type).or_default() += run.len() as u64;
            }
        }
        facts.records += block.len() as u64;
        let (mut earliest, mut latest) = facts.span_ns.unwrap_or((i64::MAX, i64::MIN));
        for place in &block.records {
            facts.captured_bytes += u64::from(place.len);
            facts.wire_bytes += u64::from(place.wire_len);
            facts.backward_steps += u64::from(place.time_ns < self.last_ns);
            self.last_ns = place.time_ns;
            earliest = earliest.min(place.time_ns);
            latest = latest.max(place.time_ns);
        }
        // Without any time in the file, its records are at 0 and it has no span.
        if self.dated && earliest <= latest {
            facts.span_ns = Some((earliest, latest));
        }
    }

    /// Reads once. At the end of the file what is left is a cut record, of `needed` bytes.
    fn read_more(&mut self, block: &mut Block, framed: usize, needed: usize) {
        let room = self.block_bytes.max(framed + needed);
        let result = loop {
            match self.bytes.read(block.free(room)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        match result {
            Ok(0) => {
                let left = block.filled.saturating_sub(framed) as u64;
                if left > 0 || self.to_skip > 0 {
                    let missing = if self.to_skip > 0 {
                        self.to_skip
                    } else {
                        (needed as u64).saturating_sub(left)
                    };
                    self.end_with(Warning::Cut {
                        offset: self.offset,
                        missing,
                    });
                }
                self.ended = true;
            }
            Ok(read) => block.filled += read,
            Err(error) => {
                let error = match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => "the compressed file is cut".to_owned(),
                    _ => error.to_string(),
                };
                self.end_with(Warning::Io {
                    offset: self.offset,
                    error,
                });
            }
        }
    }

    fn end_with(&mut self, warning: Warning) {
        self.facts.warnings.push(warning);
        self.ended = true;
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

/// Tells an error that was met while looking ahead, once what came before it was read.
struct Fails(Option<std::io::Error>);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn read_head(bytes: &mut Box<dyn Read + Send>) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    match bytes
        .by_ref()
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
    {
        // A compressed file that is cut may still show what it is.
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(head),
    }
}

/// What a file that is no capture looks like.
fn looks_like(head: &[u8], compression: Option<&'static str>) -> Option<&'static str> {
    let is_text = head
        .iter()
        .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let plain = match head {
        [0x7F, b'E', b'L', b'F', ..] => "a program",
        [b'P', b'K', 3, 4, ..] => "a zip archive: unpack it first",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file",
        [b'#', b's', b'e', b'p', b'a', b'r', ..] => "a Zeek log",
        [b'{', ..] | [b'[', ..] if is_text => "JSON",
        [b'G', b'M', b'B', b'U', ..] => "a Network Monitor capture: convert it with editcap",
        [b'X', b'C', b'P', 0, ..] => "a NetXRay capture: convert it with editcap",
        [b's', b'n', b'o', b'o', b'p', 0, 0, 0, ..] if head.len() >= 16 => {
            "a snoop file of a version or link that is not known"
        }
        [b's', b'n', b'o', b'o', b'p', 0, ..] => "a snoop file that ends inside its header",
        [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0xA1, 0xB2, 0x3C, 0x4D, ..]
        | [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0x4D, 0x3C, 0xB2, 0xA1, ..] => "a pcap file that ends inside its header",
        [0x0A, 0x0D, 0x0D, 0x0A, ..] if head.len() < 12 => {
            "a pcapng file that ends inside its header"
        }
        _ if is_text => "text",
        _ => return compression.map(|_| "a compressed file of something else"),
    };
    Some(plain)
}
