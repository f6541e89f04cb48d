//! The tracker: packets in, connection records out.

use std::net::IpAddr;

use wire::{
    DecodeOptions, Fragment, Ip, LinkType, Network, Packet, Record, Transport, decode,
    decode::decode_layer,
};

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
use super::report::report;
use super::service::Next;
use super::table::Table;
use super::tcp::Segment;
use super::timers::{Alarm, Timers};
use super::watch::{Known, News, Records, Watch, last_news};
use crate::share::pair_hash;

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

    fn take_in(
        &mut self,
        record: &Record<'_>,
        packet: &Packet<'_>,
        inside: bool,
        sink: &mut impl Watch,
    ) {
        self.pass(record.time_ns, sink);
        let around = if packet.tunnels.is_empty() {
            None
        } else {
            self.around(record, packet.tunnels.len(), sink)
        };
        if inside {
            self.layer(record.time_ns, packet, around, sink);
        }
    }

    /// Takes in the packets that are tunnels around another; gives the connection of the innermost of them.
    fn around(
        &mut self,
        record: &Record<'_>,
        tunnels: usize,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        (0..tunnels).fold(None, |around, layer| {
            let packet = decode_layer(record, layer);
            self.layer(record.time_ns, &packet, around, sink)
        })
    }

    fn layer(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        around: Option<Place>,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        let Network::Ip(ip) = &packet.network else {
            return None;
        };
        let place = match ip.fragment {
            Fragment::Whole => self.datagram(time_ns, packet, ip, sink),
            _ => self.fragment(time_ns, packet, ip, sink),
        };
        if let (Some((slot, _)), Some(parent)) = (place, around) {
            let table = &self.table;
            self.parents
                .add(slot, parent, || Some(table.get(parent.0)?.uid()));
        }
        place
    }

    /// Whether this share tells of the connection between two addresses.
    fn tells(&self, ends: impl FnOnce() -> (IpAddr, IpAddr)) -> bool {
        self.config.share.is_none_or(|share| {
            let (orig, resp) = ends();
            share.owns(pair_hash(orig, resp))
        })
    }

    /// Puts fragments together. Of those that were not captured whole, the first stands for all.
    fn fragment(
        &mut self,
        time_ns: i64,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        sink: &mut impl Watch,
    ) -> Option<Place> {
        if (ip.segment.len() as u32) < ip.len.saturating_sub(ip.header_len) {
            if ip.fragment == Fragment::First {
                return self.datagram(time_ns, packet, ip, sink);
            }
            self.counters.lost_fragments += u64::from(self.tells(|| (ip.src, ip.dst)));
            return None;
        }
        let Config {
            max_fragmented,
            fragment_timeout_ns,
            ..
        } = self.config;
        let lost = &mut self.counters.lost_fragments;
        let whole =
            self.fragments
                .add(ip, self.clock, max_fragmented, fragment_timeout_ns, lost)?;
        let record = Record {
            time_ns,
            wire_len: whole.bytes.len() as u32,
            link_type: LinkType::RAW,
            data: &whole.bytes,
        };
        let Packet { network, .. } = decode(&record, DecodeOptions::default());
        let Network::Ip(mut ip) = network else {
            return None;
        };
        ip.len = whole.len;
        self.datagram(time_ns, packet, &ip, sink)
    }

    /// Gives the records of all connections that are left.
    pub fn finish(&mut self, sink: &mut impl FnMut(ConnectionRecord)) {
        self.finish_with(&mut Records(sink));
    }

    /// The same, with more to hear than records.
    pub fn finish_with(&mut self, sink: &mut impl Watch) {
        self.counters.lost_fragments += std::mem::take(&mut self.fragments).waiting();
        // Rows are larger than connections: what is no longer needed makes room for them.
        self.timers = Timers::default();
        self.ages = Ages::default();
        self.table.take().drain(|slot, generation, conn| {
            self.tell_end((slot, generation), conn, Reason::Finished, sink);
        });
    }

    /// Lets time pass until `now`: ends what is silent, and gives interim records at window borders.
    pub fn advance(&mut self, now: i64, sink: &mut impl FnMut(ConnectionRecord)) {
        self.pass(now, &mut Records(sink));
    }

    /// The same, with more to hear than records.
    pub fn advance_with(&mut self, now: i64, sink: &mut impl Watch) {
        self.pass(now, sink);
    }

    fn pass(&mut self, now: i64, sink: &mut impl Watch) {
        if now <= self.clock && self.config.dialect != Dialect::Bro25 {
            return;
        }
        let first = self.clock == i64::MIN;
        let now = now.max(self.clock);
        self.clock = now;
        while let Some(alarm) = self.timers.pop_due(now) {
            self.wake(alarm, sink);
            self.table.touch(self.timers.look_ahead());
        }
        let interval = self.config.interim_ns;
        if interval > 0 && self.foremost.is_none() && (first || now >= self.next_interim) {
            if !first {
                self.interim(sink);
            }
            self.next_interim = now
                .saturating_sub(now.rem_euclid(interval))
                .saturating_add(interval);
        }
    }

    fn interim(&mut self, sink: &mut impl Watch) {
        for slot in 0..self.table.slots() {
            if let Some(conn) = self.table.get_mut(slot)
                && std::mem::take(&mut conn.fresh)
                && sink.takes_records()
            {
                let (orig, resp) = (conn.orig().0, conn.resp().0);
                let share = self.config.share;
                if share.is_none_or(|share| share.owns(pair_hash(orig, resp))) {
                    let parents = self.parents.get(slot);
                    let dialect = self.config.dialect;
                    sink.record(report(conn, Reason::Interim, dialect, parents));
                }
            }
        }
    }

    /// Looks at a connection whose alarm is due.
    fn wake(&mut self, alarm: Alarm, sink: &mut impl Watch) {
        let (now, config) = (self.clock, &self.config);
        let Some(conn) = self.table.get_alarmed(alarm.slot, alarm.generation) else {
            return;
        };
        if conn.alarms.queued != alarm.time {
            return;
        }
        conn.alarms.queued = NEVER;
        match due(conn, now, config) {
            Some(reason) => self.end(alarm.slot, reason, sink),
            None => queue(conn, alarm.slot, alarm.generation, &mut self.timers),
        }
    }

    fn end(&mut self, slot: u32, reason: Reason, sink: &mut impl Watch) {
        let table = self.table.take();
        if let Some(conn) = table.get(slot) {
            self.tell_end((slot, table.generation(slot)), conn, reason, sink);
        }
        self.table = table;
        self.table.remove(slot);
    }

    fn tell_end(&mut self, place: Place, conn: &Conn, reason: Reason, sink: &mut impl Watch) {
        let (slot, generation) = place;
        if !self.tells(|| (conn.orig().0, conn.resp().0)) {
            self.parents.remove(slot);
            return;
        }
        let known = Known {
            slot,
            generation,
            conn,
        };
        sink.ended(self.clock, &known, reason, last_news(conn, reason));
        if sink.takes_records() {
            let foremost = self.foremost.as_mut();
            if foremost.is_none_or(|foremost| foremost.admits(conn)) {
                let parents = self.parents.get(slot);
                sink.record(report(conn, reason, self.config.dialect, parents));
            } else {
                self.counters.left_out += 1;
            }
        }
        self.parents.remove(slot);
    }

    fn datagram(
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
        conn.fresh = true;
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
            sink.packet(time_ns, &known, side, ip, news);
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
            fresh: true,
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
            sink.begun(
                time_ns,
                &Known {
                    slot,
                    generation,
                    conn,
                },
            );
        }
        slot
    }
}

