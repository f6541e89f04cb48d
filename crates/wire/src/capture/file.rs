//! One capture file as a stream of blocks.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{Block, Place};
use super::compression::Compression;
use super::error::{OpenError, Reason};
use super::facts::{FileFacts, Warning};
use super::frame::{Format, Frame, HEAD_BYTES};
use super::source::{Opened, open_path, open_stdin};
use crate::Record;

/// Bytes that a block takes in.
const BLOCK_BYTES: usize = 1 << 20;
/// A block of a file (not a pipe) is handed on when it holds at least this much.
const ENOUGH_BYTES: usize = 1 << 19;

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

    /// Reads a capture from any reader.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or is no capture.
    pub fn from_reader(
        name: impl Into<String>,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Capture, OpenError> {
        Capture::new(
            Opened {
                name: name.into(),
                bytes,
                size: None,
                is_pipe: false,
            },
            Arc::default(),
        )
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
            head = read_head(&mut bytes).map_err(|error| OpenError::io(&name, error))?;
        }
        let Some((format, header)) = Format::recognize(&head, &mut facts) else {
            let looks_like = looks_like(&head, facts.compression);
            return Err(OpenError::new(name, Reason::NoCapture { looks_like }));
        };
        let rest = head.get(header..).unwrap_or(&[]).to_vec();
        Ok(Capture {
            bytes,
            format,
            is_pipe,
            rest,
            to_skip: 0,
            offset: header as u64,
            ended: false,
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
        self.position -= 1;
        self.single.get(self.position)
    }

    /// Gives the records that were read ahead as a block, all at once; false if some of them were already taken.
    pub(super) fn take_block(&mut self, block: &mut Block) -> bool {
        let whole = self.position == 0;
        if whole {
            std::mem::swap(&mut self.single, block);
            self.single.clear();
        }
        whole
    }

    /// Time of the last record that was read ahead.
    pub(super) fn read_ahead_until(&self) -> i64 {
        self.single
            .records
            .iter()
            .map(|place| place.time_ns)
            .max()
            .unwrap_or(i64::MIN)
    }

    /// As [`Capture::fill`], but first what was read ahead and not taken.
    pub(super) fn fill_rest(&mut self, block: &mut Block) -> bool {
        if self.position >= self.single.len() {
            return if self.ended { false } else { self.fill(block) };
        }
        block.clear();
        while self.position < self.single.len() {
            if let Some(record) = self.single.get(self.position) {
                block.push(&record);
            }
            self.position += 1;
        }
        !self.ended
    }

    /// Replaces what is in the block by the records that come next. False at the end of the file, when there is none
    /// after those in the block.
    pub fn fill(&mut self, block: &mut Block) -> bool {
        block.clear();
        std::mem::swap(&mut block.bytes, &mut self.rest);
        self.rest.clear();
        let mut framed = 0;
        loop {
            let needed = self.frame(block, &mut framed);
            let enough = if self.is_pipe {
                !block.is_empty()
            } else {
                framed >= ENOUGH_BYTES
            };
            if self.ended || enough {
                break;
            }
            self.read_more(block, framed, needed);
        }
        self.rest
            .extend_from_slice(block.bytes.get(framed..).unwrap_or(&[]));
        !self.ended
    }

    /// Frames what is in the block from `framed` on; returns the bytes that the next frame needs.
    fn frame(&mut self, block: &mut Block, framed: &mut usize) -> usize {
        loop {
            let Some(bytes) = block.bytes.get(*framed..) else {
                return HEAD_BYTES;
            };
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
                    let place = Place {
                        time_ns,
                        wire_len,
                        at,
                        len: len as u32,
                        link_type,
                    };
                    self.count_record(&place);
                    block.records.push(place);
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

    #[inline]
    fn count_record(&mut self, place: &Place) {
        let facts = &mut self.facts;
        facts.records += 1;
        facts.captured_bytes += u64::from(place.len);
        facts.wire_bytes += u64::from(place.wire_len);
        facts.backward_steps += u64::from(place.time_ns < self.last_ns);
        self.last_ns = place.time_ns;
        match &mut facts.span_ns {
            Some((start, end)) => {
                *start = (*start).min(place.time_ns);
                *end = (*end).max(place.time_ns);
            }
            None => facts.span_ns = Some((place.time_ns, place.time_ns)),
        }
        *facts.link_types.entry(place.link_type).or_default() += 1;
    }

    /// Reads once. At the end of the file what is left is a cut record, of `needed` bytes.
    fn read_more(&mut self, block: &mut Block, framed: usize, needed: usize) {
        let filled = block.bytes.len();
        let room = BLOCK_BYTES.max(framed + needed);
        block.bytes.resize(room.max(filled + 1), 0);
        let free = block.bytes.get_mut(filled..).unwrap_or(&mut []);
        let result = loop {
            match self.bytes.read(free) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        block
            .bytes
            .truncate(filled + result.as_ref().copied().unwrap_or(0));
        match result {
            Ok(0) => {
                let left = block.bytes.len().saturating_sub(framed) as u64;
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
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.end_with(Warning::Io {
                    offset: self.offset,
                    error: "the compressed file is cut".to_owned(),
                });
            }
            Err(error) => self.end_with(Warning::Io {
                offset: self.offset,
                error: error.to_string(),
            }),
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
    let plain = match head {
        [0x7F, b'E', b'L', b'F', ..] => "a program",
        [b'P', b'K', 3, 4, ..] => "a zip archive: unpack it first",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file",
        [b'#', b's', b'e', b'p', b'a', b'r', ..] => "a Zeek log",
        [b'{', ..] | [b'[', ..] => "JSON",
        [0xA1, 0xB2 | 0x1A, ..] | [0xD4, 0xC3, 0xB2, 0xA1] => {
            "a pcap file that ends inside its header"
        }
        [0x0A, 0x0D, 0x0D, 0x0A, ..] => "a pcapng file that ends inside its header",
        _ if head
            .iter()
            .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) =>
        {
            "text"
        }
        _ => return compression.map(|_| "a compressed file of something else"),
    };
    Some(plain)
}
