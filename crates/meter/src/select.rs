//! Which packets are metered: protocols, a time range, sampling. What is left out is counted.

use wire::{Ip, Transport};

/// What to meter; the default is everything.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// Only these IP protocols.
    pub protocols: Option<Vec<u8>>,
    /// Only packets at this time or later, nanoseconds since 1970 UTC.
    pub start_ns: Option<i64>,
    /// Only packets at this time or earlier.
    pub end_ns: Option<i64>,
    /// Leave out TCP packets whose sequence number is 0 (trace-summary's `--chema`).
    pub skip_zero_seq: bool,
    /// Keep each packet with this probability, by a hash of the seed and its ordinal.
    pub sample: Option<Sample>,
}

/// Sampling that gives the same packets for the same seed, whatever the number of shares.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    threshold: u64,
    seed: u64,
}

impl Sample {
    /// Sampling with probability `probability` in (0, 1]; `None` otherwise.
    pub fn new(probability: f64, seed: u64) -> Option<Sample> {
        // A float-to-integer cast saturates: 1.0 keeps everything.
        (probability > 0.0 && probability <= 1.0).then(|| Sample {
            threshold: (probability * (u64::MAX as f64)) as u64,
            seed: mix(seed),
        })
    }

    /// Whether the packet with this ordinal is kept.
    #[inline]
    pub fn keeps(self, ordinal: u64) -> bool {
        mix(ordinal ^ self.seed) <= self.threshold
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
#[inline]
fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Select {
    /// Whether the filters let the packet through; sampling is asked apart.
    #[inline]
    pub fn passes(&self, time_ns: i64, ip: &Ip<'_>) -> bool {
        if let Some(protocols) = &self.protocols
            && !protocols.contains(&ip.protocol)
        {
            return false;
        }
        if self.start_ns.is_some_and(|start| time_ns < start)
            || self.end_ns.is_some_and(|end| time_ns > end)
        {
            return false;
        }
        !(self.skip_zero_seq && matches!(ip.transport, Transport::Tcp(tcp) if tcp.seq == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_keeps_about_its_share_and_the_same_packets_each_time() {
        for probability in [0.001, 0.1, 0.5, 1.0] {
            let sample = Sample::new(probability, 7).unwrap();
            let kept = (0..100_000)
                .filter(|&ordinal| sample.keeps(ordinal))
                .count() as f64;
            let error = (100_000.0 * probability * (1.0 - probability)).sqrt();
            assert!(
                (kept - 100_000.0 * probability).abs() <= 4.0 * error,
                "{probability}: {kept}"
            );
        }
        let other = Sample::new(0.5, 8).unwrap();
        let one = Sample::new(0.5, 7).unwrap();
        assert!((0..100).any(|ordinal| one.keeps(ordinal) != other.keeps(ordinal)));
    }

    #[test]
    fn a_probability_outside_its_range_is_refused() {
        for probability in [0.0, -0.1, 1.000_1, f64::NAN] {
            assert!(Sample::new(probability, 0).is_none());
        }
    }
}