/// Sets the next alarm of a connection, unless an earlier one stands in the queue.
fn queue(conn: &mut Conn, slot: u32, generation: u32, timers: &mut Timers) {
    let time = conn.alarms.next();
    if time < conn.alarms.queued {
        conn.alarms.queued = time;
        timers.push(Alarm {
            time,
            slot,
            generation,
        });
    }
}

/// Whether a connection is over now.
fn due(conn: &mut Conn, now: i64, config: &Config) -> Option<Reason> {
    let idle_since = conn.idle_since();
    let alarms = &mut conn.alarms;
    if let Some(tcp) = &mut conn.tcp
        && tcp.wake(
            alarms,
            conn.last_ns,
            now,
            config.session_timer_ns,
            config.linger_ns,
        )
    {
        return Some(Reason::Ended);
    }
    if conn.lone_syn.is_some() && alarms.attempt <= now || alarms.delete <= now {
        return Some(Reason::Ended);
    }
    if conn.tcp.is_none() {
        // Alarms of a state machine that is not there would be due for ever.
        let [first, second] = &mut alarms.session;
        for time in [&mut alarms.attempt, first, second] {
            if *time <= now {
                *time = NEVER;
            }
        }
    }
    if alarms.dns <= now {
        if now.saturating_sub(idle_since) >= config.dns_inactivity_ns - super::config::SECOND {
            return Some(Reason::Inactive);
        }
        alarms.dns = now.saturating_add(config.dns_inactivity_ns);
    }
    if alarms.inactivity <= now {
        let end = idle_since.saturating_add(alarms.inactivity_timeout);
        if end <= now {
            return Some(Reason::Inactive);
        }
        alarms.inactivity = end;
    }
    None
}
