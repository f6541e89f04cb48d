//! Which hosts and connections events belong to: totals, and the heaviest of each second, in bounded room.

mod hosts;
mod top;

use std::cmp::Reverse;
use std::net::IpAddr;

use super::event::EventConn;
use crate::connections::{Ends, Known};
use hosts::Hosts;
use top::{Heaviest, by_bytes, by_count, retain_heaviest, retain_top};

/// Events of a host in one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCount {
    /// In which second since 1970 UTC; none for all.
    pub second: Option<i64>,
    /// The host; none for all those that were let go for lack of room.
    pub host: Option<IpAddr>,
    /// Whether as originator of the connections.
    pub is_orig: bool,
    /// How many events.
    pub count: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// Hosts of which no row is made, and their events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostsLeftOut {
    /// How many hosts.
    pub hosts: u64,
    /// How many events.
    pub count: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// Totals by host of one share or several.
#[derive(Clone, Debug)]
pub struct HostTotals {
    /// Originators, responders.
    by_role: [Hosts; 2],
}

impl HostTotals {
    /// Adds those of another share.
    pub fn merge(&mut self, other: HostTotals) {
        for (own, other) in self.by_role.iter_mut().zip(other.by_role) {
            own.merge(other);
        }
    }

    /// A row for each host, or for the `first` of each role, their equals and those that have a row of a second; and what
    /// is left out of originators and responders.
    pub fn rows(&self, first: Option<usize>) -> (Vec<HostCount>, [HostsLeftOut; 2]) {
        let mut rows = Vec::new();
        let left_out = self
            .by_role
            .each_ref()
            .map(|hosts| hosts.rows(first, &mut rows));
        (rows, left_out)
    }
}

/// Events of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnCount {
    /// In which second since 1970 UTC; none for all.
    pub second: Option<i64>,
    /// The connection.
    pub conn: EventConn,
    /// Its application protocol (of several the last by name), else the transport.
    pub protocol: &'static str,
    /// How many events.
    pub count: u64,
    /// Their sizes together.
    pub bytes: u64,
}

/// What is counted of each second and of all.
#[derive(Clone, Copy, Debug)]
pub struct TalkerConfig {
    /// Hosts of each role, and connections, that are named of one second.
    pub top_of_second: usize,
    /// Seconds of which they are named: those with the most events.
    pub seconds: usize,
    /// Connections that are named of all: those with the most events, and those with the most bytes.
    pub connections: usize,
    /// Hosts of each role that are counted; twice as many are held. Those with the least events are let go.
    pub hosts: usize,
}

impl Default for TalkerConfig {
    fn default() -> Self {
        Self {
            top_of_second: 10,
            seconds: 4096,
            connections: 1000,
            hosts: 1 << 16,
        }
    }
}

/// The counters.
#[derive(Debug)]
pub(super) struct Talkers {
    config: TalkerConfig,
    second: i64,
    /// Connections with events in this second.
    touched: Vec<Touched>,
    /// By the tracker's slots.
    slots: Vec<Slot>,
    /// By role: originators, responders.
    hosts: [Hosts; 2],
    peaks: Vec<Peak>,
    most: Heaviest,
    largest: Heaviest,
}

/// What is known of the connection in a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Its place in `touched`, plus 1; 0 without events in this second.
    place: u32,
    protocol: &'static str,
    /// Events of this second and of those before, and their sizes.
    now: (u64, u64),
    before: (u64, u64),
    /// Where its hosts are, as long as its sides are these and in this epoch of each.
    hosts: [u32; 2],
    epochs: [u32; 2],
    orig_is_low: bool,
}

/// A connection with events in this second.
#[derive(Clone, Copy, Debug)]
struct Touched {
    slot: u32,
    ends: Ends,
    protocol: &'static str,
    sum: (u64, u64),
    hosts: [u32; 2],
}

/// The heaviest of one second.
#[derive(Debug)]
struct Peak {
    count: u64,
    hosts: Vec<HostCount>,
    conns: Vec<ConnCount>,
}

impl Talkers {
    pub(super) fn new(config: TalkerConfig) -> Self {
        Self {
            config,
            second: i64::MIN,
            touched: Vec::new(),
            slots: Vec::new(),
            hosts: [Hosts::new(true), Hosts::new(false)],
            peaks: Vec::new(),
            most: Heaviest::default(),
            largest: Heaviest::default(),
        }
    }

