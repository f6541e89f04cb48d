//! True counts: how many flows, packets and bytes each value had, kept or not.
//!
//! Up to a number of values per dimension every one is counted exactly. Beyond it the smallest half is dropped whenever
//! there is no room: a value that is followed has been counted exactly since then, and what it had before is at most
//! the `floor` of that moment, which its row states as error. The values without a row are known by their totals, and by
//! a sample of all values that is drawn by the hash of the value and counted exactly: it tells how many there are, and
//! how their flows spread.

use hashbrown::HashMap;

use super::Thinned;
use super::value::{Dimension, Value};
use crate::flows::FlowRecord;

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
}

#[derive(Clone, Copy, Debug, Default)]
struct Followed {
    /// Flows since it is followed.
    flows: u32,
    /// It had at most so many before.
    before: u32,
    kept: u32,
    packets: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Counts {
    dimension: Dimension,
    followed: HashMap<Value, Followed>,
    most_followed: usize,
    /// No value that is not followed had more flows.
    floor: u32,
    /// Flows of the values whose hash is below `2^64 / one_in`.
    sample: HashMap<u64, u32>,
    most_sampled: usize,
    one_in: u64,
}

const SEED: u64 = 0x5EED_0F7E_11A1_1E55;
/// A row's error is at most this part of its flows.
const SURE: u32 = 4;

/// As many entries as a hash table of about so many holds before it grows.
fn full(about: usize) -> usize {
    about.max(64).next_power_of_two() / 8 * 7
}

impl Counts {
    fn new(dimension: Dimension, flows: usize) -> Counts {
        Counts {
            dimension,
            followed: HashMap::new(),
            most_followed: full(flows / 24),
            floor: 0,
            sample: HashMap::new(),
            most_sampled: full(flows / 12),
            one_in: 1,
        }
    }

    #[inline]
    fn add(&mut self, value: Value) {
        if let Some(found) = self.followed.get_mut(&value) {
            found.flows += 1;
        } else {
            if self.followed.len() >= self.most_followed {
                self.purge();
            }
            let new = Followed {
                flows: 1,
                before: self.floor,
                ..Followed::default()
            };
            self.followed.insert(value, new);
        }
        let hash = value.hash(SEED);
        if hash <= u64::MAX / self.one_in {
            *self.sample.entry(hash).or_default() += 1;
            while self.sample.len() > self.most_sampled {
                self.one_in *= 2;
                let bound = u64::MAX / self.one_in;
                self.sample.retain(|hash, _| *hash <= bound);
            }
        }
    }

    fn purge(&mut self) {
        let mut sizes: Vec<u32> = self.followed.values().map(|f| f.flows + f.before).collect();
        let half = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable(half);
        self.floor = (*median).max(self.floor);
        let floor = self.floor;
        self.followed.retain(|_, f| f.flows + f.before > floor);
    }

    /// The rows, and that of the rest; `all` are the totals of the window.
    fn rows(&self, window_ns: Option<i64>, all: &Thinned, out: &mut Vec<ClusterCount>) {
        let row = |value: Value, followed: &Followed| {
            let half = followed.before / 2;
            let flows = u64::from(followed.flows + half);
            ClusterCount {
                window_ns,
                dimension: self.dimension,
                value: Some(value),
                flows,
                flows_error: u64::from(followed.before - half),
                packets: followed.packets,
                bytes: followed.bytes,
                kept_flows: u64::from(followed.kept),
                values: 1,
                flow_logs: flows as f64 * (flows as f64).ln(),
            }
        };
        let listed = |followed: &Followed| {
            self.floor == 0 || followed.flows >= SURE.saturating_mul(self.floor).max(8)
        };
        let first = out.len();
        out.extend(
            self.followed
                .iter()
                .filter(|(_, followed)| listed(followed))
                .map(|(value, followed)| row(*value, followed)),
        );
        let rows = out.get_mut(first..).unwrap_or_default();
        rows.sort_by(|a, b| b.flows.cmp(&a.flows).then(a.value.cmp(&b.value)));
        if self.floor == 0 {
            return;
        }
        let sum = |part: fn(&ClusterCount) -> u64| rows.iter().map(part).sum::<u64>();
        let left = |total: u64, listed: u64| total.saturating_sub(listed);
        let flows = left(all.kept_flows + all.thinned_flows, sum(|row| row.flows));
        let mut sampled = self.sample.clone();
        for row in rows.iter() {
            if let Some(value) = row.value {
                sampled.remove(&value.hash(SEED));
            }
        }
        let seen: u64 = sampled.values().map(|&count| u64::from(count)).sum();
        let mut counts: Vec<u32> = sampled.into_values().collect();
        counts.sort_unstable();
        let logs: f64 = counts
            .iter()
            .map(|&n| f64::from(n) * f64::from(n).ln())
            .sum();
        let rest = ClusterCount {
            window_ns,
            dimension: self.dimension,
            value: None,
            flows,
            flows_error: sum(|row| row.flows_error),
            packets: left(
                all.kept_packets + all.thinned_packets,
                sum(|row| row.packets),
            ),
            bytes: left(all.kept_bytes + all.thinned_bytes, sum(|row| row.bytes)),
            kept_flows: left(all.kept_flows, sum(|row| row.kept_flows)),
            values: (counts.len() as u64 * self.one_in).min(flows),
            flow_logs: flows as f64 * logs / (seen as f64).max(1.0),
        };
        if flows > 0 {
            out.push(rest);
        }
    }

    fn bytes(&self) -> usize {
        self.followed.allocation_size() + self.sample.allocation_size()
    }
}

/// The true counts of a window in all dimensions.
#[derive(Debug)]
pub struct Census {
    counts: [Counts; 4],
}

impl Census {
    /// An empty census beside a table of so many flows.
    pub fn new(flows: usize) -> Census {
        Census {
            counts: Dimension::ALL.map(|dimension| Counts::new(dimension, flows)),
        }
    }

    /// Counts a flow that began.
    #[inline]
    pub fn flow(&mut self, values: &[Value; 4]) {
        for (counts, value) in self.counts.iter_mut().zip(values) {
            counts.add(*value);
        }
    }

    /// Counts packets of thinned flows, or a flow that is kept to the end.
    #[inline]
    pub fn packets(&mut self, values: &[Value; 4], packets: u64, bytes: u64, kept: bool) {
        for (counts, value) in self.counts.iter_mut().zip(values) {
            if let Some(found) = counts.followed.get_mut(value) {
                found.packets += packets;
                found.bytes += bytes;
                found.kept += u32::from(kept);
            }
        }
    }

    /// The rows of the window; the flows that were kept have been told by `packets`.
    pub fn rows(&self, window_ns: Option<i64>, all: &Thinned) -> Vec<ClusterCount> {
        let mut rows = Vec::new();
        for counts in &self.counts {
            counts.rows(window_ns, all, &mut rows);
        }
        rows
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.counts.iter().map(Counts::bytes).sum()
    }
}

/// The values of a flow in all dimensions.
#[inline]
pub fn values(flow: &FlowRecord) -> [Value; 4] {
    Dimension::ALL.map(|dimension| Value::of(&flow.key, dimension))
}
