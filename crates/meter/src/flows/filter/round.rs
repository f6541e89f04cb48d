//! One round of thinning: which clusters are significant, and how likely their flows are kept.

use super::Policy;
use super::census::Census;
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

/// How likely flows are kept, by the sizes of their clusters.
#[derive(Debug)]
pub struct Needs {
    /// Flows from which a cluster is significant, in each dimension.
    pub thresholds: [f64; 4],
    /// Flows that a significant cluster keeps.
    enough: f64,
    /// No flow asks for less.
    least: f64,
}

impl Needs {
    /// Nothing is thinned.
    pub fn none() -> Needs {
        Needs {
            thresholds: [f64::INFINITY; 4],
            enough: f64::INFINITY,
            least: 1.0,
        }
    }

    /// Chooses how likely flows are kept so that about `target` of these stay; with the weight of each.
    pub fn of(
        flows: &[FlowRecord],
        census: &Census,
        target: usize,
        policy: Policy,
    ) -> (Needs, Vec<u32>) {
        let mut needs = Needs::none();
        if policy == Policy::Profiles {
            needs.thresholds = census.thresholds();
            let lowest = needs.thresholds.into_iter().fold(f64::INFINITY, f64::min);
            needs.least = ROWS / lowest / FEW;
        }
        let asked: Vec<(f32, u32)> = flows
            .iter()
            .map(|flow| {
                let asked = match policy {
                    Policy::Profiles => needs.asked(census.sizes(&values(&flow.key))),
                    Policy::Uniform => 1.0,
                };
                (asked as f32, flow.weight)
            })
            .collect();
        let (mut low, mut high) = (1e-7_f64, 1e7_f64);
        for _ in 0..14 {
            let middle = (low * high).sqrt();
            let stay: f64 = asked
                .iter()
                .map(|&(asked, weight)| {
                    let weight = f64::from(weight);
                    weight / weight.max(f64::from(weight_of(middle * f64::from(asked))))
                })
                .sum();
            if stay > target as f64 {
                high = middle;
            } else {
                low = middle;
            }
        }
        needs.enough = low;
        let weights = asked
            .into_iter()
            .map(|(asked, weight)| weight_of(low * f64::from(asked)).max(weight))
            .collect();
        (needs, weights)
    }

    /// How many flows a kept flow stands for whose clusters have so many flows.
    #[inline]
    pub fn weight(&self, sizes: [u32; 4]) -> u32 {
        weight_of(self.enough * self.asked(sizes))
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

fn weight_of(probability: f64) -> u32 {
    (1.0 / probability.max(1.0 / MOST_WEIGHT)).max(1.0) as u32
}
