//! The flows that were thinned: a Bloom filter, so that each is counted once and none comes back in the middle.
//!
//! The more flows are in, the more new ones are taken for one of them. How likely that is for a flow follows from the bits
//! that are set in its line of the filter, so each new flow that is not mistaken counts for those like it that are: an
//! estimate without bias (Horvitz and Thompson 1952) whose variance is known.

/// Bits per flow of the high watermark: with ten thinned flows per kept one about 2 % of new flows are mistaken.
const BITS_PER_FLOW: usize = 96;
/// It is made for so many at least, which takes 12 kB.
const LEAST_FLOWS: usize = 1_024;
/// Words of 64 bits in a line of the cache.
const LINE: usize = 8;
/// Bits set per flow.
const BITS: u32 = 5;

/// A set of flows by their hashes; some that are not in it seem to be, none that is in it seems not to be.
#[derive(Debug, Default)]
pub struct Known {
    words: Vec<u64>,
}

/// How many flows one that is not in the set stands for: itself, and those like it that seemed to be in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stands {
    /// Flows.
    pub flows: u32,
    /// Variance of that number.
    pub variance: f32,
}

impl Stands {
    /// Itself alone.
    pub const ALONE: Stands = Stands {
        flows: 1,
        variance: 0.0,
    };
}

impl Known {
    /// An empty set for a table of so many flows.
    pub fn new(flows: usize) -> Known {
        Known {
            words: vec![
                0;
                (flows.max(LEAST_FLOWS) * BITS_PER_FLOW)
                    .div_ceil(64 * LINE)
                    .max(1)
                    * LINE
            ],
        }
    }

    /// Adds a flow.
    #[inline]
    pub fn insert(&mut self, hash: u64) {
        for (word, bit) in places(hash, self.words.len()) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// What a flow stands for that is not in.
    #[inline]
    pub fn stands(&self, hash: u64) -> Stands {
        let first = places(hash, self.words.len()).next();
        let at = first.map_or(0, |(word, _)| word / LINE * LINE);
        let mistaken = self.words.get(at..at + LINE).map_or(0.0, mistaken);
        let flows = 1.0 / (1.0 - mistaken).max(LEAST);
        let whole = flows as u32;
        let part = flows - f64::from(whole);
        // Rounded up as often as the fraction says, by bits of the hash that choose neither line nor bits.
        let up = (spread(hash.rotate_left(23) ^ 0xA5A5) >> 40) as f64 / f64::from(1_u32 << 24);
        Stands {
            flows: whole + u32::from(up < part),
            variance: (flows * (flows - 1.0) + part * (1.0 - part)) as f32,
        }
    }

    /// Whether a flow seems to be in.
    #[inline]
    pub fn contains(&self, hash: u64) -> bool {
        !self.words.is_empty()
            && places(hash, self.words.len())
                .all(|(word, bit)| self.words.get(word).is_some_and(|found| found & bit != 0))
    }

    /// The share of other flows that would seem to be in.
    pub fn mistaken(&self) -> f64 {
        let lines = self.words.chunks_exact(LINE);
        let number = lines.len().max(1) as f64;
        lines.map(mistaken).sum::<f64>() / number
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.words.len() * 8
    }
}

/// No flow stands for more than so many.
const LEAST: f64 = 1e-3;

/// The share of the flows of a line that seem to be in.
#[inline]
fn mistaken(line: &[u64]) -> f64 {
    let set: u32 = line.iter().map(|word| word.count_ones()).sum();
    (f64::from(set) / (64 * LINE) as f64).powi(BITS as i32)
}

#[inline]
fn spread(hash: u64) -> u64 {
    (hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

/// The bits of a flow, all in one line of the cache.
#[inline]
fn places(hash: u64, words: usize) -> impl Iterator<Item = (usize, u64)> {
    let lines = (words / LINE) as u128;
    // The hashes of thinned flows are the larger ones: they are spread first.
    let spread = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let line = ((u128::from(spread) * lines) >> 64) as usize * LINE;
    let rest = (spread ^ (spread >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (0..BITS).map(move |at| {
        let place = (rest >> (10 + 9 * at)) & 511;
        (line + (place >> 6) as usize, 1 << (place & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::filter::Value;

    #[test]
    fn what_is_in_is_known_and_ten_times_as_many_are_rarely_mistaken() {
        let mut known = Known::new(1_000);
        let hash = |n: u32| Value::Ip(std::net::Ipv4Addr::from(n).into()).hash(7);
        (0..10_000).for_each(|n| known.insert(hash(n)));
        assert!((0..10_000).all(|n| known.contains(hash(n))));
        let wrong = (10_000..110_000)
            .filter(|&n| known.contains(hash(n)))
            .count();
        let expected = known.mistaken() * 100_000.0;
        let off = (wrong as f64 - expected).abs();
        assert!(
            wrong < 4_000 && off < 5.0 * expected.sqrt(),
            "{wrong} {expected}"
        );
    }

    #[test]
    fn flows_that_are_mistaken_are_made_up_for_within_the_variance() {
        for most in [5_000_u32, 20_000, 60_000, 100_000] {
            let mut known = Known::new(1_000);
            let hash = |n: u32| Value::Ip(std::net::Ipv4Addr::from(n).into()).hash(7);
            let (mut flows, mut variance, mut missed) = (0_u64, 0.0_f64, 0);
            for n in 0..most {
                if known.contains(hash(n)) {
                    missed += 1;
                    continue;
                }
                let stands = known.stands(hash(n));
                flows += u64::from(stands.flows);
                variance += f64::from(stands.variance);
                known.insert(hash(n));
            }
            let off = (flows as f64 - f64::from(most)).abs();
            assert!(
                off < 4.0 * variance.sqrt(),
                "{most}: {flows}, {missed} missed, {variance}"
            );
            assert!(most < 60_000 || f64::from(missed) > 8.0 * variance.sqrt());
        }
    }
}
