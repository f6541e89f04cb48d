//! One round of thinning: which clusters are significant, and how many flows each needs to keep.

use hashbrown::HashMap;

use super::Policy;
use super::census::Census;
use super::uncertainty::{Spread, by_value, margin, of_value, weight_at};
use super::value::{Dimension, Value};
use crate::flows::FlowRecord;

/// The thresholds of significant clusters: 2 %, halved until the rest is nearly random (SIGCOMM 2005, algorithm 1).
const ALPHA: f64 = 0.02;
const BETA: f64 = 0.9;
const HALVINGS: usize = 40;
/// Clusters this part of the threshold are watched: they may come to matter.
const WATCHED: f64 = 0.25;
/// Flows per cluster below which flows of no significant cluster are thinned, too.
const FEW: f64 = 256.0;
/// A cluster this near to the border of another class keeps as many flows as any; farther ones less, nearer ones more.
const NEAR: f64 = 0.02;
const LEAST_GAIN: f64 = 0.1;
const MOST_GAIN: f64 = 32.0;
/// Clusters that are looked at in a round.
const MOST_CANDIDATES: usize = u16::MAX as usize;
/// Flows that a cluster at the threshold keeps even before it is known: one kept flow must not be most of it.
const ROWS: f64 = 8.0;
/// Flows that one kept flow may stand for.
const MOST_WEIGHT: f64 = 1e9;

/// How likely flows are kept, by their clusters.
#[derive(Debug)]
pub struct Needs {
    by_value: [HashMap<Value, Need>; 4],
    others: f64,
    /// No flow is kept less likely.
    least: f64,
    /// Flows that a typical cluster keeps.
    enough: f64,
    /// Flows from which a cluster is significant.
    thresholds: [f64; 4],
}

#[derive(Clone, Copy, Debug)]
struct Need {
    probability: f64,
    significant: bool,
}

impl Needs {
    /// Nothing is thinned.
    pub fn none() -> Needs {
        Needs {
            by_value: std::array::from_fn(|_| HashMap::new()),
            others: 1.0,
            least: 0.0,
            enough: f64::INFINITY,
            thresholds: [f64::INFINITY; 4],
        }
    }

    /// How many flows a kept flow with these values stands for; clusters that came up since the last round count as the
    /// census has them.
    pub fn weight_now(&self, values: &[Value; 4], census: &Census) -> u32 {
        let mut weight = self.weight(values);
        if weight > 1 {
            let known = self.by_value.iter().zip(values).zip(self.thresholds);
            for (((needs, value), threshold), size) in known.zip(census.sizes(values)) {
                if needs.contains_key(value) {
                    continue;
                }
                let share = f64::from(size) / threshold;
                let probability = if share >= 1.0 {
                    self.enough / f64::from(size)
                } else if share >= WATCHED {
                    (self.enough / threshold).min(1.0) * share * share
                } else {
                    0.0
                };
                weight = weight.min(weight_of(probability.min(1.0)));
            }
        }
        weight
    }

    /// How many flows a kept flow with these values stands for.
    #[inline]
    pub fn weight(&self, values: &[Value; 4]) -> u32 {
        let mut probability = self.least;
        let mut significant = false;
        for (needs, value) in self.by_value.iter().zip(values) {
            if let Some(need) = needs.get(value) {
                probability = probability.max(need.probability);
                significant |= need.significant;
            }
        }
        if !significant {
            probability = probability.max(self.others);
        }
        weight_of(probability)
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.by_value.iter().map(HashMap::allocation_size).sum()
    }
}

fn weight_of(probability: f64) -> u32 {
    (1.0 / probability.max(1.0 / MOST_WEIGHT)).max(1.0) as u32
}

/// A cluster that is significant or may come to be.
struct Candidate {
    dimension: usize,
    value: Value,
    mass: f64,
    /// Its size as a part of the threshold.
    share: f64,
    threshold: f64,
    gain: f64,
}

impl Candidate {
    /// How likely its flows are kept if a typical cluster keeps so many.
    fn need(&self, flows: f64) -> f64 {
        if self.share >= 1.0 {
            (flows * self.gain / self.mass).min(1.0)
        } else {
            (flows / self.threshold).min(1.0) * self.share * self.share
        }
    }
}

