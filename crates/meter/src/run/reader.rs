//! The thread that reads: blocks of records, with whose each record is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use wire::Record;
use wire::capture::{Block, FileFacts, Inputs, Progress};
use wire::decode::outer_addresses;

use super::Shared;
use crate::share::{Share, pair_hash};

/// A block with the ordinal of its first record.
pub(super) struct Numbered {
    pub(super) block: Block,
    pub(super) first: u64,
    /// Whose each record is, as far as its outer addresses tell; found once for all workers.
    pub(super) owners: Vec<Owner>,
}

/// Whose a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Every worker has to decode it to know.
    Unknown,
    /// No worker's of this run.
    Nobody,
    /// That of the worker with this index.
    Worker(u32),
}

/// Reads blocks, and tells whose their records are.
pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) pool: Receiver<Block>,
    pub(super) workers: Vec<SyncSender<Arc<Numbered>>>,
    pub(super) share: Share,
    /// Whether workers have to be told which records are theirs.
    pub(super) owners: bool,
}

impl Reader {
    pub(super) fn run(&self, mut inputs: Inputs) -> Vec<FileFacts> {
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
