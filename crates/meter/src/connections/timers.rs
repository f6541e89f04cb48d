//! When to look at which connection again.
//!
//! Alarms wait in slices of time, unsorted; only those of the slice that is now are kept in order. Setting one so costs
//! the same however many there are.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A reason to look at a connection; stale when the connection has gone or looks earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) time: i64,
    pub(super) slot: u32,
    pub(super) generation: u32,
}

impl Alarm {
    fn slice(&self) -> i64 {
        self.time >> SLICE_BITS
    }
}

/// A slice is 2^26 ns, 67 ms.
const SLICE_BITS: u32 = 26;
/// Slices ahead, nine minutes: longer than all timeouts but that of interactive services.
const SLICES: usize = 1 << 13;
/// Alarms whose connections are looked at together.
const AHEAD: usize = 16;
/// Emptied slices whose memory is kept.
const SPARES: usize = 64;

/// All alarms, earliest first.
#[derive(Debug)]
pub(super) struct Timers {
    /// Those of slice `now`, latest first, and those that came since.
    near: Vec<Alarm>,
    late: BinaryHeap<Reverse<Alarm>>,
    now: i64,
    /// From here on to the end of `near`, alarms were looked at.
    looked_at: usize,
    /// Those of the slices after `now`.
    slices: VecDeque<Vec<Alarm>>,
    /// Those after the slices.
    far: BinaryHeap<Reverse<Alarm>>,
    spares: Vec<Vec<Alarm>>,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            near: Vec::new(),
            late: BinaryHeap::new(),
            now: i64::MIN >> SLICE_BITS,
            looked_at: 0,
            slices: VecDeque::new(),
            far: BinaryHeap::new(),
            spares: Vec::new(),
        }
    }
}

impl Timers {
    pub(super) fn push(&mut self, alarm: Alarm) {
        let ahead = alarm.slice() - self.now - 1;
        match usize::try_from(ahead) {
            Err(_) => self.late.push(Reverse(alarm)),
            Ok(at) if at < SLICES => {
                while self.slices.len() <= at {
                    self.slices.push_back(self.spares.pop().unwrap_or_default());
                }
                if let Some(slice) = self.slices.get_mut(at) {
                    slice.push(alarm);
                }
            }
            Ok(_) => self.far.push(Reverse(alarm)),
        }
    }

    /// Whether no alarm can be due at `now`, as far as it shows at once.
    #[inline]
    pub(super) fn is_quiet(&self, now: i64) -> bool {
        now >> SLICE_BITS <= self.now
            && self.near.last().is_none_or(|near| near.time > now)
            && self.late.is_empty()
    }

    /// Takes out the earliest alarm that is due at `now`.
    pub(super) fn pop_due(&mut self, now: i64) -> Option<Alarm> {
        loop {
            match (self.near.last(), self.late.peek()) {
                (Some(near), late)
                    if near.time <= now && late.is_none_or(|late| near <= &late.0) =>
                {
                    return self.near.pop();
                }
                (_, Some(Reverse(late))) if late.time <= now => {
                    return self.late.pop().map(|Reverse(alarm)| alarm);
                }
                _ => {}
            }
            if now >> SLICE_BITS <= self.now {
                return None;
            }
            self.next_slice(now >> SLICE_BITS);
        }
    }

    /// The next alarms, once: their connections are looked at together, so that the processor waits for memory once and
    /// not for each.
    pub(super) fn look_ahead(&mut self) -> &[Alarm] {
        if self.looked_at < self.near.len() {
            return &[];
        }
        self.looked_at = self.near.len().saturating_sub(AHEAD);
        self.near.get(self.looked_at..).unwrap_or_default()
    }

    /// Goes on to the next slice, or, where nothing waits before it, to slice `until`.
    fn next_slice(&mut self, until: i64) {
        match self.slices.pop_front() {
            Some(mut slice) => {
                self.now += 1;
                self.near.append(&mut slice);
                if slice.capacity() > 0 && self.spares.len() < SPARES {
                    self.spares.push(slice);
                }
            }
            None => {
                let first = self.far.peek().map(|Reverse(alarm)| alarm.slice());
                self.now = first.map_or(until, |first| first.min(until));
            }
        }
        while let Some(Reverse(alarm)) = self.far.peek()
            && alarm.slice() <= self.now
        {
            self.near.extend(self.far.pop().map(|Reverse(alarm)| alarm));
        }
        self.near.sort_unstable_by(|a, b| b.cmp(a));
        self.looked_at = self.near.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_in_order_whatever_order_they_went_in() {
        let mut timers = Timers::default();
        let times: Vec<i64> = (0..500).map(|n| n * 7919 % 1009).collect();
        for (slot, time) in times.iter().enumerate() {
            timers.push(Alarm {
                time: *time,
                slot: slot as u32,
                generation: 0,
            });
        }
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let popped: Vec<i64> = std::iter::from_fn(|| timers.pop_due(2000))
            .map(|a| a.time)
            .collect();
        assert_eq!(popped, sorted);
    }

    #[test]
    fn alarms_of_all_distances_come_in_order_while_time_goes_on() {
        let mut timers = Timers::default();
        let (mut now, mut popped, mut pushed) = (-5_000_000_000_i64, vec![], vec![]);
        for step in 0..3000_i64 {
            while let Some(alarm) = timers.pop_due(now) {
                assert!(alarm.time <= now);
                popped.push(alarm.time);
            }
            // From nothing to two hours ahead, most of them near.
            let ahead = [
                0,
                1,
                67_000_000,
                5_000_000_000,
                600_000_000_000,
                7_200_000_000_000,
            ];
            let time = now + step * 7919 % 1009 + ahead[(step % 6) as usize];
            timers.push(Alarm {
                time,
                slot: step as u32,
                generation: 0,
            });
            pushed.push(time);
            now += if step % 1000 == 999 {
                3_600_000_000_000
            } else {
                40_000_000
            };
        }
        while let Some(alarm) = timers.pop_due(i64::MAX) {
            popped.push(alarm.time);
        }
        pushed.sort_unstable();
        let mut sorted = popped.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, pushed);
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let mut timers = Timers::default();
        timers.push(Alarm {
            time: 10,
            slot: 1,
            generation: 0,
        });
        assert_eq!(timers.pop_due(9), None);
        assert!(timers.pop_due(10).is_some());
        assert_eq!(timers.pop_due(i64::MAX - 1), None);
    }
}
