//! Traffic over time in bins whose width adapts: memory stays bounded whatever the time span.

use std::collections::BTreeMap;

/// Packets and bytes over time.
#[derive(Clone, Debug)]
pub struct Timeline {
    bin_ns: i64,
    bins: BTreeMap<i64, Bin>,
    /// The bin that the last packets fell into, not yet in `bins`.
    current: (i64, Bin),
}

/// What fell into one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Packets.
    pub packets: u64,
    /// Bytes of IP length.
    pub bytes: u64,
}

const FINEST_NS: i64 = 1_000_000;
/// Non-empty bins kept at most.
const MAX_BINS: usize = 1024;

impl Default for Timeline {
    fn default() -> Self {
        Timeline {
            bin_ns: FINEST_NS,
            bins: BTreeMap::new(),
            current: (i64::MIN, Bin::default()),
        }
    }
}

impl Timeline {
    /// Counts one packet.
    #[inline]
    pub fn observe(&mut self, time_ns: i64, bytes: u32) {
        let start = self.current.0;
        // A wrapping difference: far-away times come out as out of the bin, never as an overflow.
        if (time_ns.wrapping_sub(start) as u64) < self.bin_ns as u64 {
            self.current.1.packets += 1;
            self.current.1.bytes += u64::from(bytes);
        } else {
            self.flush();
            self.current = (
                self.start_of(time_ns),
                Bin {
                    packets: 1,
                    bytes: u64::from(bytes),
                },
            );
        }
    }

    /// Adds the counts of another share; bins become as wide as the wider of both.
    pub fn merge(&mut self, mut other: Timeline) {
        other.flush();
        self.flush();
        while self.bin_ns < other.bin_ns {
            self.coarsen();
        }
        for (start, bin) in other.bins {
            self.add(start, bin);
        }
        self.shrink();
    }

    /// Width of a bin in nanoseconds, and the non-empty bins by start, in order.
    pub fn finish(mut self) -> (i64, Vec<(i64, Bin)>) {
        self.flush();
        (self.bin_ns, self.bins.into_iter().collect())
    }

    fn start_of(&self, time_ns: i64) -> i64 {
        time_ns.saturating_sub(time_ns.rem_euclid(self.bin_ns))
    }

    fn flush(&mut self) {
        let (start, bin) = std::mem::replace(&mut self.current, (i64::MIN, Bin::default()));
        if bin.packets > 0 {
            self.add(start, bin);
            self.shrink();
        }
    }

    fn add(&mut self, time_ns: i64, bin: Bin) {
        let sum = self.bins.entry(self.start_of(time_ns)).or_default();
        sum.packets += bin.packets;
        sum.bytes += bin.bytes;
    }

    fn shrink(&mut self) {
        while self.bins.len() > MAX_BINS && self.bin_ns <= i64::MAX / 2 {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.bin_ns *= 2;
        for (start, bin) in std::mem::take(&mut self.bins) {
            self.add(start, bin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(times: impl Iterator<Item = i64>) -> Timeline {
        let mut timeline = Timeline::default();
        times.for_each(|time| timeline.observe(time, 10));
        timeline
    }

    #[test]
    fn any_span_fits_and_nothing_is_lost() {
        for step in [1, 1_000, 1_000_000, 3_600_000_000_000, i64::MAX / 20_000] {
            let (bin_ns, bins) = timeline((0..10_000).map(|i| i * step)).finish();
            assert!(bins.len() <= MAX_BINS);
            assert_eq!(bins.iter().map(|(_, bin)| bin.packets).sum::<u64>(), 10_000);
            assert!(bins.iter().all(|(start, _)| start % bin_ns == 0));
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let (_, bins) = timeline([i64::MIN, i64::MAX, 0, -1].into_iter()).finish();
        assert_eq!(bins.iter().map(|(_, bin)| bin.packets).sum::<u64>(), 4);
    }

    #[test]
    fn merged_parts_equal_the_whole() {
        let whole = timeline((0..9_000).map(|i| i * 5_000_000)).finish();
        let mut merged = Timeline::default();
        for part in 0..3 {
            merged.merge(timeline(
                (0..9_000).filter(|i| i % 3 == part).map(|i| i * 5_000_000),
            ));
        }
        assert_eq!(merged.finish(), whole);
    }
}
