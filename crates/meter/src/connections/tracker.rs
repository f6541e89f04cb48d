//! The tracker: packets in, connection records out.

use std::net::IpAddr;

use wire::{
    DecodeOptions, Fragment, Ip, LinkType, Network, Packet, Record, Tcp as TcpHeader, Transport,
    decode, decode::decode_layer,
};

use super::checksum::{self, Senders, Verdict};
use super::config::{Config, Dialect};
use super::conn::{Alarms, Conn, NEVER, Side};
use super::evict::Ages;
use super::expected::{self, Expected};
use super::fragments::Fragments;
use super::history::Mark;
use super::key::Key;
use super::parents::{Parents, Place};
use super::quality::{self, Quality, Reached};
use super::record::{ClosedBy, ConnectionRecord, Reason};
use super::report::report;
use super::service::{self, Next};
use super::table::Table;
use super::tcp::{self, LoneSyn, Segment, Tcp};
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
}

impl Tracker {
    /// A tracker without connections.
    pub fn new(config: Config) -> Self {
        Self {
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
        if interval > 0 && (first || now >= self.next_interim) {
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
            let parents = self.parents.get(slot);
            sink.record(report(conn, reason, self.config.dialect, parents));
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

/// A connection that began before the capture: its responder is the side with a server's port.
fn flips_tcp(header: &TcpHeader<'_>, source: u16, destination: u16, config: &Config) -> bool {
    let (syn, ack) = (header.flags & tcp::SYN != 0, header.flags & tcp::ACK != 0);
    if syn && !ack || !config.server_ports.tcp(source) {
        return false;
    }
    if config.server_ports.tcp(destination) {
        // Both are plausible: the lower one, unless it is a SYN-ACK, which scans send, too.
        return !syn && source < destination;
    }
    true
}

fn segment_of(time_ns: i64, ip: &Ip<'_>, header: &TcpHeader<'_>) -> Segment {
    Segment {
        time_ns,
        seq: header.seq,
        ack: header.ack,
        flags: header.flags,
        window: header.window,
        len: ip.payload_len,
        whole: ip.payload.len() as u32 >= ip.payload_len,
        ip_id: ip.id,
    }
}

fn bad_checksum(conn: &mut Conn, side: usize) {
    let Some(sender) = conn.sides.get_mut(side) else {
        return;
    };
    if sender.bad_checksums.count() && conn.key.protocol() != 1 && conn.key.protocol() != 58 {
        conn.history.add(b'C', side == 0);
    }
}

/// Takes a segment in; gives the address and port of a data connection that it announces.
fn observe_tcp(
    conn: &mut Conn,
    segment: &Segment,
    side: usize,
    ip: &Ip<'_>,
    config: &Config,
) -> Option<(Option<IpAddr>, u16)> {
    let Transport::Tcp(header) = &ip.transport else {
        return None;
    };
    let first = conn.tcp.is_none() && conn.lone_syn.is_none();
    if first && let Some(syn) = LoneSyn::of(segment, header.options) {
        conn.lone_syn = Some(syn);
        conn.last_ns = segment.time_ns;
        conn.alarms.attempt = conn.touched_ns.saturating_add(config.syn_attempt_ns);
        conn.history.check(Mark::Syn, b'S', true);
        count(conn, side, ip);
        return None;
    }
    if conn.tcp.is_none() {
        let tcp = conn.lone_syn.take().map_or_else(Tcp::new, |syn| syn.tcp());
        conn.tcp = Some(Box::new(tcp));
    }
    let unmeasured = config.quality && conn.quality.is_none();
    let mut reached = match &conn.tcp {
        Some(tcp) if unmeasured => tcp.reached(),
        _ => Default::default(),
    };
    let sender = side;
    let side = tcp::deliver(conn, segment, side, config);
    if side != sender {
        reached.swap(0, 1);
    }
    if conn.closed_by == ClosedBy::Nobody && (segment.rst() || segment.fin()) {
        conn.closed_by = match (segment.rst(), side) {
            (true, 0) => ClosedBy::OrigRst,
            (true, _) => ClosedBy::RespRst,
            (false, 0) => ClosedBy::OrigFin,
            (false, _) => ClosedBy::RespFin,
        };
    }
    // Zeek sets a port's long timeout once a connection is established; a handshake that goes on sets the short one again.
    let established = (conn.tcp.as_ref()).is_some_and(|tcp| tcp.news.has(News::ESTABLISHED));
    if first && established && matches!(conn.resp().1, 21 | 22 | 23 | 513) {
        conn.alarms.inactivity_timeout = config.interactive_inactivity_ns;
    }
    count(conn, side, ip);
    sniff(conn, side, ip, config);
    if config.quality {
        measure(conn, segment, header.options, side, reached);
    }
    let announces = conn.next_service == Next::Ftp && segment.len > 0;
    if announces {
        service::announced(ip.payload, side == 0)
    } else {
        None
    }
}

/// Measures how well the segment's data is carried; the heavier part only once there is something to measure.
/// `reached`: how far both sides had come before it.
fn measure(conn: &mut Conn, segment: &Segment, options: &[u8], side: usize, reached: [Reached; 2]) {
    let Some(tcp) = &mut conn.tcp else { return };
    if conn.quality.is_none() {
        let [mut orig, mut resp] = reached;
        let (mine, other) = if side == 0 {
            (&mut orig, &mut resp)
        } else {
            (&mut resp, &mut orig)
        };
        if Quality::begins_with(segment, *mine, *other, &tcp.hellos) {
            *mine = mine.or_at(segment);
            let began = Quality::starting_at([orig, resp], &tcp.hellos, conn.start_ns);
            conn.quality = Some(Box::new(began));
        }
    }
    quality::observe_hello(&mut tcp.hellos, segment, options, side);
    if let Some(quality) = &mut conn.quality {
        quality.observe(segment, options, conn.key.is_v4(), side, &tcp.hellos);
    }
}

fn observe_other(conn: &mut Conn, time_ns: i64, side: usize, ip: &Ip<'_>, config: &Config) {
    conn.last_ns = time_ns;
    let is_udp = matches!(ip.transport, Transport::Udp(_));
    if is_udp {
        conn.history.check(Mark::Data, b'D', side == 0);
    }
    let payload = match ip.transport {
        Transport::Udp(udp) if config.dialect == Dialect::Bro25 => i64::from(udp.len) - 8,
        _ => i64::from(ip.payload_len),
    };
    if let Some(sender) = conn.sides.get_mut(side) {
        sender.payload = if sender.payload >= 0 {
            sender.payload.saturating_add(payload)
        } else {
            payload
        };
    }
    if config.dialect == Dialect::Bro25 && (ip.payload.len() as u32) < ip.payload_len {
        return;
    }
    count(conn, side, ip);
    sniff(conn, side, ip, config);
    if conn.alarms.dns != NEVER
        && !std::mem::replace(&mut conn.dns_seen, true)
        && side == 0
        && answers_dns(ip)
        || config.dialect == Dialect::Zeek && side == 0 && begins_with_ntp_answer(conn, ip)
    {
        conn.flip();
    }
}

/// The first packet is an answer of an NTP server (mode 4, RFC 5905): its receiver is the originator.
fn begins_with_ntp_answer(conn: &Conn, ip: &Ip<'_>) -> bool {
    let [orig, resp] = &conn.sides;
    conn.service == Some("ntp")
        && (orig.pkts, resp.pkts) == (1, 0)
        && ip.payload.first().is_some_and(|first| first & 7 == 4)
}

/// An answer of DNS: when a conversation begins with one, its receiver is the originator.
fn answers_dns(ip: &Ip<'_>) -> bool {
    let to_group = match ip.dst {
        IpAddr::V4(v4) => v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_multicast(),
    };
    !to_group && ip.payload.len() >= 12 && ip.payload.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

fn count(conn: &mut Conn, side: usize, ip: &Ip<'_>) {
    if let Some(sender) = conn.sides.get_mut(side) {
        sender.pkts += 1;
        sender.ip_bytes += u64::from(ip.len);
    }
}

/// Reads the service from the first payload of each side, and what it turns to from later ones.
fn sniff(conn: &mut Conn, side: usize, ip: &Ip<'_>, config: &Config) {
    if ip.payload.is_empty() {
        return;
    }
    if let Some(known) = conn.service {
        if conn.next_service != Next::Nothing {
            let (service, next) = conn.next_service.step(known, ip, side == 0);
            (conn.service, conn.next_service) = (Some(service), next);
        }
        return;
    }
    let Some(sender) = conn.sides.get_mut(side) else {
        return;
    };
    if std::mem::replace(&mut sender.sniffed, true) {
        return;
    }
    conn.service = service::service(ip, side == 0);
    conn.next_service = Next::after(conn.service, ip.payload);
    if matches!(conn.service, Some("ssh" | "ftp")) && conn.alarms.inactivity != NEVER {
        conn.alarms.inactivity_timeout = config.interactive_inactivity_ns;
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
