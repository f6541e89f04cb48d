//! What a segment with payload is: new, sent again, overtaken, a copy.

use super::{Again, Context, Flow, Seen, Verdict};
use crate::connections::quality::gaps::Hole;

/// Copies and reorderings farther apart than this are retransmissions, whatever the round trip.
const COPY_NS: i64 = 10_000_000;
/// A copy follows within this where the receiver already asks for a retransmission.
const IMMEDIATE_NS: i64 = 1_000_000;
const LATE_COPY_NS: i64 = 100_000_000;
const SOON_NS: i64 = 3_000_000;
const TIMEOUT_NS: i64 = 150_000_000;
const AGAIN: usize = 32;

impl Flow {
    pub(super) fn judge(&mut self, seen: &Seen, from: i64, to: i64, context: &Context) -> Verdict {
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

    pub(super) fn is_copy_of_empty(&mut self, seen: &Seen, sacked: u64) -> bool {
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
}
