//! Metering under attack: a table of flows that never grows beyond a bound, and thins where it hurts least.
//!
//! Below the low watermark every flow is kept. Once the table reaches the high watermark, the clusters (flows that share
//! a source address, a destination address, a source port or a destination port) are counted, and those that are far
//! larger than behavior profiles need are thinned to the low watermark: a flow stays if its hash is below a probability
//! that falls as its clusters grow. Every cluster that matters asks for a number of flows, and a flow stays as likely as
//! the neediest of its four clusters asks; so a small cluster keeps all its flows even where they share a port with a
//! flood. New flows are admitted by half of these probabilities, because a table that was full fills again; those of no
//! large cluster always, as long as the clusters can be thinned at all. What was thinned counts: [`Census`] keeps the true
//! counts.
//!
//! A decision follows from the key of the flow, the seed and the packets before it in this table. Each share has a table
//! of its own and its part of the room, so what is thinned depends on how the traffic is shared; that kept and thinned
//! packets and bytes add up to all of them does not.
//!
//! After Xu, Wang, Bhattacharyya, Zhang: "A Real-time Network Traffic Profiling System" (DSN 2007), whose algorithm is not
//! public; the sketches are sample and hold (Estan and Varghese 2002) with purges and distinct sampling (Gibbons 2001).

mod census;
mod counts;
mod known;
mod near;
mod round;
mod spread;
mod table;
mod thinning;
mod value;

pub use census::{Census, ClusterCount};
pub use spread::Spreading;
pub use table::FilteredTable;
pub use value::{Dimension, Value};

/// Which flows are thinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Those of clusters that dominate.
    #[default]
    Profiles,
    /// All alike, by the hash of their key: what the other is compared with.
    Uniform,
}

/// When and how flows are thinned.
#[derive(Clone, Copy, Debug)]
pub struct FilterConfig {
    /// Flows to which the table is thinned, and below which nothing is.
    pub low: usize,
    /// Flows that the table never exceeds.
    pub high: usize,
    /// Which are thinned.
    pub policy: Policy,
    /// Of the hash that decides.
    pub seed: u64,
}

impl FilterConfig {
    /// The part of one of several tables that share the room.
    pub(crate) fn part(self, of: u32) -> FilterConfig {
        let of = of.max(1) as usize;
        let high = (self.high / of).max(1);
        FilterConfig {
            high,
            low: (self.low / of).clamp(1, high),
            ..self
        }
    }
}

/// What a table thinned in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Flows kept.
    pub kept_flows: u64,
    /// Packets of kept flows.
    pub kept_packets: u64,
    /// Bytes of kept flows.
    pub kept_bytes: u64,
    /// Flows thinned.
    pub thinned_flows: u64,
    /// `thinned_flows` is wrong by at most so many, but for once in ten thousand times.
    pub flows_error: u64,
    /// Packets of thinned flows.
    pub thinned_packets: u64,
    /// Bytes of thinned flows.
    pub thinned_bytes: u64,
    /// How often the table was thinned.
    pub rounds: u64,
    /// The largest number of flows that a kept one stands for.
    pub most_weight: u32,
    /// Per mille of new flows that were taken for one already thinned, at the end. Counts are corrected for them.
    pub missed_permille: u32,
}

impl Thinned {
    /// Adds what another table thinned in that window.
    pub fn merge(&mut self, other: Thinned) {
        self.kept_flows += other.kept_flows;
        self.kept_packets += other.kept_packets;
        self.kept_bytes += other.kept_bytes;
        self.thinned_flows += other.thinned_flows;
        self.flows_error += other.flows_error;
        self.thinned_packets += other.thinned_packets;
        self.thinned_bytes += other.thinned_bytes;
        self.rounds += other.rounds;
        self.most_weight = self.most_weight.max(other.most_weight);
        self.missed_permille = self.missed_permille.max(other.missed_permille);
    }
}

/// The room that a table of flows took at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Flows in it.
    pub flows: u64,
    /// Bytes of flows and their index.
    pub table_bytes: u64,
    /// Bytes of what the filter keeps beside it, and takes for a moment to thin.
    pub filter_bytes: u64,
}

impl Room {
    /// Adds the room of another table.
    pub fn merge(&mut self, other: Room) {
        self.flows += other.flows;
        self.table_bytes += other.table_bytes;
        self.filter_bytes += other.filter_bytes;
    }
}
