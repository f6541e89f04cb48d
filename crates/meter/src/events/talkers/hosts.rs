//! Events by host in one role.

use std::cmp::Reverse;
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::HostCount;
use super::top::{retain_heaviest, retain_top};

/// Hosts with what they have of the current second and of all before. A host has a place, which stays until lighter
/// ones are let go: then `epoch` moves on, and places are to be asked for anew.
#[derive(Debug)]
pub(super) struct Hosts {
    is_orig: bool,
    /// Nobody outside can choose addresses that collide.
    seed: u64,
    index: HashTable<u32>,
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
}

fn hash(address: IpAddr, seed: u64) -> u64 {
    match address {
        IpAddr::V4(v4) => crate::hash::hash(u128::from(v4.to_bits()), 0, 4, seed),
        IpAddr::V6(v6) => crate::hash::hash(v6.to_bits(), 0, 6, seed),
    }
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

    /// The place of a host.
    pub(super) fn place(&mut self, address: IpAddr) -> u32 {
        let (seed, places) = (self.seed, &mut self.places);
        let hashed = hash(address, seed);
        let same = |place: &u32| {
            let host = places.get(*place as usize);
            host.is_some_and(|host| host.address == address)
        };
        if let Some(place) = self.index.find(hashed, same) {
            return *place;
        }
        let place = places.len() as u32;
        places.push(Host {
            address,
            before: (0, 0),
            now: (0, 0),
        });
        self.index.insert_unique(hashed, place, |place| {
            let host = places.get(*place as usize);
            host.map_or(0, |host| hash(host.address, seed))
        });
        place
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
        for (place, host) in self.places.iter().enumerate() {
            let rehash = |place: &u32| {
                let host = self.places.get(*place as usize);
                host.map_or(0, |host| hash(host.address, self.seed))
            };
            let hashed = hash(host.address, self.seed);
            self.index.insert_unique(hashed, place as u32, rehash);
        }
        self.epoch += 1;
    }

    /// All hosts, and those that were let go as one.
    pub(super) fn finish(self, rows: &mut Vec<HostCount>) {
        let known = self
            .places
            .into_iter()
            .map(|host| (Some(host.address), host.before));
        let rest = (self.let_go.0 > 0).then_some((None, self.let_go));
        let row = |(host, (count, bytes))| HostCount {
            second: None,
            host,
            is_orig: self.is_orig,
            count,
            bytes,
        };
        rows.extend(known.chain(rest).map(row));
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
        hosts.finish(&mut all);
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
}
