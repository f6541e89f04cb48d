//! How the flows of a cluster spread over the values of a dimension, in a bounded number of counters.
//!
//! Adaptive sample and hold: a value is held from one of its flows on that the hash of the flow chooses, one in 2^h. When
//! there is no room, h grows and each value is left with what it would have if h had been so from the start. A sum of a
//! function f of the flows of each value is then, without bias, the sum of (f(c) - (1 - p) f(c - 1)) / p over the values
//! held, c being what was counted and p = 2^-h (Estan and Varghese 2002; Cohen, Duffield, Kaplan, Lund, Thorup 2007).

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::census::chance;
use super::value::{Own, mix};

/// Values held for a cluster: as many as a hash table of 128 holds. Up to so many the sums are exact.
const MOST: usize = 112;

/// The values of one dimension among the flows of a cluster, or among all.
#[derive(Debug)]
pub struct Spread {
    held: HashTable<Held>,
    /// One more that is held, of many flows: found without a look into the table.
    top: Option<Held>,
    halvings: u32,
    most: u32,
}

impl Default for Spread {
    fn default() -> Spread {
        Spread::new(MOST)
    }
}

#[derive(Clone, Copy, Debug)]
struct Held {
    /// Half of the hash of the value: two of 112 are taken for one once in 700,000 times.
    value: u32,
    flows: u32,
}

/// What stands for a value where it is held.
#[inline]
fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

impl Held {
    #[inline]
    fn hash(value: u32) -> u64 {
        u64::from(value).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// What is known of the values of a dimension among the flows of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spreading {
    /// Different values.
    pub values: u64,
    /// Entropy in nats.
    pub entropy: f64,
    /// `entropy` is wrong by at most so much, but for four standard deviations; 0 if it is exact.
    pub error: f64,
}

impl Spread {
    /// Holds nothing yet, and never more than so many values.
    pub fn new(most: usize) -> Spread {
        Spread {
            held: HashTable::new(),
            top: None,
            halvings: 0,
            most: u32::try_from(most).unwrap_or(u32::MAX),
        }
    }

    /// Counts so many flows with that hash of their value, and one of the flows.
    #[inline]
    pub fn add(&mut self, hash: u64, draw: u64, flows: u32) {
        let value = short(hash);
        let mut most = 0;
        if let Some(top) = &mut self.top {
            if top.value == value {
                top.flows = top.flows.saturating_add(flows);
                return;
            }
            most = top.flows;
        }
        let same = |held: &Held| held.value == value;
        if let Some(held) = self.held.find_mut(Held::hash(value), same) {
            held.flows = held.flows.saturating_add(flows);
            if held.flows / 2 > most {
                self.rise(value);
            }
        } else if flows > 1 || self.chooses(draw) {
            self.choose(value, draw, flows);
        }
    }

    /// Whether a value is held from that flow on.
    #[inline]
    fn chooses(&self, draw: u64) -> bool {
        draw <= u64::MAX >> self.halvings
    }

    /// Holds a value from the first of so many flows on that is chosen, if one is.
    #[cold]
    fn choose(&mut self, value: u32, mut draw: u64, flows: u32) {
        for left in (1..=flows).rev() {
            while self.chooses(draw) {
                if self.held.len() + usize::from(self.top.is_some()) < self.most as usize {
                    self.hold(Held { value, flows: left });
                    return;
                }
                self.halve();
            }
            draw = mix(draw);
        }
    }

    fn hold(&mut self, held: Held) {
        let rehash = |held: &Held| Held::hash(held.value);
        if self.top.is_none() {
            self.top = Some(held);
        } else if let Entry::Vacant(free) = self.held.entry(rehash(&held), |_| false, rehash) {
            free.insert(held);
        }
    }

    /// Puts a value at the top.
    #[cold]
    fn rise(&mut self, value: u32) {
        let same = |held: &Held| held.value == value;
        if let Ok(found) = self.held.find_entry(Held::hash(value), same) {
            let (held, _) = found.remove();
            let before = self.top.replace(held);
            before.into_iter().for_each(|held| self.hold(held));
        }
    }

