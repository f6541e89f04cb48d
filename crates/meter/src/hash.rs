//! The hash of a 5-tuple, and what an index holds.

/// Two addresses and what else makes a key, well mixed; `seed` keeps it from being predictable.
#[inline]
pub(crate) fn hash(a: u128, b: u128, rest: u64, seed: u64) -> u64 {
    let low = |value: u128| value as u64;
    let high = |value: u128| (value >> 64) as u64;
    let addresses = fold(low(a) ^ seed, low(b) ^ 0x9E37_79B9_7F4A_7C15);
    let upper = (high(a) ^ addresses).rotate_left(23) ^ high(b).wrapping_mul(0x2545_F491_4F6C_DD1D);
    fold(rest ^ addresses, upper ^ seed ^ 0xA24B_AED4_963E_E407)
}

/// A 64 × 64 bit product, folded.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    (product as u64) ^ ((product >> 64) as u64)
}

/// Where something is, with its hash, so that an index grows, and passes by what is not meant, without a look at the
/// things themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) hash: u32,
    pub(crate) at: u32,
}

impl Placed {
    /// A hash as wide as the index wants it.
    #[inline]
    pub(crate) fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Its own.
    #[inline]
    pub(crate) fn wide(&self) -> u64 {
        Self::spread(self.hash)
    }
}
