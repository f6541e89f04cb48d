//! Random numbers that are the same on every machine.

/// A generator (xoshiro256++) with the distributions that traffic needs.
///
/// Logarithm and exponential are computed here from exact operations, since those of the system's
/// library may differ in the last bit from one machine to the next.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator whose whole sequence follows from `seed` (spread by SplitMix64).
    pub fn new(seed: u64) -> Self {
        let mut x = seed;
        let mut next = || {
            x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(x)
        };
        Self {
            state: [next(), next(), next(), next()],
        }
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let t = b << 17;
        let c = c ^ a;
        let d = d ^ b;
        self.state = [a ^ d, b ^ c, c ^ t, d.rotate_left(45)];
        result
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in `low..=high`.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && self.unit() < p
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -ln(1.0 - self.unit()) * mean
    }

    /// Pareto with minimum `low` and shape `alpha`, cut at `high`.
    pub fn pareto(&mut self, low: f64, alpha: f64, high: f64) -> f64 {
        (low * exp(-ln(1.0 - self.unit()) / alpha)).min(high)
    }

    /// An index in `0..n` whose popularity falls about as 1/rank (Zipf).
    pub fn zipf(&mut self, n: u64) -> u64 {
        if n < 2 {
            return 0;
        }
        let rank = exp(self.unit() * ln(n as f64 + 1.0));
        (rank as u64).clamp(1, n) - 1
    }

    /// One of the given values; the first type's default when there are none.
    pub fn pick<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let index = self.below(values.len() as u64) as usize;
        values.get(index).copied().unwrap_or_default()
    }
}

/// Mixes the bits of a number: the finalizer of SplitMix64.
pub fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Natural logarithm of a positive, normal number.
fn ln(x: f64) -> f64 {
    let x = x.max(f64::MIN_POSITIVE);
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut term = s;
    let mut sum = 0.0;
    for k in 0..12 {
        sum += term / f64::from(2 * k + 1);
        term *= square;
    }
    2.0 * sum + exponent as f64 * std::f64::consts::LN_2
}

/// Exponential function, for moderate arguments.
fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let k = (x / std::f64::consts::LN_2).round();
    let r = x - k * std::f64::consts::LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..16 {
        term *= r / f64::from(n);
        sum += term;
    }
    sum * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_agree_with_the_library_to_many_digits() {
        for x in [1e-300, 1e-9, 0.3, 1.0, 1.5, 2.0, 1234.5, 1e200] {
            assert!(
                (ln(x) - x.ln()).abs() <= 1e-13 * x.ln().abs().max(1.0),
                "ln {x}"
            );
        }
        for x in [-50.0, -1.0, 0.0, 0.5, 3.0, 100.0] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-12, "exp {x}");
        }
    }

    #[test]
    fn exponential_has_its_mean_and_zipf_prefers_the_first() {
        let mut rng = Rng::new(1);
        let mean = (0..100_000).map(|_| rng.exponential(3.0)).sum::<f64>() / 100_000.0;
        assert!((mean - 3.0).abs() < 0.05, "{mean}");
        let first = (0..10_000).filter(|_| rng.zipf(100) == 0).count();
        assert!(first > 1_000, "{first}");
    }

    #[test]
    fn the_sequence_of_a_seed_is_fixed() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.bits(), 0x53175d61490b23df);
    }
}