    /// A connection takes a slot.
    pub(super) fn begun(&mut self, conn: Known<'_>) {
        let slot = conn.slot as usize;
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, Slot::default());
        }
        let ends = conn.ends();
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot::default();
            slot.find_hosts(&ends, &mut self.hosts);
        }
    }

    /// Counts an event of a connection, with the protocol that it belongs to.
    #[inline]
    pub(super) fn add(&mut self, second: i64, conn: Known<'_>, protocol: &'static str, size: u64) {
        if second != self.second {
            self.flush();
            self.second = second;
        }
        let Some(slot) = self.slots.get_mut(conn.slot as usize) else {
            return;
        };
        slot.now = (slot.now.0 + 1, slot.now.1 + size);
        // The same text mostly stands in the same place.
        if !std::ptr::eq(protocol, slot.protocol)
            && (is_transport(slot.protocol)
                || (protocol > slot.protocol && !is_transport(protocol)))
        {
            slot.protocol = protocol;
        }
        if slot.place == 0 {
            let ends = conn.ends();
            let epochs = self.hosts.each_ref().map(Hosts::epoch);
            if slot.epochs != epochs || slot.orig_is_low != ends.orig_is_low() {
                slot.find_hosts(&ends, &mut self.hosts);
            }
            self.touched.push(Touched {
                slot: conn.slot,
                ends,
                protocol: "",
                sum: (0, 0),
                hosts: slot.hosts,
            });
            slot.place = self.touched.len() as u32;
        }
    }

    /// A connection leaves its slot.
    pub(super) fn ended(&mut self, conn: Known<'_>) {
        let Some(slot) = self.slots.get_mut(conn.slot as usize) else {
            return;
        };
        let mut slot = std::mem::take(slot);
        if let Some(touched) = self.touched.get_mut(slot.place.wrapping_sub(1) as usize) {
            slot.settle(touched);
        }
        let (protocol, (count, bytes)) = (slot.protocol, slot.before);
        let rises = self.most.takes(count);
        let swells = self.largest.takes(bytes);
        if rises || swells {
            let row = row(None, &conn.ends(), protocol, (count, bytes));
            if rises {
                self.most.keep(row, self.config.connections, by_count);
            }
            if swells {
                self.largest.keep(row, self.config.connections, by_bytes);
            }
        }
    }

    /// Sums up the second that is over.
    fn flush(&mut self) {
        let mut all = 0;
        for (at, touched) in self.touched.iter_mut().enumerate() {
            // Of a connection that has ended, this was done then, and another one may have its slot.
            if let Some(slot) = self.slots.get_mut(touched.slot as usize)
                && slot.place as usize == at + 1
            {
                slot.settle(touched);
            }
            all += touched.sum.0;
            for (hosts, place) in self.hosts.iter_mut().zip(touched.hosts) {
                hosts.add(place, touched.sum);
            }
        }
        if all == 0 {
            return;
        }
        let top = self.config.top_of_second;
        // Unique ids are made only of those that can be among the first.
        retain_heaviest(&mut self.touched, top, |touched| touched.sum.0);
        let second = Some(self.second);
        let rows = self.touched.drain(..);
        let mut conns: Vec<ConnCount> = rows
            .map(|touched| row(second, &touched.ends, touched.protocol, touched.sum))
            .collect();
        retain_top(&mut conns, top, by_count);
        conns.shrink_to_fit();
        let mut named = Vec::new();
        for hosts in &mut self.hosts {
            hosts.end_second(self.second, top, &mut named);
            hosts.let_go(self.config.hosts);
        }
        self.peaks.push(Peak {
            count: all,
            hosts: named,
            conns,
        });
        if self.peaks.len() >= 2 * self.config.seconds {
            retain_top(&mut self.peaks, self.config.seconds, |peak| {
                Reverse(peak.count)
            });
        }
    }

    /// All that was counted, at the end; hosts of seconds apart from their totals.
    pub(super) fn finish(mut self) -> (HostTotals, Vec<HostCount>, Vec<ConnCount>) {
        self.flush();
        retain_top(&mut self.peaks, self.config.seconds, |peak| {
            Reverse(peak.count)
        });
        let mut conns = self.most.list;
        retain_top(&mut conns, self.config.connections, by_count);
        let mut largest = self.largest.list;
        retain_top(&mut largest, self.config.connections, by_bytes);
        let named: hashbrown::HashSet<_> = conns.iter().map(|row| row.conn.uid).collect();
        conns.extend(
            largest
                .into_iter()
                .filter(|row| !named.contains(&row.conn.uid)),
        );
        let mut hosts = Vec::new();
        for mut peak in self.peaks {
            hosts.append(&mut peak.hosts);
            conns.append(&mut peak.conns);
        }
        let mut by_role = self.hosts;
        let [origs, resps] = &mut by_role;
        for row in &hosts {
            if let Some(host) = row.host {
                if row.is_orig {
                    &mut *origs
                } else {
                    &mut *resps
                }
                .name(host);
            }
        }
        (HostTotals { by_role }, hosts, conns)
    }
}

impl Slot {
    fn find_hosts(&mut self, ends: &Ends, hosts: &mut [Hosts; 2]) {
        let [origs, resps] = hosts;
        self.hosts = [origs.place(ends.orig().0), resps.place(ends.resp().0)];
        self.epochs = [origs.epoch(), resps.epoch()];
        self.orig_is_low = ends.orig_is_low();
    }

    /// Hands over the events of this second.
    fn settle(&mut self, touched: &mut Touched) {
        let (count, bytes) = std::mem::take(&mut self.now);
        touched.sum = (count, bytes);
        touched.protocol = self.protocol;
        self.before = (self.before.0 + count, self.before.1 + bytes);
        self.place = 0;
    }
}

fn is_transport(protocol: &str) -> bool {
    matches!(protocol, "" | "tcp" | "udp" | "icmp" | "other")
}

fn row(
    second: Option<i64>,
    ends: &Ends,
    protocol: &'static str,
    (count, bytes): (u64, u64),
) -> ConnCount {
    ConnCount {
        second,
        conn: EventConn::of(ends),
        protocol,
        count,
        bytes,
    }
}
