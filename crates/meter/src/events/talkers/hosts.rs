//! Events by host in one role.

use std::cmp::Reverse;
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::top::{retain_heaviest, retain_top};
use super::{HostCount, HostsLeftOut};
use crate::hash::Placed;

/// Hosts with what they have of the current second and of all before. A host has a place, which stays until lighter
/// ones are let go: then `epoch` moves on, and places are to be asked for anew.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    is_orig: bool,
    /// Nobody outside can choose addresses that collide.
    seed: u64,
    index: HashTable<Placed>,
    places: Vec<Host>,
    /// Places with events in this second.
    touched: Vec<u32>,
    let_go: (u64, u64),
    epoch: u32,
}

#[derive(Clone, Copy, Debug)]
struct Host {
    address: IpAddr,
    before: (u64, u64),
    now: (u64, u64),
    /// Whether it is among the heaviest of a second.
    named: bool,
}

fn hash(address: IpAddr, seed: u64) -> u32 {
    let hashed = match address {
        IpAddr::V4(v4) => crate::hash::hash(u128::from(v4.to_bits()), 0, 4, seed),
        IpAddr::V6(v6) => crate::hash::hash(v6.to_bits(), 0, 6, seed),
    };
    hashed as u32
}

impl Hosts {
    pub(super) fn new(is_orig: bool) -> Self {
        use std::hash::BuildHasher;
        Self {
            is_orig,
            seed: DefaultHashBuilder::default().hash_one(0),
            index: HashTable::new(),
            places: Vec::new(),
            touched: Vec::new(),
            let_go: (0, 0),
            epoch: 0,
        }
    }

