//! The table of active flows that thins.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use wire::Ip;

use super::census::{ClusterCount, values};
use super::known::Stands;
use super::round::needs;
use super::thinning::Thinning;
use super::{FilterConfig, Room, Thinned};
use crate::flows::record::FlowPacket;
use crate::flows::{EndReason, FlowConfig, FlowKey, FlowRecord};

/// The flows of one share and one window: all of them up to the low watermark, never more than the high one.
///
/// Other than in a [`crate::flows::FlowTable`] flows that went idle stay until the window ends, also those that go on
/// after the pause as another flow, so that the bound is one of all rows of the window. While flows are thinned, a packet of
/// a window before the present one makes a row of its own at once; it counts as thinned if that window was thinned, too.
#[derive(Debug)]
pub struct FilteredTable {
    config: FlowConfig,
    filter: FilterConfig,
    hash_seed: u64,
    index: HashTable<u32>,
    flows: Vec<FlowRecord>,
    now_ns: i64,
    window_ns: Option<i64>,
    /// What thinning needs; `None` until the table was full in this window.
    thinning: Option<Box<Thinning>>,
    room: Room,
    counts: Vec<ClusterCount>,
    windows: Windows,
}

/// What was thinned, by the start of the window.
pub type Windows = Vec<(Option<i64>, Thinned)>;

const DECIDES: u64 = 0xDEC1_DE5A_F107_0000;

impl FilteredTable {
    /// An empty table; the seed of the hash of its index changes nothing.
    pub fn new(config: FlowConfig, filter: FilterConfig, hash_seed: u64) -> FilteredTable {
        FilteredTable {
            config,
            filter,
            hash_seed,
            index: HashTable::new(),
            flows: Vec::new(),
            now_ns: i64::MIN,
            window_ns: None,
            thinning: None,
            room: Room::default(),
            counts: Vec::new(),
            windows: Vec::new(),
        }
    }

    /// Tells the time of the traffic, this share's or not.
    #[inline]
    pub fn advance(&mut self, time_ns: i64) {
        self.now_ns = time_ns;
    }

    /// Counts a packet; flows that end by it are handed to `out`.
    pub fn observe(
        &mut self,
        time_ns: i64,
        vlan: Option<u16>,
        ip: &Ip<'_>,
        out: &mut impl FnMut(FlowRecord),
    ) {
        let key = FlowKey::new(ip, if self.config.by_vlan { vlan } else { None });
        let packet = FlowPacket::new(time_ns, ip);
        let window_ns = self.config.window_of(time_ns);
        if window_ns > self.window_ns {
            if self.thinning.is_some() {
                self.end_window(out);
            }
            self.window_ns = window_ns;
        } else if window_ns < self.window_ns && self.is_late(window_ns, &packet) {
            return;
        } else if window_ns < self.window_ns && self.thinning.is_some() {
            let mut late = FlowRecord::new(key, window_ns, time_ns);
            late.add(&packet);
            late.end_reason = EndReason::Window;
            out(late);
            return;
        }
        let hash = key.hash(self.hash_seed);
        let found = self
            .index
            .find(hash, |&at| {
                self.flows
                    .get(at as usize)
                    .is_some_and(|flow| flow.key == key)
            })
            .copied();
        match found.and_then(|at| self.flows.get_mut(at as usize)) {
            Some(flow) => {
                let ended = if flow.window_ns != window_ns {
                    Some(EndReason::Window)
                } else if time_ns.saturating_sub(flow.end_ns) > self.config.idle_ns {
                    Some(EndReason::Idle)
                } else {
                    None
                };
                match ended {
                    None => flow.add(&packet),
                    Some(end_reason) if flow.window_ns == self.window_ns => {
                        flow.end_reason = end_reason;
                        self.close(hash, &key);
                        self.begin(hash, key, window_ns, packet, out);
                    }
                    Some(end_reason) => {
                        out(FlowRecord {
                            end_reason,
                            ..*flow
                        });
                        *flow = FlowRecord::new(key, window_ns, time_ns);
                        flow.add(&packet);
                    }
                }
            }
            None => self.begin(hash, key, window_ns, packet, out),
        }
    }

