//! One round of thinning: which clusters are significant, and how likely their flows are kept.

use super::Policy;
use super::census::Census;
use super::near::Near;
use super::value::values;
use crate::flows::FlowRecord;

/// Clusters this part of the threshold are watched: they may come to matter.
pub const WATCHED: f64 = 0.25;
/// Flows per cluster below which flows of no significant cluster are thinned, too.
const FEW: f64 = 256.0;
/// Flows that a cluster at the threshold keeps even before it is known: one kept flow must not be most of it.
const ROWS: f64 = 8.0;
/// Flows that one kept flow may stand for.
const MOST_WEIGHT: f64 = 1e9;
/// What a cluster keeps is found to this factor.
const PRECISE: f64 = 1.02;
/// New flows are admitted so much less likely than those in the table are kept: it fills more slowly, and is thinned less
/// often.
const AHEAD: f64 = 2.0;

/// How likely flows are kept, by the sizes of their clusters.
#[derive(Debug)]
pub struct Needs {
    /// Flows from which a cluster is significant, in each dimension.
    thresholds: [f64; 4],
    /// Flows that a significant cluster keeps, by which new ones are admitted.
    admits: f64,
    /// No flow asks for less.
    least: f64,
}

impl Needs {
    /// Nothing is thinned.
    pub fn none() -> Needs {
        Needs {
            thresholds: [f64::INFINITY; 4],
            admits: f64::INFINITY,
            least: 1.0,
        }
    }

    /// Chooses how likely flows are kept so that about `target` of these stay; with the weight of each. `draw` is the hash
    /// of a flow.
    pub fn of(
        flows: &[FlowRecord],
        census: &mut Census,
        target: usize,
        policy: Policy,
        draw: impl Fn(&FlowRecord) -> u64,
    ) -> (Needs, Vec<u32>) {
        let mut needs = Needs::none();
        let mut near = Near::default();
        if policy == Policy::Profiles {
            needs.thresholds = census.thresholds();
            let lowest = needs.thresholds.into_iter().fold(f64::INFINITY, f64::min);
            needs.least = ROWS / lowest / FEW;
            near = census.near(&needs.thresholds);
        }
        let spared: Vec<(f32, u32)> = flows
            .iter()
            .map(|flow| {
                let asked = match policy {
                    Policy::Profiles => needs.asked(near.sizes(&values(&flow.key), || draw(flow))),
                    Policy::Uniform => 1.0,
                };
                ((1.0 / asked) as f32, flow.weight)
            })
            .collect();
        census.watch(near);
        let (mut low, mut high) = (1e-7_f64, 1e7_f64);
        while high > PRECISE * low {
            let middle = (low * high).sqrt();
            let stay: f64 = spared
                .iter()
                .map(|&(spared, weight)| {
                    f64::from(weight) / f64::from(weight.max(weight_of(f64::from(spared) / middle)))
                })
                .sum();
            if stay > target as f64 {
                high = middle;
            } else {
                low = middle;
            }
        }
        needs.admits = match policy {
            Policy::Profiles if low > FEW => (low / AHEAD).max(FEW),
            Policy::Profiles => low / AHEAD,
            Policy::Uniform => low,
        };
        let weights = spared
            .into_iter()
            .map(|(spared, weight)| weight.max(weight_of(f64::from(spared) / low)))
            .collect();
        (needs, weights)
    }

    /// How many flows a kept flow stands for whose clusters have so many flows.
    #[inline]
    pub fn weight(&self, sizes: [u32; 4]) -> u32 {
        weight_of(1.0 / (self.admits * self.asked(sizes)))
    }

    /// The probability that a flow asks for, for each flow that a significant cluster keeps.
    #[inline]
    fn asked(&self, sizes: [u32; 4]) -> f64 {
        let mut asked = self.least;
        let mut significant = false;
        for (threshold, size) in self.thresholds.into_iter().zip(sizes) {
            let size = f64::from(size);
            if size >= threshold {
                asked = asked.max(1.0 / size);
                significant = true;
            } else if size >= WATCHED * threshold {
                asked = asked.max(size * size / (threshold * threshold * threshold));
            }
        }
        if significant {
            asked
        } else {
            asked.max(1.0 / FEW)
        }
    }
}

/// The weight of a flow of which one in so many is kept.
#[inline]
fn weight_of(one_in: f64) -> u32 {
    one_in.clamp(1.0, MOST_WEIGHT) as u32
}
