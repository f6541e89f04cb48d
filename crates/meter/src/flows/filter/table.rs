//! The table of active flows that thins.

use wire::Ip;

use super::census::{ClusterCount, New};
use super::known::Stands;
use super::round::Needs;
use super::spread::draws;
use super::thinning::Thinning;
use super::value::values;
use super::{FilterConfig, Room, Thinned};
use crate::flows::record::FlowPacket;
use crate::flows::slots::Slots;
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
    slots: Slots,
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
            slots: Slots::new(hash_seed),
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
            late.end_reason = self.config.at_border(&late);
            out(late);
            return;
        }
        let hash = self.slots.hash(&key);
        let found = self.slots.find(hash, &key);
        match found.and_then(|at| self.slots.flows.get_mut(at as usize)) {
            Some(flow) => {
                let ended = if flow.window_ns != window_ns {
                    Some(self.config.at_border(flow))
                } else if time_ns.saturating_sub(flow.end_ns) > self.config.idle_ns {
                    Some(EndReason::Idle)
                } else {
                    None
                };
                match ended {
                    None => flow.add(&packet),
                    Some(end_reason) if flow.window_ns == self.window_ns => {
                        flow.end_reason = end_reason;
                        self.slots.close(hash, &key);
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
        if self.slots.flows.len() >= self.filter.high && self.thinning.is_none() {
            self.let_go(out);
        }
        if self.slots.flows.len() >= self.filter.high {
            self.thin();
        }
        if self.thinning.is_some() && window_ns != self.window_ns {
            flow.end_reason = self.config.at_border(&flow);
            out(flow);
            return;
        }
        if let Some(thinning) = &mut self.thinning {
            let draw = key.hash(self.filter.seed ^ DECIDES);
            let own = values(&flow.key);
            // One that stays by the largest weight so far was never thinned.
            let stands = if stays(draw, thinning.most_weight) {
                Stands::ALONE
            } else if thinning.known.contains(draw) {
                thinning.packet(&own, &flow);
                return;
            } else {
                thinning.known.stands(draw)
            };
            let new = New {
                draw,
                draws: draws(draw),
                stands,
                packets: flow.packets,
                bytes: flow.bytes,
            };
            let sizes = thinning.flow(&own, &new);
            flow.weight = thinning.needs.weight(sizes);
            if !stays(draw, flow.weight) {
                thinning.thinned(draw, &flow);
                return;
            }
            thinning.census.is_kept(&own, &new);
        }
        self.insert(hash, flow);
    }

    fn insert(&mut self, hash: u64, flow: FlowRecord) {
        if self.slots.flows.len() == self.slots.flows.capacity() {
            // Doubling, but never beyond the bound.
            let more = self.slots.flows.len().clamp(1_024, 1 << 30);
            let most = self
                .filter
                .high
                .saturating_sub(self.slots.flows.len())
                .max(1);
            self.slots.flows.reserve_exact(more.min(most));
        }
        self.slots.insert(hash, flow);
    }

    /// Hands out the flows of other windows than the present one.
    fn let_go(&mut self, out: &mut impl FnMut(FlowRecord)) {
        self.measure(0);
        let (present, config) = (self.window_ns, self.config);
        self.slots.flows.retain(|flow| {
            let stays = flow.window_ns == present;
            if !stays {
                let end_reason = match flow.end_reason {
                    EndReason::Input => config.at_border(flow),
                    closed => closed,
                };
                out(FlowRecord {
                    end_reason,
                    ..*flow
                });
            }
            stays
        });
        self.slots.reindex(is_open);
    }

    /// Thins the table to the low watermark, or at least below the high one: where chance leaves more, once more to half
    /// of that, down to nothing.
    fn thin(&mut self) {
        self.measure(0);
        if self.thinning.is_none() {
            let mut thinning = Thinning::new(self.filter.high);
            for flow in &self.slots.flows {
                let draw = flow.key.hash(self.filter.seed ^ DECIDES);
                let new = New {
                    draw,
                    draws: draws(draw),
                    stands: Stands::ALONE,
                    packets: 0,
                    bytes: 0,
                };
                thinning.flow(&values(&flow.key), &new);
            }
            self.thinning = Some(Box::new(thinning));
        }
        let seed = self.filter.seed ^ DECIDES;
        let policy = self.filter.policy;
        let mut target = self.filter.low;
        while let Some(thinning) = &mut self.thinning
            && self.slots.flows.len() > self.filter.low.min(self.filter.high - 1)
        {
            let draw = |flow: &FlowRecord| flow.key.hash(seed);
            let (needs, weights) = Needs::of(
                &self.slots.flows,
                &mut thinning.census,
                target.max(1),
                policy,
                draw,
            );
            thinning.needs = needs;
            thinning.sums.rounds += 1;
            let mut weights = weights.into_iter();
            self.slots.flows.retain_mut(|flow| {
                let weight = weights.next();
                flow.weight = match (target, weight) {
                    (1.., Some(weight)) => weight,
                    _ => u32::MAX,
                };
                let draw = draw(flow);
                if target > 0 && stays(draw, flow.weight) {
                    return true;
                }
                thinning.thinned(draw, flow);
                thinning
                    .census
                    .packets(&values(&flow.key), flow.packets, flow.bytes, false);
                false
            });
            // By chance a few more may have stayed than were meant to: that is room enough.
            if self.slots.flows.len() < self.filter.high {
                break;
            }
            target /= 2;
        }
        self.slots.reindex(is_open);
        // What the flows ask for, while it is reckoned.
        self.measure(self.filter.high * (size_of::<(f32, u32)>() + size_of::<u32>()));
    }

    fn measure(&mut self, more: usize) {
        let beside = self.thinning.as_ref().map_or(0, |thinning| {
            thinning.census.bytes() + thinning.known.bytes()
        });
        self.room = Room {
            flows: self.room.flows.max(self.slots.flows.len() as u64),
            table_bytes: self.room.table_bytes.max(self.slots.bytes() as u64),
            filter_bytes: self.room.filter_bytes.max((beside + more) as u64),
        };
    }

    /// Hands out all flows and what was counted of them; the table is then empty.
    fn end_window(&mut self, out: &mut impl FnMut(FlowRecord)) {
        self.measure(0);
        let mut flows = self.slots.take();
        for flow in &flows {
            let end_reason = if !is_open(flow) {
                flow.end_reason
            } else if flow.window_ns < self.config.window_of(self.now_ns) {
                self.config.at_border(flow)
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
        flows.clear();
        self.slots.flows = flows;
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
    draw.checked_mul(u64::from(weight)).is_some()
}

/// Whether packets may join the flow.
fn is_open(flow: &FlowRecord) -> bool {
    flow.end_reason == EndReason::Input
}
