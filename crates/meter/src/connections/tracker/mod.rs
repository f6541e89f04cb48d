//! The tracker: packets in, connection records out.

mod clock;
mod layers;

use wire::{Ip, Packet, Record, Transport};

use super::checksum::{self, Senders, Verdict};
use super::config::{Config, Dialect};
use super::conn::{Alarms, Conn, NEVER, Side};
use super::evict::Ages;
use super::expected::{self, Expected};
use super::first::Foremost;
use super::fragments::Fragments;
use super::intake::{bad_checksum, flips_tcp, observe_other, observe_tcp, segment_of};
use super::key::Key;
use super::parents::{Parents, Place};
use super::record::{ClosedBy, ConnectionRecord, Reason};
use super::service::Next;
use super::table::Table;
use super::tcp::Segment;
use super::timers::Timers;
use super::watch::{Known, News, Records, Watch};
use clock::queue;

/// Follows connections.
#[derive(Debug)]
pub struct Tracker {
    config: Config,
    table: Table,
    timers: Timers,
    ages: Ages,
    fragments: Fragments,
    senders: Senders,
    expected: Expected,
    parents: Parents,
    foremost: Option<Foremost>,
    /// The packet clock: never goes back.
    clock: i64,
    next_interim: i64,
    /// Slots of connections with packets since the last interim records; some twice.
    fresh: Vec<u32>,
    counters: Counters,
}

/// What a tracker has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// IP packets that belong to a connection.
    pub packets: u64,
    /// Connections begun.
    pub connections: u64,
    /// Of these, in the place of an older one with the same addresses and ports.
    pub reused: u64,
    /// Connections that had to go because the table was full.
    pub evicted: u64,
    /// Packets with a wrong checksum, left out.
    pub bad_checksums: u64,
    /// Packets whose checksum was left to the network card, used.
    pub offload_checksums: u64,
    /// IP packets whose transport header could not be read, left out.
    pub unreadable: u64,
    /// Fragments of datagrams that were never complete, left out.
    pub lost_fragments: u64,
    /// Connections without a record: they are not among the first.
    pub left_out: u64,
}

