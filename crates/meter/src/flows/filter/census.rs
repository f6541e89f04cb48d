//! True counts: how many flows, packets and bytes each value had, kept or not, and how the flows of large ones spread.

use super::Thinned;
use super::counts::Counts;
use super::known::Stands;
use super::near::Near;
use super::round::WATCHED;
use super::spread::Spreading;
use super::value::{Dimension, Own, Value};

/// One row of `cluster_counts`: the flows of a window with one value in one dimension, or with all values without a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterCount {
    /// Start of the window.
    pub window_ns: Option<i64>,
    /// The dimension.
    pub dimension: Dimension,
    /// The value; `None` for all that have no row.
    pub value: Option<Value>,
    /// Flows, kept or not.
    pub flows: u64,
    /// `flows` is wrong by at most so many.
    pub flows_error: u64,
    /// Packets; of a row with an error those since the value is followed.
    pub packets: u64,
    /// Bytes, likewise.
    pub bytes: u64,
    /// Flows that were kept.
    pub kept_flows: u64,
    /// Values in the row.
    pub values: u64,
    /// Sum of flows · ln(flows) over the values.
    pub flow_logs: f64,
    /// How so many of its flows spread over each dimension; `None` of a value that was not watched.
    pub spreads: Option<(u64, [Spreading; 4])>,
}

/// A flow that begins.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// A hash of it.
    pub draw: u64,
    /// What [`draws`] makes of it.
    pub draws: [u64; 4],
    /// How many flows it counts for.
    pub stands: Stands,
    /// Packets so far, counted as thinned until [`Census::is_kept`].
    pub packets: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// One watched value for so many flows of the table, which bounds what their spreads take.
const FLOWS_PER_SPREAD: usize = 32;
const LEAST_SPREADS: usize = 16;

/// So many standard deviations.
const DEVIATIONS: f64 = 4.0;
/// A run of flows that are all mistaken is shorter, but for one in so many.
const RUNS: f64 = 1e4;

/// By how much a count of that variance may be wrong.
pub fn chance(variance: f64) -> u64 {
    (DEVIATIONS * variance.sqrt()).ceil() as u64
}

/// So many flows in a row may be mistaken if each is with that chance.
pub fn unseen(mistaken: f64) -> u32 {
    if mistaken > 0.0 {
        (RUNS.ln() / -mistaken.min(1.0 - 1e-9).ln()).min(1e9) as u32
    } else {
        0
    }
}

/// The true counts of a window in all dimensions.
#[derive(Debug)]
pub struct Census {
    counts: [Counts; 4],
    flows: u64,
    most_spreads: usize,
}

impl Census {
    /// An empty census beside a table of so many flows.
    pub fn new(flows: usize) -> Census {
        let mut place = 0..;
        Census {
            counts: Dimension::ALL
                .map(|dimension| Counts::new(place.next().unwrap_or(0), dimension, flows)),
            flows: 0,
            most_spreads: (flows / FLOWS_PER_SPREAD).max(LEAST_SPREADS),
        }
    }

    /// Counts a flow that began; how many its values have by now.
    #[inline]
    pub fn flow(&mut self, own: &[Own; 4], new: &New) -> [u32; 4] {
        self.flows += u64::from(new.stands.flows);
        let mut sizes = [0; 4];
        for ((size, counts), each) in sizes.iter_mut().zip(&mut self.counts).zip(own) {
            *size = counts.add(own, each, new);
        }
        sizes
    }

    /// The flows from which a value is significant, in each dimension.
    pub fn thresholds(&self) -> [f64; 4] {
        let total = self.flows as f64;
        std::array::from_fn(|at| {
            self.counts
                .get(at)
                .map_or(f64::INFINITY, |counts| counts.threshold(total))
        })
    }

    /// The clusters that are significant by these thresholds or may be, of which the nearest begin to be watched, as far as
    /// there is room.
    pub fn near(&mut self, thresholds: &[f64; 4]) -> Near {
        let mut near = Near::default();
        let mut wanted: Vec<(f64, usize, Value)> = Vec::new();
        let mut watched = 0;
        for (counts, threshold) in self.counts.iter_mut().zip(thresholds) {
            for followed in &mut counts.followed {
                let share = f64::from(followed.size()) / threshold;
                if share < WATCHED {
                    followed.spreads = None;
                    continue;
                }
                near.add(counts.place, followed.value, followed.size());
                watched += usize::from(followed.spreads.is_some());
                if followed.spreads.is_none() && share >= 2.0 * WATCHED {
                    wanted.push((share, counts.place, followed.value));
                }
            }
        }
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        wanted.truncate(self.most_spreads.saturating_sub(watched));
        for (_, place, value) in wanted {
            near.watch(place, value);
        }
        near
    }

    /// Watches on the clusters of which the flows of the table were counted.
    pub fn watch(&mut self, near: Near) {
        for (place, value, spreads) in near.spreads() {
            let own = Own {
                value,
                hash: value.hash(0),
            };
            if let Some(found) = self
                .counts
                .get_mut(place)
                .and_then(|counts| counts.find_mut(&own))
            {
                found.spreads = Some(Box::new(spreads));
            }
        }
    }

    /// Takes back the packets of a flow that began and is kept: they count with all its packets.
    pub fn is_kept(&mut self, own: &[Own; 4], new: &New) {
        for (counts, own) in self.counts.iter_mut().zip(own) {
            if let Some(found) = counts.find_mut(own) {
                found.packets = found.packets.saturating_sub(new.packets);
                found.bytes = found.bytes.saturating_sub(new.bytes);
            }
        }
    }

    /// Counts packets of thinned flows, or a flow that is kept to the end.
    #[inline]
    pub fn packets(&mut self, own: &[Own; 4], packets: u64, bytes: u64, kept: bool) {
        for (counts, own) in self.counts.iter_mut().zip(own) {
            if let Some(found) = counts.find_mut(own) {
                found.packets += packets;
                found.bytes += bytes;
                found.kept += u32::from(kept);
            }
        }
    }

    /// The rows of the window; the flows that were kept have been told by `packets`. So many flows in a row may have been
    /// mistaken for thinned ones.
    pub fn rows(&self, window_ns: Option<i64>, all: &Thinned, unseen: u32) -> Vec<ClusterCount> {
        let mut rows = Vec::new();
        for counts in &self.counts {
            counts.rows(window_ns, all, unseen, &mut rows);
        }
        rows
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.counts.iter().map(Counts::bytes).sum()
    }
}
