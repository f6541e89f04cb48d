//! Several captures as one stream in order of time.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::error::{OpenError, Reason};
use super::{Block, Capture, FileFacts, Source};

/// How far reading has come, in bytes of the files as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes in all; `None` if a pipe is among the inputs.
    pub bytes_total: Option<u64>,
}

/// Inputs merged by the time of their records. A file is open only from its first record on, so that thousands of them
/// can follow each other.
#[derive(Debug)]
pub struct Inputs {
    /// Files that are not open yet, the earliest last.
    waiting: Vec<Waiting>,
    active: Vec<Active>,
    done: Vec<(usize, FileFacts)>,
    bytes_done: u64,
    bytes_total: Option<u64>,
    order: usize,
}

#[derive(Debug)]
struct Waiting {
    first_ns: i64,
    order: usize,
    path: PathBuf,
}

#[derive(Debug)]
struct Active {
    order: usize,
    capture: Capture,
}

/// Records that are merged into one block at a time.
const MERGED_RECORDS: usize = 8192;
const MERGED_BYTES: usize = 1 << 20;

impl Inputs {
    /// Opens the inputs; folders stand for the captures in them.
    ///
    /// # Errors
    /// If an input that was named cannot be read or is no capture, or a folder holds none.
    pub fn open(sources: &[Source]) -> Result<Inputs, OpenError> {
        if sources.is_empty() {
            return Err(OpenError::new("", Reason::NoInput));
        }
        let mut inputs = Inputs {
            waiting: Vec::new(),
            active: Vec::new(),
            done: Vec::new(),
            bytes_done: 0,
            bytes_total: Some(0),
            order: 0,
        };
        for source in sources {
            match source {
                Source::Stdin { prefix } => {
                    let capture = Capture::from_stdin(prefix.clone())?;
                    inputs.activate(capture);
                }
                Source::Path(path) if path.is_dir() => inputs.add_folder(path)?,
                Source::Path(path) if is_regular(path) && sources.len() > 1 => {
                    inputs.add_file(path.clone())?
                }
                Source::Path(path) => inputs.activate(Capture::open(path)?),
            }
        }
        inputs
            .waiting
            .sort_by_key(|file| Reverse((file.first_ns, file.order)));
        Ok(inputs)
    }

    fn next_order(&mut self) -> usize {
        self.order += 1;
        self.order
    }

    fn activate(&mut self, capture: Capture) {
        let size = capture.facts().file_bytes;
        self.bytes_total = self
            .bytes_total
            .zip(size)
            .map(|(total, size)| total.saturating_add(size));
        let order = self.next_order();
        self.active.push(Active { order, capture });
    }

    /// Looks at the first record of a file and closes it again.
    fn add_file(&mut self, path: PathBuf) -> Result<(), OpenError> {
        let mut capture = Capture::open(&path)?;
        let first_ns = capture
            .next_record()
            .map_or(i64::MIN, |record| record.time_ns);
        let size = capture.facts().file_bytes;
        self.bytes_total = self
            .bytes_total
            .zip(size)
            .map(|(total, size)| total.saturating_add(size));
        let order = self.next_order();
        self.waiting.push(Waiting {
            first_ns,
            order,
            path,
        });
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), OpenError> {
        let mut files = Vec::new();
        list(folder, &mut files, 0)?;
        files.sort();
        let before = self.order;
        let count = files.len() as u64;
        for file in files {
            // What is no capture in a folder is not meant.
            if let Err(OpenError {
                reason: Reason::Io(error),
                name,
            }) = self.add_file(file)
            {
                return Err(OpenError::io(name, error));
            }
        }
        if self.order == before {
            let name = folder.display().to_string();
            return Err(OpenError::new(
                name,
                Reason::NoCaptureInFolder { files: count },
            ));
        }
        Ok(())
    }

    /// Replaces what is in the block by the records that come next; false at the end of all inputs.
    pub fn fill(&mut self, block: &mut Block) -> bool {
        block.clear();
        if let ([only], []) = (self.active.as_mut_slice(), self.waiting.as_slice()) {
            let more = only.capture.fill_rest(block);
            if !more {
                self.close(0);
            }
            return more;
        }
        self.open_due();
        if !self.hand_over(block) {
            self.merge(block);
        }
        !(self.active.is_empty() && self.waiting.is_empty())
    }