impl Tracker {
    /// A tracker without connections.
    pub fn new(config: Config) -> Self {
        Self {
            foremost: config.first.map(Foremost::new),
            config,
            table: Table::default(),
            timers: Timers::default(),
            ages: Ages::default(),
            fragments: Fragments::default(),
            senders: Senders::default(),
            expected: Expected::default(),
            parents: Parents::default(),
            clock: i64::MIN,
            next_interim: NEVER,
            fresh: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// What has been seen so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Connections in the table now.
    pub fn open(&self) -> usize {
        self.table.len()
    }

    /// Takes one packet; gives the records of connections that ended before it.
    pub fn observe(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        sink: &mut impl FnMut(ConnectionRecord),
    ) {
        self.observe_with(record, packet, &mut Records(sink));
    }

    /// The same, with more to hear than records.
    pub fn observe_with(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        sink: &mut impl Watch,
    ) {
        self.take_in(record, packet, true, sink);
    }

    /// Takes a packet whose inside another share looks at: the connections around it only.
    pub fn observe_around(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        sink: &mut impl FnMut(ConnectionRecord),
    ) {
        self.observe_around_with(record, packet, &mut Records(sink));
    }

    /// The same, with more to hear than records.
    pub fn observe_around_with(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        sink: &mut impl Watch,
    ) {
        self.take_in(record, packet, packet.tunnels.is_empty(), sink);
    }

    pub(super) fn datagram(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        let told = self.tells(|| (ip.src, ip.dst));
        let Some((key, source_is_low)) = Key::of(ip) else {
            self.counters.unreadable += u64::from(told);
            return None;
        };
        self.counters.packets += u64::from(told);
        let segment = match &ip.transport {
            Transport::Tcp(header) => Some(segment_of(time_ns, ip, header)),
            _ => None,
        };
        let slot = match self.table.find(&key) {
            Some(slot) if self.reused(slot, segment.as_ref()) => {
                self.counters.reused += u64::from(told);
                self.end(slot, Reason::Reused, sink);
                self.begin(time_ns, packet, ip, key, source_is_low, sink)
            }
            Some(slot) => slot,
            None => self.begin(time_ns, packet, ip, key, source_is_low, sink),
        };
        let touched = self.timer_base(time_ns);
        let config = &self.config;
        let (conn, generation) = self.table.get_with_generation(slot)?;
        let side = usize::from(source_is_low != conn.orig_is_low);
        if config.interim_ns > 0 && !std::mem::replace(&mut conn.fresh, true) {
            self.fresh.push(slot);
        }
        conn.touched_ns = touched;
        if !config.ignore_checksums {
            match self
                .senders
                .judge(checksum::verify(ip), ip, conn.sides.get_mut(side))
            {
                Verdict::Good => {}
                Verdict::Offload => {
                    self.counters.offload_checksums += u64::from(told);
                    if let Some(sender) = conn.sides.get_mut(side) {
                        sender.offload_checksums = sender.offload_checksums.saturating_add(1);
                    }
                }
                Verdict::Bad => {
                    self.counters.bad_checksums += u64::from(told);
                    bad_checksum(conn, side);
                    queue(conn, slot, generation, &mut self.timers);
                    return None;
                }
            }
        }
        match segment {
            Some(segment) => {
                let announced = observe_tcp(conn, &segment, side, ip, config);
                if let Some((address, port)) = announced
                    && address.is_none_or(|address| address == ip.src)
                {
                    self.expected.announce(time_ns, ip.dst, (ip.src, port));
                }
            }
            None => observe_other(conn, time_ns, side, ip, config),
        }
        let news = conn
            .tcp
            .as_mut()
            .map_or(News::default(), |tcp| std::mem::take(&mut tcp.news));
        let side = usize::from(source_is_low != conn.orig_is_low);
        queue(conn, slot, generation, &mut self.timers);
        if told {
            let known = Known {
                slot,
                generation,
                conn,
            };
            sink.packet(time_ns, known, side, ip, news);
        }
        Some((slot, generation))
    }

    /// The time that timers count from: where times of capture go back, the clock, which does not.
    fn timer_base(&self, time_ns: i64) -> i64 {
        if self.config.dialect == Dialect::Bro25 {
            time_ns
        } else {
            time_ns.max(self.clock)
        }
    }

    fn reused(&self, slot: u32, segment: Option<&Segment>) -> bool {
        let (Some(conn), Some(segment)) = (self.table.get(slot), segment) else {
            return false;
        };
        match (&conn.lone_syn, &conn.tcp) {
            (Some(syn), _) => syn.is_reused_by(segment),
            (None, Some(tcp)) => tcp.is_reused_by(segment),
            (None, None) => false,
        }
    }

    fn begin(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        key: Key,
        source_is_low: bool,
        sink: &mut impl Watch,
    ) -> u32 {
        let told = self.tells(|| (ip.src, ip.dst));
        self.counters.connections += u64::from(told);
        while self.table.len() >= self.config.max_connections.max(1) {
            match self.ages.oldest(&self.table) {
                Some(slot) => {
                    self.counters.evicted += 1;
                    self.end(slot, Reason::Evicted, sink);
                }
                None => break,
            }
        }
        if self.fresh.len() > 2 * self.table.slots() as usize + 1024 {
            self.fresh.sort_unstable();
            self.fresh.dedup();
        }
        let config = &self.config;
        let mut conn = Conn {
            key,
            orig_is_low: source_is_low,
            start_ns: time_ns,
            last_ns: time_ns,
            touched_ns: self.timer_base(time_ns),
            history: Default::default(),
            sides: [
                Side::new(packet.link.source),
                Side::new(packet.link.destination),
            ],
            tcp: None,
            lone_syn: None,
            quality: None,
            vlan: packet.link.vlan,
            inner_vlan: packet.link.inner_vlan,
            service: None,
            next_service: Next::default(),
            dns_seen: false,
            closed_by: ClosedBy::Nobody,
            fresh: false,
            alarms: Alarms::default(),
        };
        let (source, destination) = ip.transport.ports();
        match &ip.transport {
            Transport::Tcp(header) => {
                let [first, _] = &mut conn.alarms.session;
                *first = self.clock.saturating_add(config.syn_attempt_ns);
                if flips_tcp(header, source, destination, config) {
                    conn.flip();
                }
                if self.expected.take(time_ns, || (conn.orig().0, conn.resp())) {
                    conn.service = Some(expected::SERVICE);
                }
            }
            Transport::Udp(_) => {
                if config.server_ports.udp(source) && !config.server_ports.udp(destination) {
                    conn.flip();
                }
                conn.alarms
                    .set_inactivity(time_ns, config.udp_inactivity_ns);
                if matches!(conn.resp().1, 53 | 137 | 5353 | 5355) {
                    conn.alarms.dns = self.clock.saturating_add(config.dns_inactivity_ns);
                }
            }
            _ => conn
                .alarms
                .set_inactivity(time_ns, config.icmp_inactivity_ns),
        }
        let slot = self.table.insert(conn);
        self.ages.add(slot, &self.table, time_ns);
        if told && let Some(conn) = self.table.get(slot) {
            let generation = self.table.generation(slot);
            let known = Known {
                slot,
                generation,
                conn,
            };
            sink.begun(time_ns, known);
        }
        slot
    }
}
