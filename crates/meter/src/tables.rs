//! The tables that one pass over the packets fills: those that are asked for, side by side.

use wire::Network;

use crate::connections::{self, ConnectionRecord, Tracker};
use crate::events::{ConnCount, Event, EventConfig, EventCount, EventEngine, HostCount};
use crate::flows::filter::{ClusterCount, FilteredTable};
use crate::flows::sums::{FlowSums, SumConfig, SumRows};
use crate::flows::{FlowConfig, FlowRecord, FlowTable};
use crate::packets::{self, PacketRow};
use crate::predicate::Predicate;
use crate::run::Seen;
use crate::share::Share;
use crate::tally::Tally;

/// Which tables to fill, and how.
#[derive(Clone, Debug, Default)]
pub struct TablesConfig {
    /// The flows table.
    pub flows: Option<FlowConfig>,
    /// Whether flows are added up as they end, and how.
    pub flow_sums: Option<SumConfig>,
    /// Whether what flows add up to goes out in their place, not beside them.
    pub only_sums: bool,
    /// The connections table.
    pub connections: Option<connections::Config>,
    /// The tables of events; connections then come from the same tracker.
    pub events: Option<EventConfig>,
    /// The packets table; `true` copies the captured payload into it.
    pub packets: Option<bool>,
    /// Conditions that a packet must fulfill to count in any.
    pub predicates: Vec<Predicate>,
}

/// Rows on their way out.
#[derive(Debug, Default)]
pub struct Rows {
    /// Flows that ended.
    pub flows: Vec<FlowRecord>,
    /// What flows add up to; all of it comes at the end.
    pub flow_sums: Option<Box<SumRows>>,
    /// True counts of windows whose flows were thinned.
    pub cluster_counts: Vec<ClusterCount>,
    /// Connections that ended, and of those that go on what is known so far where that is asked for.
    pub connections: Vec<ConnectionRecord>,
    /// Events in the order in which they were raised.
    pub events: Vec<Event>,
    /// Events of a second, by name and protocol.
    pub event_counts: Vec<EventCount>,
    /// Events by host and second; all of them come at the end, totals in the tally.
    pub event_hosts: Vec<HostCount>,
    /// Events by connection; all of them come at the end.
    pub event_connections: Vec<ConnCount>,
    /// Packets in the order of the capture.
    pub packets: Vec<PacketRow>,
    payload_bytes: usize,
}

/// Rows of one batch, and bytes of payload in it, at most.
const BATCH_ROWS: usize = 1 << 16;
/// Flows are many, and several batches of them wait at once.
const BATCH_FLOWS: usize = 1 << 14;
/// Connections are wider.
const BATCH_CONNECTIONS: usize = 1 << 13;
const BATCH_BYTES: usize = 1 << 25;

impl Rows {
    /// Whether there are enough to hand over.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.flows.len() >= BATCH_FLOWS
            || self.cluster_counts.len() >= BATCH_ROWS
            || self.connections.len() >= BATCH_CONNECTIONS
            || self.events.len() >= BATCH_ROWS
            || self.event_counts.len() >= BATCH_ROWS
            || self.packets.len() >= BATCH_ROWS
            || self.payload_bytes >= BATCH_BYTES
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
            && self.flow_sums.is_none()
            && self.cluster_counts.is_empty()
            && self.connections.is_empty()
            && self.events.is_empty()
            && self.event_counts.is_empty()
            && self.event_hosts.is_empty()
            && self.event_connections.is_empty()
            && self.packets.is_empty()
    }

    /// Forgets the rows, not the memory that they take: the next ones come soon.
    pub(crate) fn clear(&mut self) {
        self.flows.clear();
        self.flow_sums = None;
        self.cluster_counts.clear();
        self.connections.clear();
        self.events.clear();
        self.event_counts.clear();
        self.event_hosts.clear();
        self.event_connections.clear();
        self.packets.clear();
        self.payload_bytes = 0;
    }

    /// Takes over what an engine has ready.
    #[inline]
    fn fetch(&mut self, engine: &mut EventEngine) {
        let batch = engine.batch();
        if !batch.events.is_empty() {
            self.events.append(&mut batch.events);
        }
        // Once a second.
        if !batch.counts.is_empty() {
            self.event_counts.append(&mut batch.counts);
        }
        if !engine.records().is_empty() {
            self.connections.append(engine.records());
        }
    }
}

