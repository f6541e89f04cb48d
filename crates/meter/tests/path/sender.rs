//! The sender: what it sends, and what it learns from acknowledgments.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ack, Ids, MS, Path, Rng};

const WINDOW: u32 = 24;

/// One transmission of a segment.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub segment: u32,
    pub id: u16,
    pub stamp: u32,
    pub echo: u32,
    pub again: bool,
}

pub struct Sender {
    path: Path,
    pub sent: Vec<Sent>,
    next_id: u16,
    next: u32,
    una: u32,
    sacked: BTreeSet<u32>,
    resent: BTreeMap<u32, i64>,
    link_free: i64,
    last_progress: i64,
}

impl Sender {
    pub fn new(path: &Path, start: i64) -> Self {
        Self {
            path: *path,
            sent: vec![],
            next_id: 100,
            next: 0,
            una: 0,
            sacked: BTreeSet::new(),
            resent: BTreeMap::new(),
            link_free: start,
            last_progress: start,
        }
    }

    /// The segments to send now, and whether again: those that three or more acknowledged ones overtook are lost.
    pub fn due(&mut self, now: i64) -> Vec<(u32, bool)> {
        let mut due: Vec<(u32, bool)> = (self.una..self.next)
            .filter(|n| !self.sacked.contains(n) && self.sacked.range(n + 1..).count() >= 3)
            .filter(|n| {
                self.resent
                    .get(n)
                    .is_none_or(|at| now - at > self.path.rtt() * 3 / 2)
            })
            .map(|n| (n, true))
            .collect();
        while self.next < self.path.segments && self.next - self.una < WINDOW {
            due.push((self.next, false));
            self.next += 1;
        }
        due
    }

    /// Puts a segment on the line; the number of the transmission and the time at which it departs.
    pub fn transmit(&mut self, now: i64, segment: u32, again: bool, rng: &mut Rng) -> (usize, i64) {
        let departs = now.max(self.link_free);
        self.link_free = departs + 12_000;
        let id = match self.path.ids {
            Ids::Constant => 0,
            Ids::Random => rng.next() as u16,
            Ids::Counting => {
                self.next_id = self.next_id.wrapping_add(1 + rng.below(3) as u16);
                self.next_id
            }
        };
        self.sent.push(Sent {
            segment,
            id,
            stamp: (departs / MS) as u32 + 1000,
            echo: (now - self.path.receiver_ns) as u32 / MS as u32 + 5000,
            again,
        });
        if again {
            self.resent.insert(segment, now);
        }
        (self.sent.len() - 1, departs)
    }

    pub fn acknowledged(&mut self, now: i64, ack: Ack) {
        if ack.ack > self.una {
            self.una = ack.ack;
            self.last_progress = now;
            self.sacked = self.sacked.split_off(&ack.ack);
        }
        for (from, to) in ack.sacks {
            self.sacked.extend((from..to).filter(|n| *n >= self.una));
        }
    }

    /// Whether all is acknowledged.
    pub fn is_done(&self) -> bool {
        self.una >= self.path.segments
    }

    /// The segment to send again because nothing was acknowledged for too long.
    pub fn timed_out(&mut self, now: i64) -> Option<u32> {
        let rto = 200 * MS + self.path.rtt() * 2;
        let waits = now - self.last_progress > rto && self.una < self.next;
        waits.then(|| {
            self.last_progress = now;
            self.una
        })
    }
}
