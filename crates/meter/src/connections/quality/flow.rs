//! The data of one direction in sequence space: new, sent again, overtaken, copied, missing.

use std::collections::VecDeque;

use super::gaps::{Gaps, Hole};
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

/// Copies and reorderings farther apart than this are retransmissions, whatever the round trip.
const COPY_NS: i64 = 10_000_000;
/// A copy follows within this where the receiver already asks for a retransmission.
const IMMEDIATE_NS: i64 = 1_000_000;
const LATE_COPY_NS: i64 = 100_000_000;
const SOON_NS: i64 = 3_000_000;
const TIMEOUT_NS: i64 = 150_000_000;
/// A jump past this is no hole but another connection, or nonsense.
const JUMP: i64 = 1 << 26;
const RECENT: usize = 64;
const AGAIN: usize = 32;

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

    fn judge(&mut self, seen: &Seen, from: i64, to: i64, context: &Context) -> Verdict {
        if from >= self.top {
            return if self.peer_window_closed && seen.len == 1 {
                Verdict::WindowProbe
            } else {
                Verdict::New
            };
        }
        if self.is_copy(seen, from, context) {
            return Verdict::Duplicate;
        }
        let acked = self.acked.unwrap_or(i64::MIN);
        if self.probed && from == self.top - 1 && to > self.top && acked <= from {
            // The window opened: the refused byte of the probe comes with what follows it.
            return Verdict::New;
        }
        let passed = self.gaps.passed(from, to);
        if passed.is_some_and(|passed| seen.time_ns - passed.since_ns < COPY_NS) {
            // Its acknowledgment was captured before it.
            return Verdict::Reordered;
        }
        if seen.len == 1 && to == self.top {
            if self.peer_window_closed {
                return Verdict::WindowProbe;
            }
            // A last segment of one byte can be sent again; a keep-alive repeats the end of a longer one, or what was
            // sent before the capture.
            let alone = !(self.joined && self.unique_bytes == 1)
                && self
                    .recent
                    .iter()
                    .any(|(at, before)| *at == from && before.len == 1);
            if acked >= to && !alone {
                return Verdict::KeepAlive;
            }
        }
        let fast = self.dups >= 2 || from < self.recovery_to || self.sacked_to > to;
        match self.gaps.hole(from, to) {
            Some(hole) if self.overtaken(seen, hole, context) => Verdict::Reordered,
            Some(_) => Verdict::LostUpstream { fast },
            None if passed.is_some() => Verdict::LostUpstream { fast },
            None => {
                let needless = acked >= to;
                if !needless {
                    if self.again.len() == AGAIN {
                        self.again.pop_front();
                    }
                    let stamp = seen.stamp.map(|stamp| stamp.0);
                    self.again.push_back(Again {
                        from,
                        to,
                        stamp,
                        at_edge: acked == from,
                    });
                }
                Verdict::SeenBefore { fast, needless }
            }
        }
    }

    /// Whether the IP id says that a packet which says the same as an earlier one is that one, captured again: where ids
    /// tell packets apart, or, as long as that is not known, at once; likewise where other packets were captured twice.
    fn is_packet(&self, seen: &Seen, before_ns: i64) -> bool {
        let at_once = seen.time_ns - before_ns < IMMEDIATE_NS;
        let unlike = self.ids.tell_copies() || at_once && !self.ids.are_constant();
        seen.id.is_some_and(|id| id != 0) && unlike || at_once && self.is_doubled
    }

    fn is_copy_of_empty(&mut self, seen: &Seen, sacked: u64) -> bool {
        let before_ns = self.lately.came_at(seen, sacked);
        before_ns.is_some_and(|before_ns| self.is_packet(seen, before_ns))
    }

    /// The same packet again: by its IP id, else by all its fields and too early for a retransmission.
    fn is_copy(&self, seen: &Seen, from: i64, context: &Context) -> bool {
        let original = self
            .recent
            .iter()
            .rev()
            .find(|(at, before)| *at == from && before.len == seen.len);
        let Some((_, before)) = original else {
            return false;
        };
        if !seen.says_the_same(before) {
            return false;
        }
        if self.is_packet(seen, before.time_ns) {
            return true;
        }
        let half_path = context.path_ns.map_or(COPY_NS, |path| path / 2).max(1);
        let elapsed = seen.time_ns - before.time_ns;
        if context.acks_seen && self.reported_lost(from) {
            // The receiver misses it: all but an immediate copy is the retransmission that it asks for.
            return elapsed < half_path.min(IMMEDIATE_NS);
        }
        elapsed < half_path.min(LATE_COPY_NS)
    }

    /// Whether acknowledgments say that the receiver misses what starts at `from`.
    fn reported_lost(&self, from: i64) -> bool {
        let acked = self.acked.unwrap_or(i64::MIN);
        self.dups >= 2 && acked == from || acked <= from && self.sacked_to > from
    }

    /// Whether a segment that comes to a hole was sent before the one that passed the hole over.
    fn overtaken(&self, seen: &Seen, hole: &Hole, context: &Context) -> bool {
        if let (Some(id), Some(after)) = (seen.id, hole.id)
            && let Some(earlier) = self.ids.earlier(id, after)
        {
            return earlier;
        }
        if let (Some((stamp, _)), Some(after)) = (seen.stamp, hole.stamp)
            && stamp != after
        {
            return (stamp.wrapping_sub(after) as i32) < 0;
        }
        let elapsed = seen.time_ns - hole.since_ns;
        if elapsed > TIMEOUT_NS {
            return false;
        }
        if !context.acks_seen {
            return elapsed < context.path_ns.map_or(SOON_NS, |path| path * 7 / 10);
        }
        let Some(noticed) = hole.noticed_ns else {
            // The sender cannot know yet that anything is missing.
            return true;
        };
        match context.sender_ns {
            // The acknowledgment has to reach the sender, and the retransmission the monitor.
            Some(sender) => seen.time_ns - noticed < sender * 7 / 10,
            None => hole.notices < 3,
        }
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

    /// An acknowledgment of this data. Returns whether it is a duplicate one, and how many retransmissions it shows
    /// to be needless.
    pub(super) fn acknowledged(
        &mut self,
        seen: &Seen,
        sacks: &[(u32, u32)],
        pure: bool,
    ) -> (bool, u64) {
        if !self.started {
            self.start(seen.ack);
        }
        let ack = self.offset(seen.ack);
        if (ack - self.top).abs() > JUMP {
            return (false, 0);
        }
        let before = self.acked;
        let mut needless = 0;
        if ack > self.top {
            // What lies between was never seen; a single number is a FIN.
            if before.is_some() && ack - self.top > 1 {
                self.gaps.pass(self.top, ack, seen.time_ns);
            }
            self.top = ack;
        }
        let advances = before.is_none_or(|before| ack > before);
        let repeats = before == Some(ack) && pure && self.top > ack;
        let duplicate = repeats && (seen.window == self.last_window || !sacks.is_empty());
        self.last_window = seen.window;
        for (left, right) in sacks {
            let (left, right) = (self.offset(*left), self.offset(*right));
            if right <= ack {
                // DSACK: the receiver got this twice.
                needless += self.needless(|again| again.from < right && again.to > left);
            } else {
                self.sacked_to = self.sacked_to.max(right);
            }
        }
        if duplicate {
            self.dups = self.dups.saturating_add(1);
            self.gaps.notice(seen.time_ns);
        } else if advances {
            self.dups = 0;
            self.acked = Some(ack);
            if let Some((_, echo)) = seen.stamp.filter(|stamp| stamp.1 != 0) {
                // Eifel: it answers the original, not the retransmission.
                needless += self.needless(|again| {
                    again.at_edge
                        && again.to <= ack
                        && again
                            .stamp
                            .is_some_and(|stamp| (echo.wrapping_sub(stamp) as i32) < 0)
                });
            }
            // One more acknowledgment may carry a DSACK.
            let keep_from = ack - JUMP;
            self.again.retain(|again| again.to > keep_from);
            self.gaps.acknowledge(ack, seen.time_ns);
        }
        (duplicate, needless)
    }

    fn needless(&mut self, matches: impl Fn(&Again) -> bool) -> u64 {
        match self.again.iter().position(matches) {
            Some(at) => {
                self.again.remove(at);
                1
            }
            None => 0,
        }
    }
}