/// Where flows go when they end.
#[derive(Debug)]
struct Ended {
    sums: Option<FlowSums>,
    keeps_rows: bool,
}

impl Ended {
    #[inline]
    fn take(&mut self, flow: FlowRecord, rows: &mut Vec<FlowRecord>) {
        if let Some(sums) = &mut self.sums {
            sums.add(&flow);
        }
        if self.keeps_rows {
            rows.push(flow);
        }
    }
}

/// Fills the tables of one share.
#[derive(Debug)]
pub(crate) struct Tables {
    flows: Option<FlowTable>,
    ended: Ended,
    filtered: Option<FilteredTable>,
    connections: Option<Tracker>,
    events: Option<EventEngine>,
    packets: Option<bool>,
    predicates: Vec<Predicate>,
}

impl Tables {
    /// Empty tables; the seed of the hashes changes nothing but the order of the rows.
    ///
    /// `share`: the one that is told of, where other shares look at the same connections.
    pub(crate) fn new(
        config: &TablesConfig,
        workers: u32,
        seed: u64,
        share: Option<Share>,
    ) -> Tables {
        let part = |most: usize| most.div_ceil(workers.max(1) as usize);
        let filtered = config.flows.and_then(|flows| {
            let filter = flows.filter?.part(workers);
            Some(FilteredTable::new(flows, filter, seed))
        });
        let flows = config.flows.filter(|flows| flows.filter.is_none());
        let flows = flows.map(|flows| {
            let max_flows = part(flows.max_flows);
            FlowTable::new(FlowConfig { max_flows, ..flows }, seed)
        });
        let mut connections = config.connections.clone();
        if let Some(connections) = &mut connections {
            connections.max_connections = part(connections.max_connections);
            connections.share = share;
        }
        let events = config.events.clone().map(|mut events| {
            events.connections = connections.is_some();
            events.max_held_bytes = part(events.max_held_bytes);
            match connections.take() {
                Some(tracking) => events.tracking = tracking,
                None => {
                    events.tracking.max_connections = part(events.tracking.max_connections);
                    events.tracking.share = share;
                }
            }
            EventEngine::new(events)
        });
        let connections = connections.map(Tracker::new);
        Tables {
            flows,
            ended: Ended {
                sums: config.flow_sums.clone().map(FlowSums::new),
                keeps_rows: !config.only_sums,
            },
            filtered,
            connections,
            events,
            packets: config.packets,
            predicates: config.predicates.clone(),
        }
    }

    /// Tells the time of a packet of any share.
    #[inline]
    pub(crate) fn advance(&mut self, time_ns: i64, out: &mut Rows) {
        if let Some(table) = &mut self.flows {
            table.advance(time_ns);
        }
        if let Some(table) = &mut self.filtered {
            table.advance(time_ns);
        }
        if let Some(tracker) = &mut self.connections {
            tracker.advance(time_ns, &mut |connection| {
                out.connections.push(connection);
            });
        }
        if let Some(engine) = &mut self.events {
            engine.advance(time_ns);
        }
    }