    /// Opens the files whose first record is due.
    fn open_due(&mut self) {
        loop {
            let next_ns = (0..self.active.len())
                .filter_map(|at| self.head_ns(at))
                .min();
            match self.waiting.last() {
                Some(file) if next_ns.is_none_or(|next| file.first_ns <= next) => {}
                _ => return,
            }
            let Some(Waiting { order, path, .. }) = self.waiting.pop() else {
                return;
            };
            match Capture::open(&path) {
                Ok(capture) => self.active.push(Active { order, capture }),
                Err(error) => {
                    let mut facts = FileFacts {
                        name: path.display().to_string(),
                        ..FileFacts::default()
                    };
                    let warning = super::Warning::Io {
                        offset: 0,
                        error: error.to_string(),
                    };
                    facts.warnings.push(warning);
                    self.done.push((order, facts));
                }
            }
        }
    }

    /// Time of the next record of an active capture; closes it at its end.
    fn head_ns(&mut self, at: usize) -> Option<i64> {
        self.active
            .get_mut(at)?
            .capture
            .peek()
            .map(|record| record.time_ns)
    }

    fn close(&mut self, at: usize) {
        if at < self.active.len() {
            let Active { order, capture } = self.active.swap_remove(at);
            self.bytes_done += capture.bytes_read();
            self.done.push((order, capture.into_facts()));
        }
    }

    /// Gives the whole read-ahead block of the only active capture if no other file begins within it.
    fn hand_over(&mut self, block: &mut Block) -> bool {
        let [only] = self.active.as_mut_slice() else {
            return false;
        };
        if only.capture.peek().is_none() {
            self.close(0);
            return false;
        }
        let until = only.capture.read_ahead_until();
        if self
            .waiting
            .last()
            .is_some_and(|file| file.first_ns <= until)
        {
            return false;
        }
        only.capture.take_block(block)
    }

    fn merge(&mut self, block: &mut Block) {
        while block.len() < MERGED_RECORDS && block.bytes.len() < MERGED_BYTES {
            self.open_due();
            let heads = (0..self.active.len())
                .map(|at| (self.head_ns(at), at))
                .collect::<Vec<_>>();
            if let Some((_, at)) = heads.iter().rev().find(|(head, _)| head.is_none()) {
                self.close(*at);
                continue;
            }
            let order = |at: usize| self.active.get(at).map(|active| active.order);
            let Some((_, at)) = heads
                .into_iter()
                .min_by_key(|(head, at)| (*head, order(*at)))
            else {
                return;
            };
            if let Some(record) = self
                .active
                .get_mut(at)
                .and_then(|active| active.capture.next_record())
            {
                block.push(&record);
            }
        }
    }

    /// How far reading has come.
    pub fn progress(&self) -> Progress {
        let active: u64 = self
            .active
            .iter()
            .map(|active| active.capture.bytes_read())
            .sum();
        Progress {
            bytes_read: self.bytes_done + active,
            bytes_total: self.bytes_total,
        }
    }

    /// What is known of the files, in the order they were named.
    pub fn facts(mut self) -> Vec<FileFacts> {
        while !self.active.is_empty() {
            self.close(0);
        }
        self.done.sort_by_key(|(order, _)| *order);
        self.done.into_iter().map(|(_, facts)| facts).collect()
    }
}

fn is_regular(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Deeper folders than this are not entered: links may go round.
const MAX_DEPTH: u32 = 16;

fn list(folder: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<(), OpenError> {
    let name = || folder.display().to_string();
    for entry in std::fs::read_dir(folder).map_err(|error| OpenError::io(name(), error))? {
        let path = entry.map_err(|error| OpenError::io(name(), error))?.path();
        if path.is_dir() && depth < MAX_DEPTH {
            list(&path, files, depth + 1)?;
        } else if is_regular(&path) {
            files.push(path);
        }
    }
    Ok(())
}
