//! Block by block: bytes are read into it and framed in place.

use super::Capture;
use crate::capture::block::{Block, Place};
use crate::capture::facts::Warning;
use crate::capture::frame::{Frame, NO_TIME};

impl Capture {
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
}
