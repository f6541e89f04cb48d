//! The flows that were thinned: a Bloom filter, so that each is counted once and none comes back in the middle.

/// Bits per flow of the high watermark: of ten thinned flows per kept one about 2 % are missed.
const BITS_PER_FLOW: usize = 96;
/// Words of 64 bits in a line of the cache.
const LINE: usize = 8;
/// Bits set per flow.
const BITS: u32 = 5;

/// A set of flows by their hashes; some that are not in it seem to be, none that is in it seems not to be.
#[derive(Debug, Default)]
pub struct Known {
    words: Vec<u64>,
    set: u64,
}

impl Known {
    /// An empty set for a table of so many flows.
    pub fn new(flows: usize) -> Known {
        Known {
            words: vec![0; (flows * BITS_PER_FLOW).div_ceil(64 * LINE).max(1) * LINE],
            set: 0,
        }
    }

    /// Adds a flow; whether it seemed to be in already.
    #[inline]
    pub fn insert(&mut self, hash: u64) -> bool {
        let mut known = true;
        for (word, bit) in places(hash, self.words.len()) {
            if let Some(word) = self.words.get_mut(word) {
                let fresh = *word & bit == 0;
                *word |= bit;
                self.set += u64::from(fresh);
                known &= !fresh;
            }
        }
        known
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
        let bits = self.words.len() as f64 * 64.0;
        if bits > 0.0 {
            (self.set as f64 / bits).powi(BITS as i32)
        } else {
            0.0
        }
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.words.len() * 8
    }
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
        let repeated = (0..10_000).filter(|&n| known.insert(hash(n))).count();
        assert!(repeated < 150, "{repeated}");
        assert!((0..10_000).all(|n| known.contains(hash(n))));
        let wrong = (10_000..110_000)
            .filter(|&n| known.contains(hash(n)))
            .count();
        let expected = known.mistaken() * 100_000.0;
        assert!(
            wrong < 4_000 && (wrong as f64) < 3.0 * expected,
            "{wrong} {expected}"
        );
    }
}
