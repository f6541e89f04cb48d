//! True counts of the values of one dimension.
//!
//! Up to a number of values every one is counted exactly. From then on a value that is not followed yet is followed from one
//! of its flows on that the hash of the flow chooses, one in eight, and the smallest half is dropped whenever there is no
//! room. So a value of many flows misses seven on average, which are added, and its row states an error that is exceeded once
//! in a thousand times; values that were followed before are exact. The values without a row are known by their totals; how
//! their flows spread by those of them that are followed, and of the small ones by a sample of all values that is drawn by
//! the hash of the value and counted exactly. It also tells how many there are.

use hashbrown::hash_table::Entry;
use hashbrown::{HashMap, HashTable};

use super::Thinned;
use super::census::{ClusterCount, New, chance};
use super::spread::Spreads;
use super::value::{Dimension, Own, Value};

/// A value that is followed.
#[derive(Debug)]
pub struct Followed {
    /// The value.
    pub value: Value,
    /// Flows since it is followed.
    flows: u32,
    /// It had at most so many before, almost certainly; 0 if it is exact.
    before: u32,
    /// Flows that are kept, told at the end.
    pub kept: u32,
    /// Variance of `flows`.
    variance: f32,
    /// Packets, of thinned flows or all.
    pub packets: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// How its flows spread, of clusters that are significant or may become so.
    pub spreads: Option<Box<Spreads>>,
}

impl Followed {
    #[inline]
    fn hash(&self) -> u64 {
        self.value.hash(0)
    }

    fn error(&self, unseen: u32) -> u64 {
        u64::from(self.before) + chance(f64::from(self.variance)) + u64::from(unseen)
    }

    /// Its flows, as thinning sees it: most values that were just followed are small.
    #[inline]
    pub fn size(&self) -> u32 {
        if self.flows < SMALL {
            self.flows
        } else {
            self.estimate()
        }
    }

    /// Its flows.
    pub fn estimate(&self) -> u32 {
        self.flows + if self.before > 0 { SKIPPED } else { 0 }
    }
}

/// The true counts of one dimension in one window.
#[derive(Debug)]
pub struct Counts {
    dimension: Dimension,
    /// Place of the dimension.
    pub place: usize,
    /// The values that are followed.
    pub followed: HashTable<Followed>,
    most_followed: usize,
    /// No value that is not followed had more flows.
    floor: u32,
    /// Flows of the values whose hash is below `2^64 / one_in`.
    sample: HashMap<u64, u32>,
    most_sampled: usize,
    one_in: u64,
    sampled_below: u64,
}

/// The possible error of a row is at most one of so many of its flows.
const SURE: u64 = 4;
/// Once there was no room, one in so many flows makes its value followed.
const ENTERS: u64 = 8;
/// So many it misses then on average.
const SKIPPED: u32 = 7;
/// It misses more than these once in a thousand times: (7/8)^52.
const SKIPPED_AT_MOST: u32 = 52;
/// The thresholds of significant clusters.
const ALPHA: f64 = 0.02;
const BETA: f64 = 0.9;
const HALVINGS: usize = 40;
/// Values of less flows are known by the sample.
const SMALL: u32 = 16;

/// As many entries as a hash table of about so many holds before it grows.
fn full(about: usize) -> usize {
    about.max(64).next_power_of_two() / 8 * 7
}

impl Counts {
    /// None are counted yet, beside a table of so many flows.
    pub fn new(place: usize, dimension: Dimension, flows: usize) -> Counts {
        Counts {
            dimension,
            place,
            followed: HashTable::new(),
            most_followed: full(flows / if dimension.is_port() { 64 } else { 16 }),
            floor: 0,
            sample: HashMap::new(),
            most_sampled: full(flows / 12),
            one_in: 1,
            sampled_below: u64::MAX,
        }
    }

    /// What is known of a value.
    #[inline]
    pub fn find(&self, own: &Own) -> Option<&Followed> {
        self.followed
            .find(own.hash, |found| found.value == own.value)
    }

    /// What is known of a value.
    #[inline]
    pub fn find_mut(&mut self, own: &Own) -> Option<&mut Followed> {
        self.followed
            .find_mut(own.hash, |found| found.value == own.value)
    }

    /// Counts a flow; how many the value has by now.
    #[inline]
    pub fn add(&mut self, all: &[Own; 4], own: &Own, new: &New) -> u32 {
        let mut size = 0;
        let place = self.place;
        let New {
            draw,
            stands,
            packets,
            bytes,
        } = *new;
        if let Some(found) = self.find_mut(own) {
            found.packets += packets;
            found.bytes += bytes;
            found.flows = found.flows.saturating_add(stands.flows);
            found.variance += stands.variance;
            size = found.size();
            if let Some(spreads) = &mut found.spreads {
                spreads.add(place, all, draw);
            }
        } else if self.floor == 0 || draw.is_multiple_of(ENTERS) {
            size = self.follow(own, new);
        }
        if own.hash <= self.sampled_below {
            self.sample(own.hash, stands.flows);
        }
        size
    }

    fn follow(&mut self, own: &Own, new: &New) -> u32 {
        let New {
            stands,
            packets,
            bytes,
            ..
        } = *new;
        if self.followed.len() >= self.most_followed {
            self.purge();
        }
        let before = if self.floor > 0 {
            self.floor + SKIPPED_AT_MOST.saturating_mul(stands.flows)
        } else {
            0
        };
        let new = Followed {
            value: own.value,
            flows: stands.flows,
            before,
            kept: 0,
            variance: stands.variance,
            packets,
            bytes,
            spreads: None,
        };
        let size = new.size();
        if let Entry::Vacant(free) = self.followed.entry(own.hash, |_| false, Followed::hash) {
            free.insert(new);
        }
        size
    }

