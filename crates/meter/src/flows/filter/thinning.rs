//! What thinning keeps beside the table of flows, for one window.

use super::Thinned;
use super::census::{Census, ClusterCount, New, chance, unseen};
use super::known::Known;
use super::round::Needs;
use super::value::{Own, values};
use crate::flows::FlowRecord;

/// The state of a window whose flows are thinned.
#[derive(Debug)]
pub struct Thinning {
    /// How likely flows are kept.
    pub needs: Needs,
    /// The flows that were thinned.
    pub known: Known,
    /// The true counts.
    pub census: Census,
    /// What is kept and thinned.
    pub sums: Thinned,
    /// Flows that began, kept or not.
    pub began: u64,
    /// The variance of that number.
    pub variance: f64,
    /// The largest weight by which a flow was thinned.
    pub most_weight: u32,
}

impl Thinning {
    /// Nothing is thinned yet in a table of so many flows.
    pub fn new(flows: usize) -> Thinning {
        Thinning {
            needs: Needs::none(),
            known: Known::new(flows),
            census: Census::new(flows),
            sums: Thinned::default(),
            began: 0,
            variance: 0.0,
            most_weight: 1,
        }
    }

    /// Completes the sums when all kept flows have been told; the true counts of the window.
    pub fn finish(&mut self, window_ns: Option<i64>) -> Vec<ClusterCount> {
        let mistaken = self.known.mistaken();
        let unseen = unseen(mistaken);
        let sums = &mut self.sums;
        sums.thinned_flows = self.began.saturating_sub(sums.kept_flows);
        // There are no more flows than packets.
        sums.flows_error = (chance(self.variance) + u64::from(unseen))
            .min(sums.thinned_packets.max(sums.thinned_flows));
        sums.missed_permille = (1e3 * mistaken).ceil() as u32;
        self.census.rows(window_ns, sums, unseen)
    }

    /// Counts a flow that began; how many its values have by now.
    #[inline]
    pub fn flow(&mut self, own: &[Own; 4], new: &New) -> [u32; 4] {
        self.began += u64::from(new.stands.flows);
        self.variance += f64::from(new.stands.variance);
        self.census.flow(own, new)
    }

    /// Thins a flow by its weight, whose packets the census does not have or has as thinned.
    pub fn thinned(&mut self, draw: u64, flow: &FlowRecord) {
        self.known.insert(draw);
        self.most_weight = self.most_weight.max(flow.weight);
        self.sums.thinned_packets += flow.packets;
        self.sums.thinned_bytes += flow.bytes;
    }

    /// Counts packets of a thinned flow.
    pub fn packet(&mut self, own: &[Own; 4], flow: &FlowRecord) {
        self.sums.thinned_packets += flow.packets;
        self.sums.thinned_bytes += flow.bytes;
        self.census.packets(own, flow.packets, flow.bytes, false);
    }

    /// Counts a flow that goes out.
    pub fn kept(&mut self, flow: &FlowRecord) {
        let sums = &mut self.sums;
        sums.kept_flows += 1;
        sums.kept_packets += flow.packets;
        sums.kept_bytes += flow.bytes;
        sums.most_weight = sums.most_weight.max(flow.weight);
        self.census
            .packets(&values(&flow.key), flow.packets, flow.bytes, true);
    }
}
