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
/// Of more captures that are open at a time, the further ones read in small pieces, for the sake of memory.
const FEW_CAPTURES: usize = 16;

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
                Source::Pipe { name, path, prefix } => {
                    let capture = Capture::from_named_pipe(name, path, prefix.clone())?;
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
        capture.read_little();
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

    /// Adds the captures in a folder; what is no capture is not meant, and counted, as what cannot be read.
    fn add_folder(&mut self, folder: &Path) -> Result<(), OpenError> {
        let mut found = Found::default();
        found.list(folder, MAX_DEPTH)?;
        found.files.sort();
        let name = folder.display().to_string();
        let mut facts = FileFacts {
            name: name.clone(),
            format: "folder",
            ..FileFacts::default()
        };
        for _ in 0..found.unreadable {
            facts.skip("folder that cannot be read");
        }
        let order = self.next_order();
        let (files, mut unreadable) = (found.files.len() as u64, 0);
        for file in found.files {
            if let Err(error) = self.add_file(file) {
                facts.skip(match error.reason {
                    Reason::NoCapture { .. } | Reason::Empty | Reason::Compressed { .. } => {
                        "file that is no capture"
                    }
                    _ => {
                        unreadable += 1;
                        "file that cannot be read"
                    }
                });
            }
        }
        if self.order == order {
            let reason = Reason::NoCaptureInFolder { files, unreadable };
            return Err(OpenError::new(name, reason));
        }
        if !facts.warnings.is_empty() {
            self.done.push((order, facts));
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

    /// Opens the files whose first record is due: before the next of those that are open, or the first of all.
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
                Ok(mut capture) => {
                    if self.active.len() >= FEW_CAPTURES {
                        capture.read_little();
                    }
                    self.active.push(Active { order, capture });
                }
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

    /// Time of the next record of an active capture.
    fn head_ns(&mut self, at: usize) -> Option<i64> {
        let active = self.active.get_mut(at)?;
        active.capture.peek().map(|record| record.time_ns)
    }

    fn close(&mut self, at: usize) {
        if at < self.active.len() {
            let Active { order, capture } = self.active.swap_remove(at);
            self.bytes_done += capture.bytes_read();
            self.done.push((order, capture.into_facts()));
        }
    }

    /// Gives what the only active capture has read ahead, if no other file begins within it.
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
            .is_some_and(|file| until.is_none_or(|until| file.first_ns <= until))
        {
            return false;
        }
        only.capture.fill_rest(block);
        true
    }

    fn merge(&mut self, block: &mut Block) {
        while block.len() < MERGED_RECORDS && block.filled().len() < MERGED_BYTES {
            self.open_due();
            let Some((at, until)) = self.next_run() else {
                return;
            };
            let Some(Active { order, capture }) = self.active.get_mut(at) else {
                return;
            };
            let mut first = true;
            while let Some(record) = capture.peek() {
                // The first record of the run is the one to take, whatever bounds the run.
                if !first && (record.time_ns, *order) >= until
                    || block.len() >= MERGED_RECORDS
                    || block.filled().len() >= MERGED_BYTES
                {
                    break;
                }
                block.push(&record);
                capture.pass();
                first = false;
            }
        }
    }

    /// The capture with the earliest next record, and the time and order up to which it stays the earliest. Closes those
    /// that have ended.
    fn next_run(&mut self) -> Option<(usize, (i64, usize))> {
        let (mut best, mut second) = (None::<((i64, usize), usize)>, (i64::MAX, usize::MAX));
        for at in (0..self.active.len()).rev() {
            let Some(time_ns) = self.head_ns(at) else {
                self.close(at);
                // Another one took its place, which was looked at before: start again.
                return self.next_run();
            };
            let order = self.active.get(at)?.order;
            match best {
                Some((key, _)) if key < (time_ns, order) => second = second.min((time_ns, order)),
                _ => {
                    if let Some((key, _)) = best {
                        second = second.min(key);
                    }
                    best = Some(((time_ns, order), at));
                }
            }
        }
        if let Some(file) = self.waiting.last() {
            // Whatever its order: it has to be open to be compared.
            second = second.min((file.first_ns, 0));
        }
        best.map(|(_, at)| (at, second))
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

/// Deeper folders than this are not entered.
const MAX_DEPTH: u32 = 16;

/// What is in a folder and the folders in it.
#[derive(Debug, Default)]
struct Found {
    files: Vec<PathBuf>,
    unreadable: u64,
}

impl Found {
    /// Links to folders are not followed: they may go round.
    fn list(&mut self, folder: &Path, depth: u32) -> Result<(), OpenError> {
        let name = || folder.display().to_string();
        let entries = std::fs::read_dir(folder).map_err(|error| OpenError::io(name(), error))?;
        for entry in entries {
            let entry = entry.map_err(|error| OpenError::io(name(), error))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth == 0 || self.list(&path, depth - 1).is_err() {
                    self.unreadable += 1;
                }
            } else if is_regular(&path) {
                self.files.push(path);
            }
        }
        Ok(())
    }
}
