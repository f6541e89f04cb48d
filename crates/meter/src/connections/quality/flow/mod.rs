//! The data of one direction in sequence space: new, sent again, overtaken, copied, missing.

mod acks;
mod judge;

use std::collections::VecDeque;

use super::gaps::Gaps;
use super::ids::Ids;
use super::lately::Lately;
use super::rtt::Probes;

/// One segment as this module wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) time_ns: i64,
    pub(super) seq: u32,
    pub(super) len: u32,
    pub(super) ack: u32,
    pub(super) window: u16,
    pub(super) flags: u16,
    /// IPv4 identification; `None` for IPv6.
    pub(super) id: Option<u16>,
    /// Timestamp option: value and echo.
    pub(super) stamp: Option<(u32, u32)>,
}

impl Seen {
    /// All that it says, but not when.
    fn says_the_same(&self, other: &Self) -> bool {
        *self
            == Self {
                time_ns: self.time_ns,
                ..*other
            }
    }
}

/// What the other side's acknowledgments and the round trip say, for a verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    /// Acknowledgments of this data are seen.
    pub(super) acks_seen: bool,
    /// Shortest round trip over the whole path.
    pub(super) path_ns: Option<i64>,
    /// Round trip between the monitor and the sender, by the handshake: data is acknowledged late on purpose.
    pub(super) sender_ns: Option<i64>,
}

/// What a data segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    Duplicate,
    Reordered,
    /// Sent again; the original had not been seen.
    LostUpstream {
        fast: bool,
    },
    /// Sent again; the original had been seen.
    SeenBefore {
        fast: bool,
        needless: bool,
    },
    KeepAlive,
    WindowProbe,
}

/// A retransmission of which it may still turn out that it was needless.
#[derive(Clone, Copy, Debug)]
struct Again {
    from: i64,
    to: i64,
    stamp: Option<u32>,
    /// It began at the first unacknowledged byte.
    at_edge: bool,
}

/// The data of one direction.
#[derive(Debug, Default)]
pub(super) struct Flow {
    started: bool,
    /// Started by payload: what came before it is not known.
    joined: bool,
    /// The last segment probed a closed window with a byte that may be refused.
    probed: bool,
    /// After the highest byte; its low 32 bits are sequence numbers.
    top: i64,
    acked: Option<i64>,
    gaps: Gaps,
    recent: VecDeque<(i64, Seen)>,
    again: VecDeque<Again>,
    pub(super) probes: Probes,
    ids: Ids,
    dups: u32,
    sacked_to: i64,
    recovery_to: i64,
    pub(super) last_window: u16,
    pub(super) peer_window_closed: bool,
    pub(super) data_pkts: u64,
    pub(super) payload_bytes: u64,
    pub(super) unique_bytes: u64,
    pub(super) rexmit_bytes: u64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
    lately: Lately,
    /// Other packets of this side were captured twice.
    pub(super) is_doubled: bool,
}

/// A jump past this is no hole but another connection, or nonsense.
const JUMP: i64 = 1 << 26;
const RECENT: usize = 64;

impl Flow {
    fn offset(&self, seq: u32) -> i64 {
        self.top + i64::from(seq.wrapping_sub(self.top as u32) as i32)
    }

    pub(super) fn start(&mut self, seq: u32) {
        self.started = true;
        self.top = i64::from(seq) + (1 << 32);
        self.sacked_to = self.top;
        self.recovery_to = self.top;
    }

    /// An acknowledgment that came before the first payload.
    pub(super) fn acked_before(&mut self, ack: u32) {
        let ack = self.offset(ack);
        if (ack - self.top).abs() > JUMP {
            return;
        }
        // A single number is a FIN.
        if ack - self.top > 1 {
            self.gaps.unseen_bytes += (ack - self.top) as u64;
        }
        self.top = self.top.max(ack);
        self.acked = Some(ack);
    }

    pub(super) fn acked(&self) -> Option<i64> {
        self.acked
    }

    /// Bytes that were acknowledged and never seen.
    pub(super) fn unseen_bytes(&self) -> u64 {
        self.gaps.unseen_bytes
    }