    /// No packet joins the flow any more; it stays where it is.
    fn close(&mut self, hash: u64, key: &FlowKey) {
        let same = |&at: &u32| {
            self.flows
                .get(at as usize)
                .is_some_and(|flow| flow.key == *key)
        };
        if let Ok(found) = self.index.find_entry(hash, same) {
            found.remove();
        }
    }

    /// Counts a packet of an earlier window that was thinned as one of those that were.
    fn is_late(&mut self, window_ns: Option<i64>, packet: &FlowPacket) -> bool {
        let found = self.windows.iter_mut().rfind(|(at, _)| *at == window_ns);
        if let Some((_, sums)) = found {
            sums.thinned_packets += 1;
            sums.thinned_bytes += u64::from(packet.len);
            return true;
        }
        false
    }

    /// A flow that is not in the table: it comes in, or it is thinned.
    fn begin(
        &mut self,
        hash: u64,
        key: FlowKey,
        window_ns: Option<i64>,
        packet: FlowPacket,
        out: &mut impl FnMut(FlowRecord),
    ) {
        let mut flow = FlowRecord::new(key, window_ns, packet.time_ns);
        flow.add(&packet);
        if self.flows.len() >= self.filter.high && self.thinning.is_none() {
            self.let_go(out);
        }
        if self.flows.len() >= self.filter.high {
            self.thin();
        }
        if self.thinning.is_some() && window_ns != self.window_ns {
            flow.end_reason = EndReason::Window;
            out(flow);
            return;
        }
        if let Some(thinning) = &mut self.thinning {
            let draw = key.hash(self.filter.seed ^ DECIDES);
            let own = values(&flow);
            // One that stays by the largest weight so far was never thinned.
            let stands = if stays(draw, thinning.most_weight) {
                Stands::ALONE
            } else if thinning.known.contains(draw) {
                thinning.packet(&own, &flow);
                return;
            } else {
                thinning.known.stands(draw)
            };
            thinning.flow(&own, draw, stands);
            flow.weight = thinning.needs.weight_now(&own, &thinning.census);
            if !stays(draw, flow.weight) {
                thinning.thinned(&own, draw, &flow);
                return;
            }
        }
        self.insert(hash, flow);
    }

    fn insert(&mut self, hash: u64, flow: FlowRecord) {
        if self.flows.len() == self.flows.capacity() {
            // Doubling, but never beyond the bound.
            let more = self.flows.len().clamp(1_024, 1 << 30);
            let most = self.filter.high.saturating_sub(self.flows.len()).max(1);
            self.flows.reserve_exact(more.min(most));
        }
        // The bound is a number of records in memory, far below 2^32.
        let at = self.flows.len() as u32;
        self.flows.push(flow);
        let (flows, seed) = (&self.flows, self.hash_seed);
        let rehash = |&at: &u32| flows.get(at as usize).map_or(0, |flow| flow.key.hash(seed));
        if let Entry::Vacant(place) = self.index.entry(hash, |_| false, rehash) {
            place.insert(at);
        }
    }

    /// Hands out the flows of other windows than the present one.
    fn let_go(&mut self, out: &mut impl FnMut(FlowRecord)) {
        self.measure(0);
        let present = self.window_ns;
        self.flows.retain(|flow| {
            let stays = flow.window_ns == present;
            if !stays {
                let end_reason = match flow.end_reason {
                    EndReason::Input => EndReason::Window,
                    closed => closed,
                };
                out(FlowRecord {
                    end_reason,
                    ..*flow
                });
            }
            stays
        });
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        for at in 0..self.flows.len() as u32 {
            let (flows, seed) = (&self.flows, self.hash_seed);
            if flows.get(at as usize).is_none_or(is_closed) {
                continue;
            }
            let hash = |&at: &u32| flows.get(at as usize).map_or(0, |flow| flow.key.hash(seed));
            if let Entry::Vacant(place) = self.index.entry(hash(&at), |_| false, hash) {
                place.insert(at);
            }
        }
    }

