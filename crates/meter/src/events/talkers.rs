//! Which hosts and connections events belong to: totals, and the heaviest of each second, in bounded room.

use std::cmp::Reverse;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::event::EventConn;
use crate::connections::Known;

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

type Sums = HashMap<IpAddr, (u64, u64)>;

/// The counters.
#[derive(Debug)]
pub(super) struct Talkers {
    config: TalkerConfig,
    second: i64,
    /// Connections with events in this second, with their slots.
    touched: Vec<(u32, ConnCount)>,
    /// By the tracker's slots.
    slots: Vec<Slot>,
    /// By role: originators, responders.
    hosts: [Sums; 2],
    let_go: [(u64, u64); 2],
    /// Of the second that is summed up.
    scratch: [Sums; 2],
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
    count: u64,
    bytes: u64,
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
            hosts: Default::default(),
            let_go: Default::default(),
            scratch: Default::default(),
            peaks: Vec::new(),
            most: Heaviest::default(),
            largest: Heaviest::default(),
        }
    }

    /// A connection takes a slot.
    pub(super) fn begun(&mut self, conn: &Known<'_>) {
        let slot = conn.slot as usize;
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1, Slot::default());
        }
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot::default();
        }
    }

    /// Counts an event of a connection, with the protocol that it belongs to.
    #[inline]
    pub(super) fn add(
        &mut self,
        time_ns: i64,
        conn: &Known<'_>,
        protocol: &'static str,
        size: u64,
    ) {
        let second = time_ns.div_euclid(1_000_000_000);
        if second != self.second {
            self.flush();
            self.second = second;
        }
        let Some(slot) = self.slots.get_mut(conn.slot as usize) else {
            return;
        };
        slot.count += 1;
        slot.bytes += size;
        if is_transport(slot.protocol) || (protocol > slot.protocol && !is_transport(protocol)) {
            slot.protocol = protocol;
        }
        match self.touched.get_mut(slot.place.wrapping_sub(1) as usize) {
            Some((_, sum)) => {
                sum.count += 1;
                sum.bytes += size;
                sum.protocol = slot.protocol;
            }
            None => {
                self.touched
                    .push((conn.slot, row(Some(second), conn, slot.protocol, (1, size))));
                slot.place = self.touched.len() as u32;
            }
        }
    }

    /// A connection leaves its slot.
    pub(super) fn ended(&mut self, conn: &Known<'_>) {
        let Some(slot) = self.slots.get_mut(conn.slot as usize) else {
            return;
        };
        let Slot {
            protocol,
            count,
            bytes,
            ..
        } = std::mem::take(slot);
        let rises = self.most.takes(count);
        let swells = self.largest.takes(bytes);
        if rises || swells {
            let row = row(None, conn, protocol, (count, bytes));
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
        for (slot, row) in &self.touched {
            if let Some(slot) = self.slots.get_mut(*slot as usize) {
                slot.place = 0;
            }
            all += row.count;
            let hosts = [row.conn.orig_h, row.conn.resp_h];
            for (sums, host) in self.scratch.iter_mut().zip(hosts) {
                let sum = sums.entry(host).or_default();
                *sum = (sum.0 + row.count, sum.1 + row.bytes);
            }
        }
        if all == 0 {
            return;
        }
        let top = self.config.top_of_second;
        let mut conns: Vec<ConnCount> = self.touched.drain(..).map(|(_, row)| row).collect();
        retain_top(&mut conns, top, by_count);
        conns.shrink_to_fit();
        let mut named = Vec::new();
        for (is_orig, (sums, totals)) in [true, false]
            .into_iter()
            .zip(self.scratch.iter_mut().zip(&mut self.hosts))
        {
            let mut hosts = Vec::with_capacity(sums.len());
            for (host, (count, bytes)) in sums.drain() {
                let total = totals.entry(host).or_default();
                *total = (total.0 + count, total.1 + bytes);
                hosts.push(HostCount {
                    second: Some(self.second),
                    host: Some(host),
                    is_orig,
                    count,
                    bytes,
                });
            }
            retain_top(&mut hosts, top, |host| (Reverse(host.count), host.host));
            named.append(&mut hosts);
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
        self.let_go();
    }

    /// Lets the lighter half of the hosts go where they became too many.
    fn let_go(&mut self) {
        for (totals, gone) in self.hosts.iter_mut().zip(&mut self.let_go) {
            if totals.len() < 2 * self.config.hosts {
                continue;
            }
            let mut counts: Vec<u64> = totals.values().map(|sum| sum.0).collect();
            let at = counts.len() - self.config.hosts;
            let (_, limit, _) = counts.select_nth_unstable(at);
            let limit = *limit;
            totals.retain(|_, sum| {
                let stays = sum.0 > limit;
                if !stays {
                    *gone = (gone.0 + sum.0, gone.1 + sum.1);
                }
                stays
            });
        }
    }

    /// All that was counted, at the end.
    pub(super) fn finish(mut self) -> (Vec<HostCount>, Vec<ConnCount>) {
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
        let roles = self.hosts.into_iter().zip(self.let_go);
        for (is_orig, (totals, gone)) in [true, false].into_iter().zip(roles) {
            let known = totals.into_iter().map(|(host, sum)| (Some(host), sum));
            let rest = (gone.0 > 0).then_some((None, gone));
            hosts.extend(known.chain(rest).map(|(host, (count, bytes))| HostCount {
                second: None,
                host,
                is_orig,
                count,
                bytes,
            }));
        }
        for mut peak in self.peaks {
            hosts.append(&mut peak.hosts);
            conns.append(&mut peak.conns);
        }
        (hosts, conns)
    }
}

fn is_transport(protocol: &str) -> bool {
    matches!(protocol, "" | "tcp" | "udp" | "icmp" | "other")
}

fn row(
    second: Option<i64>,
    conn: &Known<'_>,
    protocol: &'static str,
    (count, bytes): (u64, u64),
) -> ConnCount {
    ConnCount {
        second,
        conn: EventConn::of(conn),
        protocol,
        count,
        bytes,
    }
}

type Order = (Reverse<u64>, crate::connections::Uid);

fn by_count(row: &ConnCount) -> Order {
    (Reverse(row.count), row.conn.uid)
}

fn by_bytes(row: &ConnCount) -> Order {
    (Reverse(row.bytes), row.conn.uid)
}

/// The heaviest connections; twice as many are held.
#[derive(Debug, Default)]
struct Heaviest {
    list: Vec<ConnCount>,
    /// The least of a list that was cut: what is below needs no place.
    least: u64,
}

impl Heaviest {
    fn takes(&self, weight: u64) -> bool {
        weight >= self.least
    }

    fn keep(&mut self, row: ConnCount, most: usize, order: fn(&ConnCount) -> Order) {
        self.list.push(row);
        if self.list.len() >= 2 * most {
            retain_top(&mut self.list, most, order);
            self.least = self.list.last().map_or(0, |row| order(row).0.0);
        }
    }
}

/// Leaves the first `most` in this order; the last of them stands last.
fn retain_top<T, K: Ord>(list: &mut Vec<T>, most: usize, order: impl Fn(&T) -> K) {
    if let Some(last) = most.checked_sub(1)
        && list.len() > most
    {
        list.select_nth_unstable_by_key(last, order);
    }
    list.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_stay_and_the_least_stands_last() {
        let mut list: Vec<u64> = (0..100).map(|n| n * 37 % 100).collect();
        retain_top(&mut list, 5, |n| Reverse(*n));
        assert_eq!(list.last(), Some(&95));
        list.sort_unstable();
        assert_eq!(list, [95, 96, 97, 98, 99]);
        retain_top(&mut list, 9, |n| Reverse(*n));
        assert_eq!(list.len(), 5);
        retain_top(&mut list, 0, |n| Reverse(*n));
        assert!(list.is_empty());
    }
}
