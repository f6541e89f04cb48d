//! Round trips: which segments are timed, and a bounded sample of the times.

use std::collections::VecDeque;

/// Segments that wait for their acknowledgment. A retransmission clears them (Karn's rule): what is acknowledged
/// after it cannot be told apart.
#[derive(Debug, Default)]
pub(super) struct Probes {
    waiting: VecDeque<(i64, i64)>,
}

impl Probes {
    const MAX: usize = 16;

    /// A segment that ends at `end` was seen at `now`.
    pub(super) fn sent(&mut self, end: i64, now: i64) {
        if self.waiting.len() < Self::MAX {
            self.waiting.push_back((end, now));
        }
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// An acknowledgment of exactly one of them gives a time.
    pub(super) fn acked(&mut self, ack: i64, now: i64) -> Option<i64> {
        let mut last = None;
        while let Some((end, sent)) = self.waiting.front().copied() {
            if end > ack {
                break;
            }
            self.waiting.pop_front();
            last = Some((end, sent));
        }
        let (end, sent) = last?;
        (end == ack && now >= sent).then(|| now - sent)
    }
}

/// Times: how many, the shortest, and an even sample of at most 128.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) count: u64,
    min_ns: i64,
    /// Nanoseconds; every `2^skip`th time is kept.
    kept: Vec<f32>,
    skip: u8,
}

impl Times {
    const MAX: usize = 128;

    pub(super) fn add(&mut self, time_ns: i64) {
        if self.count == 0 || time_ns < self.min_ns {
            self.min_ns = time_ns;
        }
        let kept = self.count.trailing_zeros() >= u32::from(self.skip);
        self.count += 1;
        if !kept {
            return;
        }
        if self.kept.len() == Self::MAX {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.skip += 1;
            if (self.count - 1).trailing_zeros() < u32::from(self.skip) {
                return;
            }
        }
        self.kept.push(time_ns as f32);
    }

    pub(super) fn min_ns(&self) -> Option<i64> {
        (self.count > 0).then_some(self.min_ns)
    }

    /// Median and 95th percentile, by the nearest rank.
    pub(super) fn quantiles(&self) -> Option<(i64, i64)> {
        let mut sorted = self.kept.clone();
        sorted.sort_by(f32::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let rank = |percent: usize| {
            let at = (sorted.len() * percent)
                .div_ceil(100)
                .saturating_sub(1)
                .min(last);
            sorted.get(at).map(|time| *time as i64)
        };
        Some((rank(50)?, rank(95)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_times_are_exact_and_many_stay_close() {
        for many in [1, 2, 20, 128, 129, 1000, 100_000i64] {
            let mut times = Times::default();
            // All residues, in an order that is not sorted.
            (0..many).for_each(|n| times.add(1_000_000 + n * 7919 % many));
            let (median, p95) = times.quantiles().unwrap();
            let (median, p95) = ((median - 1_000_000) as f64, (p95 - 1_000_000) as f64);
            let slack = if many <= 128 { 1.0 } else { many as f64 * 0.15 };
            assert!(
                (median - many as f64 * 0.5).abs() <= slack,
                "{many}: {median}"
            );
            assert!((p95 - many as f64 * 0.95).abs() <= slack, "{many}: {p95}");
            assert_eq!(
                (times.min_ns(), times.count),
                (Some(1_000_000), many as u64)
            );
            assert!(times.kept.len() <= 128);
        }
    }

    #[test]
    fn only_an_acknowledgment_of_its_end_times_a_segment() {
        let mut probes = Probes::default();
        probes.sent(100, 0);
        probes.sent(200, 5);
        assert_eq!(probes.acked(200, 30), Some(25));
        probes.sent(300, 40);
        assert_eq!(probes.acked(250, 50), None);
        assert_eq!(probes.acked(310, 60), None);
        probes.sent(400, 70);
        probes.clear();
        assert_eq!(probes.acked(400, 80), None);
    }
}
