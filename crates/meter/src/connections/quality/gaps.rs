//! What of a direction was not seen where it should have been: holes, and what was acknowledged over them.

use super::flow::Seen;

/// A range that was passed over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    from: i64,
    to: i64,
    pub(super) since_ns: i64,
    /// First duplicate or selective acknowledgment since.
    pub(super) noticed_ns: Option<i64>,
    pub(super) notices: u8,
    /// Of the segment that passed it over.
    pub(super) id: Option<u16>,
    pub(super) stamp: Option<u32>,
}

/// What was acknowledged last without having been seen: the data may have been captured after its acknowledgment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    from: i64,
    to: i64,
    pub(super) since_ns: i64,
}

/// What is missing of one direction.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    holes: Vec<Hole>,
    passed: Option<Passed>,
    /// Bytes that were acknowledged and never seen.
    pub(super) unseen_bytes: u64,
}

/// Holes that are kept, the highest ones.
const HOLES: usize = 128;

impl Gaps {
    /// Nothing is missing; what was never seen stays so.
    pub(super) fn forget(&mut self) {
        self.holes.clear();
        self.passed = None;
    }

    /// A hole that a range lies in, the lowest.
    pub(super) fn hole(&self, from: i64, to: i64) -> Option<&Hole> {
        let mut holes = self.holes.iter();
        holes.find(|hole| hole.from < to && hole.to > from)
    }

    /// What was acknowledged last without having been seen, if a range lies in it.
    pub(super) fn passed(&self, from: i64, to: i64) -> Option<Passed> {
        self.passed
            .filter(|passed| passed.from < to && passed.to > from)
    }

    /// A segment that begins at `to` leaves a hole.
    pub(super) fn pass_over(&mut self, from: i64, to: i64, seen: &Seen) {
        self.make_room();
        self.holes.push(Hole {
            from,
            to,
            since_ns: seen.time_ns,
            noticed_ns: None,
            notices: 0,
            id: seen.id,
            stamp: seen.stamp.map(|stamp| stamp.0),
        });
    }

    /// A duplicate acknowledgment: the sender may know of the holes from now on.
    pub(super) fn notice(&mut self, time_ns: i64) {
        for hole in &mut self.holes {
            hole.noticed_ns.get_or_insert(time_ns);
            hole.notices = hole.notices.saturating_add(1);
        }
    }

    /// What is missing before `ack` was received, and not seen so far.
    pub(super) fn acknowledge(&mut self, ack: i64, time_ns: i64) {
        while let Some(hole) = self.holes.first_mut().filter(|hole| hole.from < ack) {
            let (from, to) = (hole.from, hole.to);
            if to > ack {
                hole.from = ack;
            } else {
                self.holes.remove(0);
            }
            self.pass(from, to.min(ack), time_ns);
        }
    }

    /// Marks a range as seen; returns how many of its bytes had been missing.
    pub(super) fn take(&mut self, from: i64, to: i64) -> u64 {
        let mut found = 0;
        if !self.holes.is_empty() {
            found += self.fill(from, to);
        }
        if self.passed.is_some() {
            found += self.seen_late(from, to);
        }
        found
    }

    /// Marks a range that was acknowledged as never seen, so far.
    pub(super) fn pass(&mut self, from: i64, to: i64, since_ns: i64) {
        self.unseen_bytes += (to - from) as u64;
        let from = match self.passed {
            Some(before) if before.to == from => before.from,
            _ => from,
        };
        self.passed = Some(Passed { from, to, since_ns });
    }

    /// Counts what was acknowledged before it was seen; returns how many bytes.
    fn seen_late(&mut self, from: i64, to: i64) -> u64 {
        let Some(passed) = &mut self.passed else {
            return 0;
        };
        let (lower, upper) = (passed.from.max(from), passed.to.min(to));
        if lower >= upper {
            return 0;
        }
        // Data mostly comes in order: what lies before it is given up.
        passed.from = upper;
        if passed.from == passed.to {
            self.passed = None;
        }
        let late = (upper - lower) as u64;
        self.unseen_bytes = self.unseen_bytes.saturating_sub(late);
        late
    }

    /// The lowest hole makes room for another one.
    fn make_room(&mut self) {
        if self.holes.len() == HOLES {
            self.holes.remove(0);
        }
    }

    fn fill(&mut self, from: i64, to: i64) -> u64 {
        let mut filled = 0;
        let mut rest = None;
        self.holes.retain_mut(|hole| {
            let (lower, upper) = (hole.from.max(from), hole.to.min(to));
            if lower >= upper {
                return true;
            }
            filled += (upper - lower) as u64;
            match (hole.from < lower, upper < hole.to) {
                (false, false) => return false,
                (true, false) => hole.to = lower,
                (false, true) => hole.from = upper,
                (true, true) => {
                    rest = Some(Hole {
                        from: upper,
                        ..*hole
                    });
                    hole.to = lower;
                }
            }
            true
        });
        if let Some(rest) = rest {
            self.make_room();
            let at = self.holes.partition_point(|hole| hole.from < rest.from);
            self.holes.insert(at, rest);
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_that_is_cut_into_many_makes_no_more_than_are_kept() {
        let seen = Seen {
            time_ns: 0,
            seq: 0,
            len: 10,
            ack: 0,
            window: 0,
            flags: 0,
            id: None,
            stamp: None,
        };
        let mut gaps = Gaps::default();
        gaps.pass_over(0, 100_000, &seen);
        for from in (10..100_000).step_by(20) {
            assert_eq!(gaps.take(from, from + 10), 10);
            assert!(gaps.holes.len() <= HOLES);
        }
        gaps.pass_over(100_010, 100_020, &seen);
        assert_eq!(gaps.holes.len(), HOLES);
        assert!(
            gaps.holes
                .is_sorted_by(|lower, upper| lower.to <= upper.from)
        );
    }
}