    fn sample(&mut self, hash: u64, flows: u32) {
        *self.sample.entry(hash).or_default() += flows;
        while self.sample.len() > self.most_sampled {
            self.one_in *= 2;
            self.sampled_below = u64::MAX / self.one_in;
            let bound = self.sampled_below;
            self.sample.retain(|hash, _| *hash <= bound);
        }
    }

    fn purge(&mut self) {
        let mut sizes: Vec<u32> = self.followed.iter().map(Followed::estimate).collect();
        let half = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable(half);
        self.floor = (*median).max(self.floor);
        let floor = self.floor;
        self.followed.retain(|f| f.estimate() > floor);
    }

    /// The rows, and that of the rest; `all` are the totals of the window.
    pub fn rows(
        &self,
        window_ns: Option<i64>,
        all: &Thinned,
        unseen: u32,
        out: &mut Vec<ClusterCount>,
    ) {
        let row = |followed: &Followed| {
            let flows = u64::from(followed.estimate());
            ClusterCount {
                window_ns,
                dimension: self.dimension,
                value: Some(followed.value),
                flows,
                flows_error: followed.error(unseen),
                packets: followed.packets,
                bytes: followed.bytes,
                kept_flows: u64::from(followed.kept),
                values: 1,
                flow_logs: flows as f64 * (flows as f64).ln(),
                spreads: followed
                    .spreads
                    .as_ref()
                    .map(|spreads| (spreads.flows, spreads.read())),
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
                .filter(|followed| listed(followed))
                .map(row),
        );
        let rows = out.get_mut(first..).unwrap_or_default();
        rows.sort_by(|a, b| b.flows.cmp(&a.flows).then(a.value.cmp(&b.value)));
        if self.floor == 0 {
            return;
        }
        let sum = |part: fn(&ClusterCount) -> u64| rows.iter().map(part).sum::<u64>();
        let left = |total: u64, listed: u64| total.saturating_sub(listed);
        let flows = left(all.kept_flows + all.thinned_flows, sum(|row| row.flows));
        let (logs, values) = self.rest(flows as f64, rows.len(), listed);
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
            spreads: None,
        };
        if flows > 0 {
            out.push(rest);
        }
    }

    /// The sum of n ln n over the values that are not listed, and how many there are, if so many are and the others have
    /// so many flows.
    fn rest(&self, flows: f64, rows: usize, listed: impl Fn(&Followed) -> bool) -> (f64, u64) {
        let mut small = self.sample.clone();
        let mut middle: Vec<u32> = Vec::new();
        for followed in &self.followed {
            if listed(followed) || followed.flows >= SMALL {
                small.remove(&followed.hash());
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
        let logs = middle_logs + (flows - middle_flows).max(0.0) * per_flow;
        let values = (self.sample.len() as u64 * self.one_in).saturating_sub(rows as u64);
        (logs, values)
    }

    /// The flows from which a value is significant, of so many in all: 2 %, halved until the rest is nearly random
    /// (SIGCOMM 2005, algorithm 1).
    pub fn threshold(&self, total: f64) -> f64 {
        let mut levels = [(0.0, 0.0, 0.0); HALVINGS + 1];
        let listed = |followed: &Followed| self.floor == 0 || followed.flows >= SMALL;
        let sizes = self.followed.iter().filter(|followed| listed(followed));
        let mut sizes: Vec<u32> = sizes.map(Followed::size).collect();
        sizes.sort_unstable();
        let number = sizes.len();
        let (flows, mut logs) = sums(&sizes);
        let (mut mass, mut values) = (total, number as f64);
        for size in sizes.into_iter().map(f64::from) {
            let halvings = (ALPHA * total / size).log2().ceil().max(0.0) as usize;
            if let Some((level_mass, level_logs, level_values)) =
                levels.get_mut(halvings.min(HALVINGS))
            {
                *level_mass += size;
                *level_logs += size * size.ln();
                *level_values += 1.0;
            }
        }
        if self.floor > 0 {
            let rest = (total - flows).max(0.0);
            let (rest_logs, rest_values) = self.rest(rest, number, listed);
            logs += rest_logs;
            values += rest_values as f64;
        }
        let mut threshold = ALPHA * total;
        for (level_mass, level_logs, level_values) in levels {
            let uncertainty = (mass.ln() - logs / mass) / values.ln();
            if values < 1.5 || uncertainty > BETA || uncertainty.is_nan() {
                break;
            }
            mass -= level_mass;
            logs -= level_logs;
            values -= level_values;
            threshold /= 2.0;
        }
        // The last threshold that moved any was twice this, unless none did.
        (2.0 * threshold).min(ALPHA * total).max(2.0)
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        let spreads = self
            .followed
            .iter()
            .filter_map(|followed| followed.spreads.as_ref());
        self.followed.allocation_size()
            + self.sample.allocation_size()
            + spreads.map(|spreads| spreads.bytes()).sum::<usize>()
    }
}

/// The sum of counts, and that of n ln n.
fn sums(counts: &[u32]) -> (f64, f64) {
    let counts = counts.iter().map(|&n| f64::from(n));
    counts.fold((0.0, 0.0), |(flows, logs), n| {
        (flows + n, logs + n * n.ln())
    })
}
