//! What acknowledgments say of the data of the other direction.

use super::{Again, Flow, JUMP, Seen};

impl Flow {
    /// An acknowledgment of this data. Returns whether it is a duplicate one, and how many retransmissions it shows
    /// to be needless.
    pub(in crate::connections::quality) fn acknowledged(
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