    /// Holds values from half as many of their flows on.
    #[cold]
    fn halve(&mut self) {
        self.halvings += 1;
        let halvings = u64::from(self.halvings);
        let missed = (-(0.5_f64.powi(self.halvings as i32))).ln_1p();
        let stays = |held: &mut Held| {
            let draw = mix(Held::hash(held.value) ^ halvings);
            if draw & 1 == 1 {
                return true;
            }
            if held.flows < 2 {
                return false;
            }
            // The flow that it was held from is not chosen any more; the next one that is follows so many others.
            let uniform = ((draw >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            let missed = 1.0 + (uniform.ln() / missed).floor();
            held.flows = (f64::from(held.flows) - missed).max(0.0) as u32;
            held.flows > 0
        };
        self.held.retain(stays);
        self.top = self.top.and_then(|mut top| stays(&mut top).then_some(top));
    }

    /// The values held.
    fn all(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().chain(&self.top)
    }

    /// What is known, of so many flows.
    pub fn read(&self, flows: u64) -> Spreading {
        let chosen = 0.5_f64.powi(self.halvings as i32);
        let estimate = |f: fn(f64) -> f64, c: f64| (f(c) - (1.0 - chosen) * f(c - 1.0)) / chosen;
        let (mut values, mut logs, mut variance) = (0.0, 0.0, 0.0);
        // Not in the order of the table, in which floats would add up differently.
        let mut counts: Vec<u32> = self.all().map(|held| held.flows).collect();
        counts.sort_unstable();
        for count in counts.into_iter().map(f64::from) {
            values += estimate(|n| f64::from(u8::from(n > 0.0)), count);
            let log = estimate(n_log_n, count);
            logs += log;
            variance += log * log - estimate(|n| n_log_n(n).powi(2), count);
        }
        let flows = flows.max(1) as f64;
        Spreading {
            values: (values.round() as u64).max(1),
            entropy: (flows.ln() - logs / flows).max(0.0),
            error: chance(variance.max(0.0)) as f64 / flows,
        }
    }

    /// The sum of n ln n over all values but those with these hashes, and how many there are, if they have so many flows.
    ///
    /// By how much the held values miss that number of flows tells by how much they probably miss the sums (regression
    /// estimator, Cochran 1977, 7.1).
    pub fn but(&self, listed: impl Iterator<Item = u64>, flows: f64) -> (f64, f64) {
        let mut listed: Vec<u32> = listed.map(short).collect();
        listed.sort_unstable();
        let others = self
            .all()
            .filter(|held| listed.binary_search(&held.value).is_err());
        let mut counts: Vec<u32> = others.map(|held| held.flows).collect();
        counts.sort_unstable();
        let chosen = 0.5_f64.powi(self.halvings as i32);
        let (mut logs, mut values, mut mass) = (0.0, 0.0, 0.0);
        let (mut with_logs, mut with_values, mut variance) = (0.0, 0.0, 0.0);
        for n in counts.into_iter().map(f64::from) {
            let before = n - 1.0;
            let estimate = |now: f64, then: f64| (now - (1.0 - chosen) * then) / chosen;
            let log = estimate(n_log_n(n), n_log_n(before));
            let value = estimate(1.0, f64::from(u8::from(before > 0.0)));
            let each = estimate(n, before);
            logs += log;
            values += value;
            mass += each;
            with_logs += log * each - estimate(n_log_n(n) * n, n_log_n(before) * before);
            with_values += value * each - estimate(n, before);
            variance += each * each - estimate(n * n, before * before);
        }
        let missed = if variance > 0.0 {
            (flows - mass) / variance
        } else {
            0.0
        };
        (
            (logs + missed * with_logs).max(0.0),
            (values + missed * with_values).clamp(1.0, flows.max(1.0)),
        )
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.held.allocation_size()
    }
}

/// A hash of a flow for each dimension, by which values are held: not the one by which flows are kept.
#[inline]
pub fn draws(draw: u64) -> [u64; 4] {
    let mut draw = draw ^ DRAWS;
    [(); 4].map(|()| {
        draw = draw.rotate_left(16).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mix(draw)
    })
}

fn n_log_n(n: f64) -> f64 {
    if n > 1.0 { n * n.ln() } else { 0.0 }
}

/// The spreads of a cluster over all dimensions; over its own nothing is counted.
#[derive(Debug, Default)]
pub struct Spreads {
    /// Flows that were counted.
    pub flows: u64,
    over: [Spread; 4],
}

const DRAWS: u64 = 0x5B2E_AD00_D1CE_0001;

impl Spreads {
    /// Counts a flow with these values, and what `draws` says of it, for the cluster in the dimension at that place.
    #[inline]
    pub fn add(&mut self, place: usize, own: &[Own; 4], draws: &[u64; 4]) {
        self.flows += 1;
        for at in 0..4 {
            if at != place
                && let (Some(spread), Some(own), Some(&draw)) =
                    (self.over.get_mut(at), own.get(at), draws.get(at))
            {
                spread.add(own.hash, draw, 1);
            }
        }
    }

    /// What is known over each dimension.
    pub fn read(&self) -> [Spreading; 4] {
        std::array::from_fn(|at| {
            self.over
                .get(at)
                .map_or_else(Spreading::default, |spread| spread.read(self.flows))
        })
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Spreads>() + self.over.iter().map(Spread::bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(counts: &[u32]) -> (Spread, u64) {
        let mut flows: Vec<(u64, u32)> = Vec::new();
        for (value, &count) in (0_u64..).zip(counts) {
            flows.extend((0..count).map(|n| (value, n)));
        }
        flows.sort_by_key(|&(value, n)| mix(value << 32 | u64::from(n)));
        let mut spread = Spread::default();
        for &(value, n) in &flows {
            spread.add(mix(value), mix(0x77 ^ value << 32 ^ u64::from(n)), 1);
        }
        (spread, flows.len() as u64)
    }

    fn truth(counts: &[u32]) -> f64 {
        let flows = f64::from(counts.iter().sum::<u32>());
        let logs: f64 = counts.iter().map(|&n| n_log_n(f64::from(n))).sum();
        flows.ln() - logs / flows
    }

    #[test]
    fn what_fits_is_exact() {
        let counts: Vec<u32> = (1..=112).collect();
        let (spread, flows) = filled(&counts);
        let read = spread.read(flows);
        assert_eq!((read.values, read.error), (112, 0.0));
        assert!((read.entropy - truth(&counts)).abs() < 1e-9);
    }

    #[test]
    fn what_does_not_fit_is_known_within_the_error_it_states() {
        let zipf: Vec<u32> = (1..=5_000_u32).map(|rank| 20_000 / rank + 1).collect();
        let even = vec![3; 4_000];
        let alone = vec![1; 9_000];
        for counts in [zipf, even, alone] {
            let (spread, flows) = filled(&counts);
            let (read, known) = (spread.read(flows), truth(&counts));
            assert!(
                (read.entropy - known).abs() <= read.error.max(1e-9) && read.error < 1.5,
                "{read:?} {known}"
            );
            let values = counts.len() as f64;
            assert!(
                (read.values as f64 - values).abs() < 0.6 * values,
                "{read:?}"
            );
        }
    }
}
