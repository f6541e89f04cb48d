//! A thread that decodes and meters what is of its part of the share.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use wire::capture::Block;
use wire::decode::{decode_into, may_be_around};
use wire::{DecodeOptions, Network, Packet, Record};

use super::reader::{Numbered, Owner};
use super::{Seen, Shared};
use crate::select::Sample;
use crate::share::{Share, pair_hash};
use crate::tables::{Rows, Tables};
use crate::{Select, Tally};

/// Meters a part of the share.
pub(super) struct Worker {
    pub(super) index: u32,
    pub(super) decode: DecodeOptions,
    pub(super) select: Select,
    pub(super) share: Share,
    pub(super) stop: Arc<Shared>,
}

impl Worker {
    pub(super) fn run(
        &self,
        mut tables: Tables,
        blocks: &Receiver<Arc<Numbered>>,
        pool: &Sender<Block>,
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