    /// After the highest byte seen.
    pub(super) fn top(&self) -> i64 {
        self.top
    }

    pub(super) fn outstanding(&self) -> bool {
        self.acked.is_some_and(|acked| self.top > acked)
    }

    /// A SYN or FIN takes a number, too.
    pub(super) fn control(&mut self, end: u32) {
        if !self.started {
            self.start(end);
        }
        let end = self.offset(end);
        if (1..=2).contains(&(end - self.top)) {
            self.top = end;
        }
    }

    /// A FIN without payload, which may have overtaken what was sent before it.
    pub(super) fn fin(&mut self, seen: &Seen) -> Verdict {
        if self.is_copy_of_empty(seen, 0) {
            return Verdict::Duplicate;
        }
        self.ids.add(seen.id);
        let from = self.offset(seen.seq);
        if self.started && from > self.top && from - self.top <= JUMP {
            self.pass_over(from, seen);
        }
        self.control(seen.seq.wrapping_add(1));
        Verdict::New
    }

    /// A segment without payload: a copy, a keep-alive, or nothing special. `sacked`: its selective acknowledgments as one
    /// number.
    pub(super) fn empty(&mut self, seen: &Seen, sacked: u64) -> Verdict {
        if !self.started {
            self.start(seen.seq);
        }
        if self.is_copy_of_empty(seen, sacked) {
            return Verdict::Duplicate;
        }
        self.ids.add(seen.id);
        let from = self.offset(seen.seq);
        // What it has overtaken was sent before it.
        if from > self.top && from - self.top <= JUMP {
            self.pass_over(from, seen);
        }
        if from == self.top - 1 && !self.outstanding() {
            Verdict::KeepAlive
        } else {
            Verdict::New
        }
    }

    /// A segment with payload.
    pub(super) fn data(&mut self, seen: &Seen, context: &Context) -> Verdict {
        if !self.started {
            self.start(seen.seq);
            self.joined = true;
        }
        if self.data_pkts == 0 {
            self.first_ns = seen.time_ns;
        }
        self.last_ns = self.last_ns.max(seen.time_ns);
        self.data_pkts += 1;
        self.payload_bytes += u64::from(seen.len);
        let from = self.offset(seen.seq);
        let to = from + i64::from(seen.len);
        if (from - self.top).abs() > JUMP {
            self.resync(from);
        }
        let verdict = self.judge(seen, from, to, context);
        let fresh = self.take(seen, from, to);
        match verdict {
            Verdict::New => self.probes.sent(to, seen.time_ns),
            Verdict::Duplicate => return verdict,
            _ => self.probes.clear(),
        }
        self.probed = verdict == Verdict::WindowProbe;
        if let Verdict::LostUpstream { .. } | Verdict::SeenBefore { .. } = verdict {
            self.rexmit_bytes += match verdict {
                Verdict::SeenBefore { .. } => u64::from(seen.len) - fresh.min(u64::from(seen.len)),
                _ => u64::from(seen.len),
            };
            self.recovery_to = self.recovery_to.max(self.top);
        }
        self.ids.add(seen.id);
        if matches!(verdict, Verdict::KeepAlive | Verdict::WindowProbe) {
            // The next one is no copy of it, and not a segment of one byte sent again.
            return verdict;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((from, *seen));
        verdict
    }

    fn resync(&mut self, from: i64) {
        self.gaps.forget();
        self.again.clear();
        self.probes.clear();
        self.probed = false;
        self.top = from;
        self.acked = None;
    }

    /// Marks a range as seen; returns how many of its bytes had not been.
    fn take(&mut self, seen: &Seen, from: i64, to: i64) -> u64 {
        let mut fresh = 0;
        if from > self.top {
            self.pass_over(from, seen);
        }
        if to > self.top {
            fresh += (to - from.max(self.top)) as u64;
            self.top = to;
        }
        fresh += self.gaps.take(from, to);
        self.unique_bytes += fresh;
        fresh
    }

    /// A segment that begins at `from` leaves a hole before it.
    fn pass_over(&mut self, from: i64, seen: &Seen) {
        self.gaps.pass_over(self.top, from, seen);
        self.top = from;
    }
}
