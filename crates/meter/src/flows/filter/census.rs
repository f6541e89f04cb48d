//! True counts: how many flows, packets and bytes each value had, kept or not.
//!
//! Up to a number of values per dimension every one is counted exactly. From then on a value that is not followed yet is
//! followed from one of its flows on that the hash of the flow chooses, one in eight, and the smallest half is dropped
//! whenever there is no room. So a value of many flows misses seven on average, which are added, and its row states an
//! error that is exceeded once in a thousand times; values that were followed before are exact. The values without a row
//! are known by their totals; how their flows spread by those of them that are followed, and of the small ones by a
//! sample of all values that is drawn by the hash of the value and counted exactly. It also tells how many there are.

use hashbrown::HashMap;

use super::Thinned;
use super::known::Stands;
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
    /// It had at most so many before, almost certainly; 0 if it is exact.
    before: u32,
    kept: u32,
    /// Variance of `flows`.
    variance: f32,
    packets: u64,
    bytes: u64,
}

impl Followed {
    fn error(&self, unseen: u32) -> u64 {
        u64::from(self.before) + chance(f64::from(self.variance)) + u64::from(unseen)
    }

    fn estimate(&self) -> u32 {
        self.flows + if self.before > 0 { SKIPPED } else { 0 }
    }
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
/// The possible error of a row is at most one of so many of its flows.
const SURE: u64 = 4;
/// Once there was no room, one in so many flows makes its value followed.
const ENTERS: u64 = 8;
/// So many it misses then on average.
const SKIPPED: u32 = 7;
/// It misses more than these once in a thousand times: (7/8)^52.
const SKIPPED_AT_MOST: u32 = 52;
/// Values of less flows are known by the sample.
const SMALL: u32 = 16;

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

/// As many entries as a hash table of about so many holds before it grows.
fn full(about: usize) -> usize {
    about.max(64).next_power_of_two() / 8 * 7
}

impl Counts {
    fn new(dimension: Dimension, flows: usize) -> Counts {
        Counts {
            dimension,
            followed: HashMap::new(),
            most_followed: full(flows / if dimension.is_port() { 64 } else { 16 }),
            floor: 0,
            sample: HashMap::new(),
            most_sampled: full(flows / 12),
            one_in: 1,
        }
    }

    #[inline]
    fn add(&mut self, value: Value, draw: u64, stands: Stands) {
        if let Some(found) = self.followed.get_mut(&value) {
            found.flows = found.flows.saturating_add(stands.flows);
            found.variance += stands.variance;
        } else if self.floor == 0 || draw.is_multiple_of(ENTERS) {
            if self.followed.len() >= self.most_followed {
                self.purge();
            }
            let before = if self.floor > 0 {
                self.floor + SKIPPED_AT_MOST.saturating_mul(stands.flows)
            } else {
                0
            };
            let new = Followed {
                flows: stands.flows,
                variance: stands.variance,
                before,
                ..Followed::default()
            };
            self.followed.insert(value, new);
        }
        let hash = value.hash(SEED);
        if hash <= u64::MAX / self.one_in {
            *self.sample.entry(hash).or_default() += stands.flows;
            while self.sample.len() > self.most_sampled {
                self.one_in *= 2;
                let bound = u64::MAX / self.one_in;
                self.sample.retain(|hash, _| *hash <= bound);
            }
        }
    }

    fn purge(&mut self) {
        let mut sizes: Vec<u32> = self.followed.values().map(Followed::estimate).collect();
        let half = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable(half);
        self.floor = (*median).max(self.floor);
        let floor = self.floor;
        self.followed.retain(|_, f| f.estimate() > floor);
    }

    /// The rows, and that of the rest; `all` are the totals of the window.
    fn rows(
        &self,
        window_ns: Option<i64>,
        all: &Thinned,
        unseen: u32,
        out: &mut Vec<ClusterCount>,
    ) {
        let row = |value: Value, followed: &Followed| {
            let flows = u64::from(followed.estimate());
            ClusterCount {
                window_ns,
                dimension: self.dimension,
                value: Some(value),
                flows,
                flows_error: followed.error(unseen),
                packets: followed.packets,
                bytes: followed.bytes,
                kept_flows: u64::from(followed.kept),
                values: 1,
                flow_logs: flows as f64 * (flows as f64).ln(),
            }
        };
        let listed = |followed: &Followed| {
            let least = u64::from(self.floor).max(SURE * followed.error(unseen));
            self.floor == 0 || u64::from(followed.estimate()) >= least.max(8)
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
        let mut small = self.sample.clone();
        let mut middle: Vec<u32> = Vec::new();
        for (value, followed) in &self.followed {
            if listed(followed) || followed.flows >= SMALL {
                small.remove(&value.hash(SEED));
            }
            if !listed(followed) && followed.flows >= SMALL {
                middle.push(followed.estimate());
            }
        }
        let mut small: Vec<u32> = small.into_values().collect();
        middle.sort_unstable();
        small.sort_unstable();
        let (small_flows, small_logs) = sums(&small);
        let (middle_flows, middle_logs) = sums(&middle);
        let per_flow = small_logs / small_flows.max(1.0);
        let logs = middle_logs + (flows as f64 - middle_flows).max(0.0) * per_flow;
        let values = (self.sample.len() as u64 * self.one_in).saturating_sub(rows.len() as u64);
        let rest = ClusterCount {
            window_ns,
            dimension: self.dimension,
            value: None,
            flows,
            flows_error: sum(|row| row.flows_error) + all.flows_error,
            packets: left(
                all.kept_packets + all.thinned_packets,
                sum(|row| row.packets),
            ),
            bytes: left(all.kept_bytes + all.thinned_bytes, sum(|row| row.bytes)),
            kept_flows: left(all.kept_flows, sum(|row| row.kept_flows)),
            values: values.clamp(1, flows.max(1)),
            flow_logs: logs,
        };
        if flows > 0 {
            out.push(rest);
        }
    }

    fn bytes(&self) -> usize {
        self.followed.allocation_size() + self.sample.allocation_size()
    }
}

/// The sum of counts, and that of n ln n.
fn sums(counts: &[u32]) -> (f64, f64) {
    let counts = counts.iter().map(|&n| f64::from(n));
    counts.fold((0.0, 0.0), |(flows, logs), n| {
        (flows + n, logs + n * n.ln())
    })
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

    /// Counts a flow that began, with a hash of it, as those that it stands for.
    #[inline]
    pub fn flow(&mut self, values: &[Value; 4], draw: u64, stands: Stands) {
        for (counts, value) in self.counts.iter_mut().zip(values) {
            counts.add(*value, draw, stands);
        }
    }

    /// The flows of these values so far; 0 of one that is not followed.
    pub fn sizes(&self, values: &[Value; 4]) -> [u32; 4] {
        let mut sizes = [0; 4];
        for ((size, counts), value) in sizes.iter_mut().zip(&self.counts).zip(values) {
            *size = counts.followed.get(value).map_or(0, Followed::estimate);
        }
        sizes
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

/// The values of a flow in all dimensions.
#[inline]
pub fn values(flow: &FlowRecord) -> [Value; 4] {
    Dimension::ALL.map(|dimension| Value::of(&flow.key, dimension))
}