    /// Until when places hold.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    fn find(&self, address: IpAddr, hash: u32) -> Option<u32> {
        let same = |placed: &Placed| {
            let host = self.places.get(placed.at as usize);
            placed.hash == hash && host.is_some_and(|host| host.address == address)
        };
        let found = self.index.find(Placed::spread(hash), same)?;
        Some(found.at)
    }

    /// The place of a host.
    pub(super) fn place(&mut self, address: IpAddr) -> u32 {
        let hash = hash(address, self.seed);
        if let Some(place) = self.find(address, hash) {
            return place;
        }
        let at = self.places.len() as u32;
        self.places.push(Host {
            address,
            before: (0, 0),
            now: (0, 0),
            named: false,
        });
        let placed = Placed { hash, at };
        self.index
            .insert_unique(placed.wide(), placed, Placed::wide);
        at
    }

    /// Adds events of the current second.
    pub(super) fn add(&mut self, place: u32, (count, bytes): (u64, u64)) {
        if let Some(host) = self.places.get_mut(place as usize) {
            if host.now.0 == 0 {
                self.touched.push(place);
            }
            host.now = (host.now.0 + count, host.now.1 + bytes);
        }
    }

    /// Ends the second: its heaviest hosts.
    pub(super) fn end_second(&mut self, second: i64, top: usize, rows: &mut Vec<HostCount>) {
        let mut hosts = Vec::with_capacity(self.touched.len());
        for place in self.touched.drain(..) {
            let Some(host) = self.places.get_mut(place as usize) else {
                continue;
            };
            let (count, bytes) = std::mem::take(&mut host.now);
            host.before = (host.before.0 + count, host.before.1 + bytes);
            hosts.push((host.address, count, bytes));
        }
        retain_heaviest(&mut hosts, top, |host| host.1);
        retain_top(&mut hosts, top, |host| (Reverse(host.1), host.0));
        rows.extend(hosts.into_iter().map(|(host, count, bytes)| HostCount {
            second: Some(second),
            host: Some(host),
            is_orig: self.is_orig,
            count,
            bytes,
        }));
    }

    /// Lets the lighter half go where there are twice as many as `most`, between seconds.
    pub(super) fn let_go(&mut self, most: usize) {
        let Some(at) = self.places.len().checked_sub(most) else {
            return;
        };
        if self.places.len() / 2 < most {
            return;
        }
        let mut counts: Vec<u64> = self.places.iter().map(|host| host.before.0).collect();
        let (_, limit, _) = counts.select_nth_unstable(at);
        let (limit, gone) = (*limit, &mut self.let_go);
        self.places.retain(|host| {
            let stays = host.before.0 > limit;
            if !stays {
                *gone = (gone.0 + host.before.0, gone.1 + host.before.1);
            }
            stays
        });
        self.index.clear();
        for (at, host) in (0..).zip(&self.places) {
            let hash = hash(host.address, self.seed);
            let placed = Placed { hash, at };
            self.index
                .insert_unique(placed.wide(), placed, Placed::wide);
        }
        self.epoch += 1;
    }

    /// Marks a host that is among the heaviest of a second.
    pub(super) fn name(&mut self, address: IpAddr) {
        if let Some(place) = self.find(address, hash(address, self.seed))
            && let Some(host) = self.places.get_mut(place as usize)
        {
            host.named = true;
        }
    }

    /// Adds what another one counted, between seconds.
    pub(super) fn merge(&mut self, other: Hosts) {
        for host in other.places {
            let place = self.place(host.address);
            if let Some(own) = self.places.get_mut(place as usize) {
                own.before = (own.before.0 + host.before.0, own.before.1 + host.before.1);
                own.named |= host.named;
            }
        }
        self.let_go = (
            self.let_go.0 + other.let_go.0,
            self.let_go.1 + other.let_go.1,
        );
    }

    /// The totals of the `first` heaviest hosts, of all that are equal to the last of them and of the heaviest of seconds,
    /// or of all hosts; and those that were let go as one. Gives what is left out.
    pub(super) fn rows(&self, first: Option<usize>, rows: &mut Vec<HostCount>) -> HostsLeftOut {
        let least = match first {
            Some(0) => u64::MAX,
            Some(first) if first < self.places.len() => {
                let mut counts: Vec<u64> = self.places.iter().map(|host| host.before.0).collect();
                let (_, least, _) =
                    counts.select_nth_unstable_by_key(first - 1, |count| Reverse(*count));
                *least
            }
            _ => 0,
        };
        let mut left_out = HostsLeftOut::default();
        let known = self.places.iter().filter_map(|host| {
            if host.before.0 >= least || host.named {
                return Some((Some(host.address), host.before));
            }
            left_out.hosts += 1;
            left_out.count += host.before.0;
            left_out.bytes += host.before.1;
            None
        });
        let rest = (self.let_go.0 > 0).then_some((None, self.let_go));
        let row = |(host, (count, bytes))| HostCount {
            second: None,
            host,
            is_orig: self.is_orig,
            count,
            bytes,
        };
        rows.extend(known.chain(rest).map(row));
        left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lighter_hosts_are_let_go_and_places_of_the_others_are_found_again() {
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let mut hosts = Hosts::new(true);
        for n in 0..200 {
            let place = hosts.place(address(n));
            hosts.add(place, (u64::from(n) + 1, 10));
        }
        let mut rows = Vec::new();
        hosts.end_second(5, 2, &mut rows);
        let mut counts: Vec<u64> = rows.iter().map(|row| row.count).collect();
        counts.sort_unstable();
        assert_eq!(counts, [199, 200]);
        hosts.let_go(100);
        assert_eq!((hosts.epoch(), hosts.places.len()), (1, 99));
        let place = hosts.place(address(150));
        hosts.add(place, (1, 1));
        hosts.end_second(6, 2, &mut rows);
        let mut all = Vec::new();
        assert_eq!(hosts.rows(None, &mut all), HostsLeftOut::default());
        assert_eq!(
            all.iter().map(|row| row.count).sum::<u64>(),
            200 * 201 / 2 + 1
        );
        let kept = all
            .iter()
            .find(|row| row.host == Some(address(150)))
            .unwrap();
        assert_eq!((kept.count, kept.bytes), (152, 11));
    }

    #[test]
    fn the_first_of_several_counters_together_with_those_named_and_what_is_left_out() {
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let counter = |of: std::ops::Range<u32>| {
            let mut hosts = Hosts::new(true);
            for n in of {
                let place = hosts.place(address(n));
                hosts.add(place, (u64::from(n / 2), 100));
            }
            hosts.end_second(1, 0, &mut Vec::new());
            hosts
        };
        let (mut one, two) = (counter(2..60), counter(50..100));
        one.name(address(3));
        one.name(address(999));
        one.merge(two);
        let mut rows = Vec::new();
        let left_out = one.rows(Some(3), &mut rows);
        let mut first: Vec<_> = rows.iter().map(|row| (row.count, row.host)).collect();
        first.sort_unstable();
        // 58 and 59 were counted by both; 56 and 57 come next, as equals.
        let wanted = [(1, 3), (56, 56), (56, 57), (58, 58), (58, 59)];
        assert_eq!(first, wanted.map(|(count, n)| (count, Some(address(n)))));
        let all: u64 = (2..60).chain(50..100).map(|n| n / 2).sum();
        assert_eq!(left_out.hosts, 98 - 5);
        assert_eq!(left_out.count, all - 229);
        assert_eq!(left_out.bytes, 108 * 100 - 900);
        rows.clear();
        one.rows(Some(0), &mut rows);
        assert_eq!(rows.len(), 1);
        one.rows(Some(98), &mut rows);
        assert_eq!(rows.len(), 99);
    }
}
