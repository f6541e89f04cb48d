//! How the flows of a cluster spread, from those that are in the table, and how near that is to another behavior class.

use super::value::{Dimension, Value};
use crate::flows::FlowRecord;

/// Sums over the values of rows that stand for several flows each: what the flows themselves would give.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// Flows.
    pub mass: f64,
    /// Sum of flows · ln(flows).
    pub logs: f64,
    /// Values.
    pub values: f64,
    /// Flows of a value, as one of its flows sees it.
    pub size: f64,
}

/// The spread within one value, whose rows have these weights.
///
/// The size of the value is estimated for each row from the others, plus one for the row itself; so that one row that
/// stands for twenty flows is twenty values like it and not one value of twenty flows.
pub fn of_value(weights: impl Iterator<Item = u32> + Clone) -> Spread {
    let mass: f64 = weights.clone().map(f64::from).sum();
    let mut spread = Spread {
        mass,
        ..Spread::default()
    };
    for weight in weights.map(f64::from) {
        let size = mass - weight + 1.0;
        spread.logs += weight * size.ln();
        spread.values += weight / size;
        spread.size += weight * size / mass;
    }
    spread
}

/// Groups `(hash of the value, place of the flow)`, sorted, by value. Half a hash is enough to thin: two values in a
/// million are taken for one.
pub fn by_value(sorted: &[(u32, u32)]) -> impl Iterator<Item = &[(u32, u32)]> {
    sorted.chunk_by(|a, b| a.0 == b.0)
}

/// The weight of the flow at a place.
pub fn weight_at(flows: &[FlowRecord], at: u32) -> u32 {
    flows.get(at as usize).map_or(1, |flow| flow.weight)
}

const EPSILON_PORT: f64 = 0.2;
const EPSILON_ADDRESS: f64 = 0.3;
const PORTS: f64 = 65_536.0;

/// The smallest distance of a relative uncertainty of a cluster from the border of a label of its behavior class.
pub fn margin(flows: &[FlowRecord], members: &[(u32, u32)], own: Dimension) -> f64 {
    let mut least = f64::INFINITY;
    let mut values: Vec<(u32, u32)> = Vec::with_capacity(members.len());
    for free in Dimension::ALL.into_iter().filter(|free| *free != own) {
        values.clear();
        values.extend(members.iter().filter_map(|&(_, at)| {
            let flow = flows.get(at as usize)?;
            Some((Value::of(&flow.key, free).hash(0) as u32, at))
        }));
        values.sort_unstable();
        let mut all = Spread::default();
        for group in by_value(&values) {
            let spread = of_value(group.iter().map(|&(_, at)| weight_at(flows, at)));
            all.mass += spread.mass;
            all.logs += spread.logs;
        }
        let possible = if free.is_port() {
            all.mass.min(PORTS)
        } else {
            all.mass
        };
        if possible > 1.0 {
            let relative = (all.mass.ln() - all.logs / all.mass) / possible.ln();
            let epsilon = if free.is_port() {
                EPSILON_PORT
            } else {
                EPSILON_ADDRESS
            };
            least = least
                .min((relative - epsilon).abs())
                .min((relative - 1.0 + epsilon).abs());
        }
    }
    least
}
