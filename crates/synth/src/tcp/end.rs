//! The stack at one end of a connection: what it has sent and received, its windows and its timers.

use std::collections::VecDeque;

use crate::world::{MS, S};

const RTO_MIN: u64 = 200 * MS;

/// A run of sequence numbers that was sent and is not yet acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub start: u64,
    pub end: u64,
    pub message: u32,
    pub offset: u64,
    pub len: u32,
    pub flags: u8,
    /// A copy passed the monitor.
    pub seen: bool,
    pub delivered: bool,
    pub copies: u32,
    pub time: u64,
}

/// One end. Sequence numbers are offsets from the initial one, times are ns.
#[derive(Debug, Default)]
pub struct End {
    pub isn: u32,
    pub next: u64,
    pub unacked: u64,
    pub queued: u64,
    /// The message of the dialog that it is sending.
    pub message: u32,
    pub received: u64,
    /// What it received beyond a hole, the latest last.
    pub islands: Vec<(u64, u64)>,
    /// What it received a second time and has not yet said so.
    pub repeated: Option<(u64, u64)>,
    pub sent: VecDeque<Sent>,
    pub order: u32,
    pub window: u64,
    pub threshold: u64,
    pub dup_acks: u32,
    pub recover: u64,
    pub recovering: bool,
    /// Smoothed round-trip time.
    pub smoothed: u64,
    pub backoff: u32,
    pub resend_at: Option<u64>,
    pub ack_at: Option<u64>,
    pub ack_due: u32,
    pub resume_at: Option<u64>,
    /// What it had received when it stopped reading.
    pub stalled_at: Option<u64>,
    /// When its next timer event comes.
    pub armed: Option<u64>,
    pub peer_limit: u64,
    pub echo: u32,
    pub clock: u32,
    /// When its last segment was to pass the monitor.
    pub last_monitor: u64,
    pub fin_queued: bool,
    pub fin_start: Option<u64>,
    pub peer_fin: Option<u64>,
}

impl End {
    /// Time after which what is not acknowledged is sent again.
    pub fn timeout(&self, established: bool) -> u64 {
        let base = if established {
            (self.smoothed * 2 + 50 * MS).max(RTO_MIN)
        } else {
            S
        };
        base << self.backoff.min(6)
    }

    /// Room for more, as the receiver says it.
    pub fn room(&self, buffer: u64) -> u64 {
        match self.stalled_at {
            Some(at) => (at + buffer).saturating_sub(self.received),
            None => buffer,
        }
    }

    /// Forgets what is acknowledged below `ack`; what was sent once measures the round trip.
    pub fn forget(&mut self, ack: u64, now: u64) {
        self.unacked = ack;
        self.dup_acks = 0;
        self.backoff = 0;
        while let Some(sent) = self.sent.front().copied()
            && sent.end <= ack
        {
            self.sent.pop_front();
            if sent.copies == 1 {
                let sample = now.saturating_sub(sent.time);
                self.smoothed = if self.smoothed == 0 {
                    sample
                } else {
                    (self.smoothed * 7 + sample) / 8
                };
            }
        }
    }

    /// Opens the congestion window for `gained` bytes: slow start up to the threshold, slowly beyond it.
    pub fn grow(&mut self, gained: u64, mss: u64, most: u64) {
        if self.recovering {
            self.recovering = false;
            self.window = self.threshold.max(2 * mss);
        } else if self.window < self.threshold {
            self.window = (self.window + gained.min(2 * mss)).min(most);
        } else {
            self.window = (self.window + mss * mss / self.window.max(1)).min(most);
        }
    }

    /// Halves the congestion window for a loss, until all that was sent so far is acknowledged.
    pub fn shrink(&mut self, mss: u64) {
        self.threshold = (self.window / 2).max(2 * mss);
        self.window = self.threshold;
        self.recovering = true;
        self.recover = self.next;
    }

    /// Whether it has received these bytes.
    pub fn holds(&self, start: u64, stop: u64) -> bool {
        let inside = |(left, right): &(u64, u64)| *left <= start && stop <= *right;
        stop <= self.received || self.islands.iter().any(inside)
    }

    /// Keeps bytes beyond a hole.
    pub fn add_island(&mut self, start: u64, stop: u64) {
        let (mut left, mut right) = (start, stop);
        self.islands.retain(|(from, to)| {
            let touches = *from <= right && left <= *to;
            if touches {
                left = left.min(*from);
                right = right.max(*to);
            }
            !touches
        });
        self.islands.push((left, right));
    }

    /// Takes bytes up to `stop` in, and the islands that they reach.
    pub fn advance(&mut self, stop: u64) {
        self.received = stop;
        while let Some(at) = self
            .islands
            .iter()
            .position(|(left, _)| *left <= self.received)
        {
            let (_, right) = self.islands.remove(at);
            self.received = self.received.max(right);
        }
    }
}
