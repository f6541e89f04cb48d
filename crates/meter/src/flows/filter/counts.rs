//! True counts of the values of one dimension.
//!
//! Up to a number of values every one is counted exactly. From then on a value that is not followed yet is followed from one
//! of its flows on that the hash of the flow chooses, one in eight, and the smallest half is dropped whenever there is no
//! room. So a value of many flows misses seven on average, which are added, and its row states an error that is exceeded once
//! in a thousand times; values that were followed before are exact. The values without a row are known by their totals; how
//! their flows spread, and how many they are, by sample and hold over all values ([`Spread`]), without those that have a row.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::Thinned;
use super::census::{ClusterCount, New, chance};
use super::spread::{Spread, Spreads};
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
    /// The flows of all values, as far as there is room.
    all: Spread,
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
/// Values of less flows are not told apart from others before the window ends.
const SMALL: u32 = 16;
/// One value held for so many flows of the table.
const FLOWS_PER_HELD: usize = 6;
/// Values held at least, which takes 2 kB.
const LEAST_HELD: usize = 256;

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
            all: Spread::new(full((flows / FLOWS_PER_HELD).max(LEAST_HELD))),
        }
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
            draws,
        } = new;
        if let Some(found) = self.find_mut(own) {
            found.packets += packets;
            found.bytes += bytes;
            found.flows = found.flows.saturating_add(stands.flows);
            found.variance += stands.variance;
            size = found.size();
            if let Some(spreads) = &mut found.spreads {
                spreads.add(place, all, draws);
            }
        } else if self.floor == 0 || draw.is_multiple_of(ENTERS) {
            size = self.follow(own, new);
        }
        if let Some(draw) = draws.get(place) {
            self.all.add(own.hash, *draw, stands.flows);
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
        let (logs, values) = self.rest(flows as f64, listed);
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
            values: values.round() as u64,
            flow_logs: logs,
            spreads: None,
        };
        if flows > 0 {
            out.push(rest);
        }
    }

    /// The sum of n ln n over the values that are not listed, and how many there are, if these have so many flows.
    fn rest(&self, flows: f64, listed: impl Fn(&Followed) -> bool) -> (f64, f64) {
        let listed = self.followed.iter().filter(|followed| listed(followed));
        self.all.but(listed.map(Followed::hash), flows)
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
            let (rest_logs, rest_values) = self.rest(rest, listed);
            logs += rest_logs;
            values += rest_values;
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
            + self.all.bytes()
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::known::Stands;
    use super::super::spread::draws;
    use super::super::value::mix;
    use super::*;

    #[test]
    fn the_rest_is_known_where_values_of_many_flows_have_no_row() {
        // A flood of 60,000 sources, over 4,000 with up to 400 flows: in truth and without those that have a row.
        let sources: Vec<u32> = (1..=4_000_u32)
            .map(|rank| 400 / (1 + rank / 20) + 1)
            .chain((0..60_000).map(|_| 1))
            .collect();
        let mut flows: Vec<(u32, u32)> = Vec::new();
        for (source, &count) in (0_u32..).zip(&sources) {
            flows.extend((0..count).map(|n| (source, n)));
        }
        let draw = |&(source, n): &(u32, u32)| mix(u64::from(source) << 32 | u64::from(n));
        flows.sort_by_key(draw);
        let mut counts = Counts::new(0, Dimension::SrcIp, 12_000);
        for flow in &flows {
            let value = Value::Ip(Ipv4Addr::from(flow.0).into());
            let own = Own {
                value,
                hash: value.hash(0),
            };
            let draw = mix(draw(flow));
            let new = New {
                draw,
                draws: draws(draw),
                stands: Stands::ALONE,
                packets: 1,
                bytes: 60,
            };
            counts.add(&[own; 4], &own, &new);
        }
        let all = Thinned {
            thinned_flows: flows.len() as u64,
            ..Thinned::default()
        };
        let mut rows = Vec::new();
        counts.rows(None, &all, 0, &mut rows);
        let listed: Vec<Value> = rows.iter().filter_map(|row| row.value).collect();
        let (mut logs, mut values) = (0.0, 0.0);
        for (source, &count) in (0_u32..).zip(&sources) {
            if !listed.contains(&Value::Ip(Ipv4Addr::from(source).into())) {
                logs += f64::from(count) * f64::from(count).ln();
                values += 1.0;
            }
        }
        let rest = rows.last().filter(|row| row.value.is_none());
        let told = rest.map_or((0.0, 0.0), |row| (row.flow_logs, row.values as f64));
        assert!(
            (told.0 / logs - 1.0).abs() < 0.08 && (told.1 / values - 1.0).abs() < 0.05,
            "{told:?} {logs} {values}"
        );
    }
}