    /// Sees one packet of the share, or one that is a tunnel.
    #[inline]
    pub(crate) fn observe(&mut self, seen: &Seen<'_>, out: &mut Rows) {
        if !seen.selected
            || !self
                .predicates
                .iter()
                .all(|predicate| predicate.matches(seen.record, seen.packet))
        {
            return;
        }
        if !seen.owned {
            self.observe_around(seen, out);
            return;
        }
        if let (Some(table), Network::Ip(ip)) = (&mut self.flows, &seen.packet.network) {
            let (time_ns, vlan) = (seen.record.time_ns, seen.packet.link.vlan);
            table.observe(time_ns, vlan, ip, &mut |flow| {
                self.ended.take(flow, &mut out.flows);
            });
        }
        if let (Some(table), Network::Ip(ip)) = (&mut self.filtered, &seen.packet.network) {
            let (time_ns, vlan) = (seen.record.time_ns, seen.packet.link.vlan);
            table.observe(time_ns, vlan, ip, &mut |flow| {
                self.ended.take(flow, &mut out.flows);
            });
            if table.has_counts() {
                out.cluster_counts.append(&mut table.counts());
            }
        }
        if let Some(tracker) = &mut self.connections {
            tracker.observe(seen.record, seen.packet, &mut |connection| {
                out.connections.push(connection);
            });
        }
        if let Some(engine) = &mut self.events {
            engine.observe(seen.record, seen.packet);
            out.fetch(engine);
        }
        if let Some(with_payload) = self.packets {
            let row = packets::row(seen.record, seen.packet, with_payload);
            out.payload_bytes += row.payload.as_ref().map_or(0, Vec::len);
            out.packets.push(row);
        }
    }

    /// Sees one packet of another share: the tunnels around it may carry something of this one.
    fn observe_around(&mut self, seen: &Seen<'_>, out: &mut Rows) {
        if let Some(tracker) = &mut self.connections {
            tracker.observe_around(seen.record, seen.packet, &mut |connection| {
                out.connections.push(connection);
            });
        }
        if let Some(engine) = &mut self.events {
            engine.observe_around(seen.record, seen.packet);
            out.fetch(engine);
        }
    }

    /// Hands out what is still open; `end_ns` is the latest time of all shares, so that what ended in a share since its
    /// last packet ends as in any other cut.
    pub(crate) fn finish(
        mut self,
        end_ns: i64,
        tally: &mut Tally,
        rows: &mut Rows,
        emit: &mut dyn FnMut(&mut Rows),
    ) {
        if let Some(table) = self.filtered {
            let (counts, windows, room) = table.finish(&mut |flow| {
                self.ended.take(flow, &mut rows.flows);
                if rows.is_full() {
                    emit(rows);
                }
            });
            rows.cluster_counts.extend(counts);
            for (window_ns, thinned) in windows {
                tally.thinned.entry(window_ns).or_default().merge(thinned);
            }
            tally.flow_room.merge(room);
        }
        if let Some(table) = self.flows {
            tally.flow_room.merge(table.room());
            tally.evicted += table.finish(&mut |flow| {
                self.ended.take(flow, &mut rows.flows);
                if rows.is_full() {
                    emit(rows);
                }
            });
        }
        if let Some(sums) = self.ended.sums.take() {
            sums.finish(BATCH_ROWS, &mut |part| {
                rows.flow_sums = Some(Box::new(part));
                emit(rows);
            });
        }
        if let Some(mut tracker) = self.connections {
            let mut hand_out = |connection| {
                rows.connections.push(connection);
                if rows.is_full() {
                    emit(rows);
                }
            };
            tracker.advance(end_ns, &mut hand_out);
            tracker.finish(&mut hand_out);
            tally.connections = Some(tracker.counters());
        }
        if let Some(mut engine) = self.events {
            engine.advance(end_ns);
            engine.finish();
            rows.fetch(&mut engine);
            rows.event_hosts.append(&mut engine.batch().hosts);
            tally.event_hosts = engine.batch().host_totals.take();
            rows.event_connections.append(&mut engine.batch().conns);
            tally.connections = Some(engine.tracker().counters());
            tally.events = Some(engine.counters());
        }
        emit(rows);
    }
}
