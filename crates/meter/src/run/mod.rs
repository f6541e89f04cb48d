//! A run: one thread reads blocks of records, the others decode them, meter their share and make of the rows what is
//! wanted of them.
//!
//! Every worker sees every block and decodes what its share owns; the reader has looked at the addresses. That costs a
//! step over the rest, and buys that a share means the same here as on the nodes that watch one link.

mod reader;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use wire::capture::{Block, FileFacts, Inputs};
use wire::{DecodeOptions, Packet, Record};

use crate::share::Share;
use crate::tables::{Rows, Tables, TablesConfig};
use crate::{Select, Tally};
use reader::{Numbered, Reader};
use worker::Worker;

/// One packet as the tables see it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Ordinal of the record in the run, from 0.
    pub ordinal: u64,
    /// The record.
    pub record: &'a Record<'a>,
    /// What it decodes to.
    pub packet: &'a Packet<'a>,
    /// Whether filters and sampling let it through; always, for what is not IP.
    pub selected: bool,
    /// Whether it is of this share; others are there for the tunnels around what is.
    pub owned: bool,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// How packets are decoded.
    pub decode: DecodeOptions,
    /// Which are metered.
    pub select: Select,
    /// Into which tables.
    pub tables: TablesConfig,
    /// The share that this run looks at.
    pub share: Share,
    /// Workers; each takes a part of the share.
    pub workers: u32,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            decode: DecodeOptions::default(),
            select: Select::default(),
            tables: TablesConfig::default(),
            share: Share::ALL,
            workers: 1,
        }
    }
}

/// A run in progress, that hands out a `T` for every batch of rows. Dropping it stops its threads.
#[derive(Debug)]
pub struct Run<T> {
    rows: Option<Mutex<Receiver<T>>>,
    reader: Option<JoinHandle<Vec<FileFacts>>>,
    workers: Vec<JoinHandle<Tally>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    bytes_read: AtomicU64,
    /// 0 when it is not known.
    bytes_total: AtomicU64,
    records: AtomicU64,
}

/// Blocks on their way to one worker.
const BLOCKS_AHEAD: usize = 6;
/// Batches of rows on their way out.
const BATCHES_AHEAD: usize = 2;

/// What one step of a run brings.
#[derive(Debug)]
pub enum Step<T> {
    /// What was made of a batch of rows.
    Rows(T),
    /// Nothing yet.
    Pending,
    /// All rows were handed out: [`Run::finish`] tells the counters.
    Done,
}

impl<T: Send + 'static> Run<T> {
    /// Starts a run; `seed` of the hashes changes nothing but the order of the rows. The workers convert their rows, side
    /// by side.
    ///
    /// With the packets table there is one worker, so that rows come in the order of the capture.
    pub fn start(
        inputs: Inputs,
        options: &RunOptions,
        seed: u64,
        convert: impl Fn(&Rows) -> T + Send + Sync + 'static,
    ) -> Run<T> {
        let convert = Arc::new(convert);
        let shared = Arc::new(Shared::default());
        let (row_sender, rows) = sync_channel(BATCHES_AHEAD);
        let (pool_sender, pool) = std::sync::mpsc::channel::<Block>();
        let mut block_senders = Vec::new();
        let mut workers = Vec::new();
        let count = if options.tables.packets.is_some() {
            1
        } else {
            options.workers.max(1)
        };
        for index in 0..count {
            let (sender, blocks) = sync_channel::<Arc<Numbered>>(BLOCKS_AHEAD);
            block_senders.push(sender);
            let worker = Worker {
                index,
                decode: options.decode,
                select: options.select.clone(),
                share: options.share.split(index, count).unwrap_or(Share::ALL),
                stop: Arc::clone(&shared),
            };
            let shared_tunnels = options.decode.decap.then_some(worker.share);
            let tables = Tables::new(&options.tables, count, seed, shared_tunnels);
            let (rows, pool) = (row_sender.clone(), pool_sender.clone());
            let convert = Arc::clone(&convert);
            workers.push(std::thread::spawn(move || {
                // Nobody takes rows any more after a run was dropped.
                worker.run(tables, &blocks, &pool, &|out| {
                    rows.send(convert(out)).is_ok()
                })
            }));
        }
        let reader = Reader {
            shared: Arc::clone(&shared),
            pool,
            workers: block_senders,
            share: options.share,
            owners: !options.decode.decap && (count > 1 || options.share != Share::ALL),
        };
        let reader = std::thread::spawn(move || reader.run(inputs));
        Run {
            rows: Some(Mutex::new(rows)),
            reader: Some(reader),
            workers,
            shared,
        }
    }

    /// Waits for rows, for at most `timeout`.
    pub fn step(&self, timeout: Duration) -> Step<T> {
        let Some(rows) = &self.rows else {
            return Step::Done;
        };
        // One step at a time; a lock poisoned by a panic elsewhere still holds a whole receiver.
        let rows = rows
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match rows.recv_timeout(timeout) {
            Ok(rows) => Step::Rows(rows),
            Err(RecvTimeoutError::Timeout) => Step::Pending,
            Err(RecvTimeoutError::Disconnected) => Step::Done,
        }
    }

    /// Ends reading; what was read so far still comes out of [`Run::step`].
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Bytes read, bytes in all if known, and records read.
    pub fn progress(&self) -> (u64, Option<u64>, u64) {
        let total = self.shared.bytes_total.load(Ordering::Relaxed);
        let read = self.shared.bytes_read.load(Ordering::Relaxed);
        (
            read,
            (total > 0).then_some(total),
            self.shared.records.load(Ordering::Relaxed),
        )
    }

    /// The counters and the facts of the files, after [`Step::Done`]. `None` if a thread panicked, which is a bug.
    ///
    /// After [`Run::stop`] a reader that waits on a silent pipe is left behind: its file facts are then missing.
    pub fn finish(mut self) -> Option<(Tally, Vec<FileFacts>)> {
        self.rows = None;
        let mut tally = Tally::default();
        for worker in self.workers.drain(..) {
            tally.merge(worker.join().ok()?);
        }
        let reader = self.reader.take()?;
        let stopped = self.shared.stop.load(Ordering::Relaxed);
        let files = if stopped && !reader.is_finished() {
            Vec::new()
        } else {
            reader.join().ok()?
        };
        Some((tally, files))
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.rows = None;
    }
}