/// Chooses how likely flows are kept so that about `target` of these stay; with the bytes that it took.
pub fn needs(flows: &[FlowRecord], target: usize, policy: Policy) -> (Needs, usize) {
    let total: f64 = flows.iter().map(|flow| f64::from(flow.weight)).sum();
    let mut needs = Needs::none();
    if policy == Policy::Uniform {
        needs.others = (target as f64 / total).min(1.0);
        return (needs, 0);
    }
    let mut candidates = Vec::new();
    // Per flow and dimension one more than the place of its candidate.
    let mut of_flow = vec![[0_u16; 4]; flows.len()];
    let mut keyed = Vec::with_capacity(flows.len());
    let mut lowest = f64::INFINITY;
    for (place, dimension) in Dimension::ALL.into_iter().enumerate() {
        keyed.clear();
        keyed.extend(flows.iter().zip(0_u32..).map(|(flow, at)| {
            let value = Value::of(&flow.key, dimension);
            (value.hash(0) as u32, at)
        }));
        keyed.sort_unstable();
        let threshold = threshold(flows, &keyed, total);
        lowest = lowest.min(threshold);
        if let Some(own) = needs.thresholds.get_mut(place) {
            *own = threshold;
        }
        for group in by_value(&keyed) {
            let spread = of_value(group.iter().map(|&(_, at)| weight_at(flows, at)));
            let Some(first) = group.first().and_then(|&(_, at)| flows.get(at as usize)) else {
                continue;
            };
            let share = spread.size / threshold;
            if share < WATCHED || candidates.len() >= MOST_CANDIDATES {
                continue;
            }
            let gain = if share < 1.0 {
                1.0
            } else {
                let near = NEAR / margin(flows, group, dimension).max(1e-6);
                (near * near).clamp(LEAST_GAIN, MOST_GAIN)
            };
            candidates.push(Candidate {
                dimension: place,
                value: Value::of(&first.key, dimension),
                mass: spread.mass,
                share,
                threshold,
                gain,
            });
            for &(_, at) in group {
                if let Some(own) = of_flow
                    .get_mut(at as usize)
                    .and_then(|own| own.get_mut(place))
                {
                    *own = candidates.len() as u16;
                }
            }
        }
    }
    let room = keyed.capacity() * size_of::<(u32, u32)>()
        + of_flow.capacity() * size_of::<[u16; 4]>()
        + candidates.capacity() * size_of::<Candidate>();
    let enough = enough(flows, &candidates, &of_flow, ROWS / lowest, target as f64);
    needs.enough = enough;
    needs.others = (enough / FEW).min(1.0);
    needs.least = ROWS / lowest * needs.others;
    for candidate in &candidates {
        if let Some(by_value) = needs.by_value.get_mut(candidate.dimension) {
            let need = Need {
                probability: candidate.need(enough),
                significant: candidate.share >= 1.0,
            };
            by_value.insert(candidate.value, need);
        }
    }
    (needs, room)
}

/// Flows per cluster with which the table comes down to the target.
fn enough(
    flows: &[FlowRecord],
    candidates: &[Candidate],
    of_flow: &[[u16; 4]],
    least: f64,
    target: f64,
) -> f64 {
    let (mut low, mut high) = (1e-6_f64, 1e9_f64);
    let mut probabilities: Vec<(f64, bool)> = vec![(0.0, false); candidates.len()];
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        for (probability, candidate) in probabilities.iter_mut().zip(candidates) {
            *probability = (candidate.need(middle), candidate.share >= 1.0);
        }
        let others = (middle / FEW).min(1.0);
        let mut stay = 0.0;
        for (flow, own) in flows.iter().zip(of_flow) {
            let (mut most, mut significant) = (least * others, false);
            for &candidate in own.iter().filter(|&&candidate| candidate > 0) {
                if let Some(&(probability, counts)) = probabilities.get(candidate as usize - 1) {
                    most = most.max(probability);
                    significant |= counts;
                }
            }
            if !significant {
                most = most.max(others);
            }
            let weight = weight_of(most);
            stay += f64::from(flow.weight) / f64::from(weight.max(flow.weight));
        }
        if stay > target {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

/// The flows from which a cluster is significant.
fn threshold(flows: &[FlowRecord], sorted: &[(u32, u32)], total: f64) -> f64 {
    let mut levels = [Spread::default(); HALVINGS + 1];
    for group in by_value(sorted) {
        let spread = of_value(group.iter().map(|&(_, at)| weight_at(flows, at)));
        let halvings = (ALPHA * total / spread.size).log2().ceil().max(0.0) as usize;
        if let Some(level) = levels.get_mut(halvings.min(HALVINGS)) {
            level.mass += spread.mass;
            level.logs += spread.logs;
            level.values += spread.values;
        }
    }
    let mut rest = Spread::default();
    for level in &levels {
        rest.mass += level.mass;
        rest.logs += level.logs;
        rest.values += level.values;
    }
    let mut threshold = ALPHA * total;
    for level in &levels {
        let uncertainty = (rest.mass.ln() - rest.logs / rest.mass) / rest.values.ln();
        if rest.values < 1.5 || uncertainty > BETA || uncertainty.is_nan() {
            break;
        }
        rest.mass -= level.mass;
        rest.logs -= level.logs;
        rest.values -= level.values;
        threshold /= 2.0;
    }
    // The last threshold that moved any was twice this, unless none did.
    (2.0 * threshold).min(ALPHA * total).max(2.0)
}
