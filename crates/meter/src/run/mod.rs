//! A run: one thread reads blocks of records, the others decode them, meter their share and make of the rows what is
//! wanted of them.
//!
//! Every worker sees every block and decodes what its share owns; the reader has looked at the addresses. That costs a
//! step over the rest, and buys that a share means the same here as on the nodes that watch one link.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use wire::capture::{Block, FileFacts, Inputs, Progress};
use wire::decode::{decode_into, may_be_around, outer_addresses};
use wire::{DecodeOptions, Network, Packet, Record};

use crate::select::Sample;
use crate::share::{Share, pair_hash};
use crate::tables::{Rows, Tables, TablesConfig};
use crate::{Select, Tally};

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

/// A block with the ordinal of its first record.
struct Numbered {
    block: Block,
    first: u64,
    /// Whose each record is, as far as its outer addresses tell; found once for all workers.
    owners: Vec<Owner>,
}

/// Whose a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// Every worker has to decode it to know.
    Unknown,
    /// No worker's of this run.
    Nobody,
    /// That of the worker with this index.
    Worker(u32),
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

struct Reader {
    shared: Arc<Shared>,
    pool: Receiver<Block>,
    workers: Vec<SyncSender<Arc<Numbered>>>,
    share: Share,
    /// Whether workers have to be told which records are theirs.
    owners: bool,
}

impl Reader {
    fn run(&self, mut inputs: Inputs) -> Vec<FileFacts> {
        let shared = &self.shared;
        let mut first = 0_u64;
        let mut spare = None;
        while !shared.stop.load(Ordering::Relaxed) {
            let mut block = spare
                .take()
                .or_else(|| self.pool.try_recv().ok())
                .unwrap_or_default();
            let more = inputs.fill(&mut block);
            let Progress {
                bytes_read,
                bytes_total,
            } = inputs.progress();
            shared.bytes_read.store(bytes_read, Ordering::Relaxed);
            shared
                .bytes_total
                .store(bytes_total.unwrap_or(0), Ordering::Relaxed);
            let records = block.len() as u64;
            if records > 0 {
                let numbered = Arc::new(Numbered {
                    owners: if self.owners {
                        block.iter().map(|record| self.owner(&record)).collect()
                    } else {
                        Vec::new()
                    },
                    block,
                    first,
                });
                first += records;
                shared.records.store(first, Ordering::Relaxed);
                for worker in &self.workers {
                    // A worker that is gone panicked; `finish` tells.
                    if worker.send(Arc::clone(&numbered)).is_err() {
                        return inputs.facts();
                    }
                }
            } else {
                spare = Some(block);
            }
            if !more {
                break;
            }
        }
        inputs.facts()
    }

    #[inline]
    fn owner(&self, record: &Record<'_>) -> Owner {
        let Some((src, dst)) = outer_addresses(record) else {
            return Owner::Unknown;
        };
        let part = self
            .share
            .part_that_owns(pair_hash(src, dst), self.workers.len() as u32);
        part.map_or(Owner::Nobody, Owner::Worker)
    }
}

struct Worker {
    index: u32,
    decode: DecodeOptions,
    select: Select,
    share: Share,
    stop: Arc<Shared>,
}

impl Worker {
    fn run(
        &self,
        mut tables: Tables,
        blocks: &Receiver<Arc<Numbered>>,
        pool: &std::sync::mpsc::Sender<Block>,
        hand_out: &impl Fn(&Rows) -> bool,
    ) -> Tally {
        let mut tally = Tally::default();
        let mut out = Rows::default();
        let mut end_ns = i64::MIN;
        while let Some(numbered) = self.next_block(blocks) {
            let owners = numbered.owners.iter();
            let owners = owners.chain(std::iter::repeat(&Owner::Unknown));
            let records = numbered.block.iter().zip(owners);
            for (ordinal, (record, owner)) in (numbered.first..).zip(records) {
                end_ns = end_ns.max(record.time_ns);
                tables.advance(record.time_ns, &mut out);
                let is_known = *owner == Owner::Worker(self.index);
                if !is_known && *owner != Owner::Unknown {
                    continue;
                }
                let seen = (ordinal, &record, is_known);
                self.observe(seen, &mut tables, &mut tally, &mut out);
                if out.is_full() {
                    if !hand_out(&out) {
                        return tally;
                    }
                    out.clear();
                }
            }
            if let Some(numbered) = Arc::into_inner(numbered) {
                // The reader may have ended: then the block is dropped.
                let _ = pool.send(numbered.block);
            }
        }
        tables.finish(end_ns, &mut tally, &mut out, &mut |out| {
            hand_out(out);
            out.clear();
        });
        tally
    }

    /// The next block; `None` at the end, or soon after a stop even if the reader waits on a pipe.
    fn next_block(&self, blocks: &Receiver<Arc<Numbered>>) -> Option<Arc<Numbered>> {
        loop {
            match blocks.recv_timeout(Duration::from_millis(50)) {
                Ok(numbered) => return Some(numbered),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.stop.stop.load(Ordering::Relaxed) => {
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Takes in a record with its ordinal; whether it is known to be of this share.
    #[inline]
    fn observe(
        &self,
        (ordinal, record, is_known): (u64, &Record<'_>, bool),
        tables: &mut Tables,
        tally: &mut Tally,
        out: &mut Rows,
    ) {
        let mut packet = Packet::EMPTY;
        decode_into(record, self.decode, &mut packet);
        let (mut selected, mut owned) = (true, true);
        if let Network::Ip(ip) = &packet.network {
            owned = is_known || self.share.owns(pair_hash(ip.src, ip.dst));
            if !owned && !(self.decode.decap && (!packet.tunnels.is_empty() || may_be_around(ip))) {
                return;
            }
            if !self.select.passes(record.time_ns, ip) {
                tally.filtered += u64::from(owned);
                selected = false;
            } else if self
                .select
                .sample
                .is_some_and(|sample: Sample| !sample.keeps(ordinal))
            {
                tally.sampled_out += u64::from(owned);
                selected = false;
            }
        } else if !self.share.owns_rest() {
            return;
        }
        if owned {
            tally.observe(record, &packet, selected);
        }
        tables.observe(
            &Seen {
                ordinal,
                record,
                packet: &packet,
                selected,
                owned,
            },
            out,
        );
    }
}
