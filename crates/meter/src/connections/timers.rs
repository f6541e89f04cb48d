//! When to look at which connection again.
//!
//! Most timers have one of a few fixed delays after the packet clock, so that they come in order of time: a queue
//! for each delay costs nothing to sort. What comes out of order goes to a heap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A reason to look at a connection; stale when the connection has gone or looks earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) time: i64,
    pub(super) slot: u32,
    pub(super) generation: u32,
}

const LANES: usize = 4;

/// All alarms, earliest first.
#[derive(Debug, Default)]
pub(super) struct Timers {
    lanes: [VecDeque<Alarm>; LANES],
    heap: BinaryHeap<Reverse<Alarm>>,
}

impl Timers {
    pub(super) fn push(&mut self, alarm: Alarm) {
        // The lane whose last alarm is the latest of those before this one.
        let lane = self
            .lanes
            .iter_mut()
            .filter(|lane| lane.back().is_none_or(|last| last.time <= alarm.time))
            .max_by_key(|lane| lane.back().map(|last| last.time));
        match lane {
            Some(lane) => lane.push_back(alarm),
            None => self.heap.push(Reverse(alarm)),
        }
    }

    /// Takes out the earliest alarm that is due at `now`.
    pub(super) fn pop_due(&mut self, now: i64) -> Option<Alarm> {
        let in_heap = self
            .heap
            .peek()
            .map_or(i64::MAX, |Reverse(alarm)| alarm.time);
        let first = |lane: &VecDeque<Alarm>| lane.front().map_or(i64::MAX, |alarm| alarm.time);
        let lane = self.lanes.iter_mut().min_by_key(|lane| first(lane))?;
        let in_lane = first(lane);
        if in_lane.min(in_heap) > now {
            None
        } else if in_lane <= in_heap {
            lane.pop_front()
        } else {
            self.heap.pop().map(|Reverse(alarm)| alarm)
        }
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