    /// Thins the table to the low watermark, or at least below the high one: where chance leaves more, once more to half
    /// of that, down to nothing.
    fn thin(&mut self) {
        self.measure(0);
        if self.thinning.is_none() {
            let mut thinning = Thinning::new(self.filter.high);
            for flow in &self.flows {
                let draw = flow.key.hash(self.filter.seed ^ DECIDES);
                thinning.flow(&values(flow), draw, Stands::ALONE);
            }
            self.thinning = Some(Box::new(thinning));
        }
        let mut target = self.filter.low;
        let mut most_room = 0;
        while let Some(thinning) = &mut self.thinning
            && self.flows.len() > self.filter.low.min(self.filter.high - 1)
        {
            let (needs, room) = needs(&self.flows, target.max(1), self.filter.policy);
            most_room = most_room.max(room);
            thinning.needs = needs;
            thinning.sums.rounds += 1;
            let seed = self.filter.seed ^ DECIDES;
            self.flows.retain_mut(|flow| {
                let own = values(flow);
                flow.weight = match target {
                    0 => u32::MAX,
                    _ => thinning.needs.weight(&own).max(flow.weight),
                };
                let draw = flow.key.hash(seed);
                if target > 0 && stays(draw, flow.weight) {
                    return true;
                }
                thinning.thinned(&own, draw, flow);
                false
            });
            // By chance a few more may have stayed than were meant to: that is room enough.
            if self.flows.len() < self.filter.high {
                break;
            }
            target /= 2;
        }
        self.reindex();
        self.measure(most_room);
    }

    fn measure(&mut self, more: usize) {
        let index = self.index.allocation_size();
        let table = self.flows.capacity() * size_of::<FlowRecord>() + index;
        let beside = self.thinning.as_ref().map_or(0, |thinning| {
            thinning.census.bytes() + thinning.known.bytes() + thinning.needs.bytes()
        });
        self.room = Room {
            flows: self.room.flows.max(self.flows.len() as u64),
            table_bytes: self.room.table_bytes.max(table as u64),
            filter_bytes: self.room.filter_bytes.max((beside + more) as u64),
        };
    }

    /// Hands out all flows and what was counted of them; the table is then empty.
    fn end_window(&mut self, out: &mut impl FnMut(FlowRecord)) {
        self.measure(0);
        let flows = std::mem::take(&mut self.flows);
        for flow in &flows {
            let end_reason = if is_closed(flow) {
                flow.end_reason
            } else if flow.window_ns < self.config.window_of(self.now_ns) {
                EndReason::Window
            } else if self.now_ns.saturating_sub(flow.end_ns) > self.config.idle_ns {
                EndReason::Idle
            } else {
                EndReason::Input
            };
            if let Some(thinning) = &mut self.thinning
                && flow.window_ns == self.window_ns
            {
                thinning.kept(flow);
            }
            out(FlowRecord {
                end_reason,
                ..*flow
            });
        }
        self.flows = flows;
        self.flows.clear();
        self.index.clear();
        if let Some(mut thinning) = self.thinning.take() {
            let rows = thinning.finish(self.window_ns);
            self.counts.extend(rows);
            self.windows.push((self.window_ns, thinning.sums));
        }
    }

    /// Whether windows with true counts have ended.
    #[inline]
    pub fn has_counts(&self) -> bool {
        !self.counts.is_empty()
    }

    /// Takes the true counts of windows that ended.
    pub fn counts(&mut self) -> Vec<ClusterCount> {
        std::mem::take(&mut self.counts)
    }

    /// Hands out what is left: the true counts, what was thinned by window, and the room that it took.
    pub fn finish(
        mut self,
        out: &mut impl FnMut(FlowRecord),
    ) -> (Vec<ClusterCount>, Windows, Room) {
        self.end_window(out);
        (self.counts, self.windows, self.room)
    }
}

/// Whether a flow of that weight is one of those that are kept.
#[inline]
fn stays(draw: u64, weight: u32) -> bool {
    draw <= u64::MAX / u64::from(weight.max(1))
}

/// Whether no packet joins the flow any more.
fn is_closed(flow: &FlowRecord) -> bool {
    flow.end_reason != EndReason::Input
}
