//! What a run counts beside flows: outcomes by layer and kind, sizes, protocols. Shares are merged by addition.

use std::collections::BTreeMap;
use std::net::IpAddr;

use wire::{
    Fault, FaultKind, Fragment, Ip, Layer, LengthSource, Network, Outcome, Packet, Record, Tunnel,
};

use crate::Timeline;
use crate::connections::Counters;
use crate::events::{EventCounters, HostTotals};
use crate::flows::filter::{Room, Thinned};

/// Counters over the records of one share: `read = decoded + truncated + ignored`.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Records whose every header was read.
    pub decoded: u64,
    /// Records with a header that runs past the end.
    pub truncated: u64,
    /// Records with nothing to meter.
    pub ignored: u64,
    /// Records by layer and kind of their first fault.
    pub faults: BTreeMap<(Layer, FaultKind), u64>,
    /// Length on the wire.
    pub wire_bytes: u64,
    /// Captured length.
    pub captured_bytes: u64,
    /// Earliest and latest time.
    pub span_ns: Option<(i64, i64)>,
    /// IP packets and their IP length.
    pub ip_packets: u64,
    /// Bytes of IP length.
    pub ip_bytes: u64,
    /// IPv4 packets.
    pub ipv4: u64,
    /// IPv6 packets.
    pub ipv6: u64,
    /// ARP packets.
    pub arp: u64,
    /// Records by the number of another network protocol.
    pub other_networks: BTreeMap<u32, u64>,
    /// Records without a network layer.
    pub no_network: u64,
    /// First fragments.
    pub fragments_first: u64,
    /// Later fragments.
    pub fragments_later: u64,
    /// IPv4 packets with DF.
    pub dont_fragment: u64,
    /// IP packets whose length is that on the wire.
    pub length_from_wire: u64,
    /// Records of which less was captured than was on the wire.
    pub cut: u64,
    /// Packets by tunnel taken off.
    pub tunnels: BTreeMap<&'static str, u64>,
    /// IP packets that a filter left out.
    pub filtered: u64,
    /// IP packets that sampling left out.
    pub sampled_out: u64,
    /// Flows written early for lack of room.
    pub evicted: u64,
    /// What the filter of flows thinned, by window; only windows in which it did.
    pub thinned: BTreeMap<Option<i64>, Thinned>,
    /// The room that the tables of flows took at most.
    pub flow_room: Room,
    /// What the tracker of connections counted; `None` without one.
    pub connections: Option<Counters>,
    /// What the event engine counted; `None` without one.
    pub events: Option<EventCounters>,
    /// Events by host; `None` if they were not asked for.
    pub event_hosts: Option<HostTotals>,
    /// IP packets by IP length, of those that are metered.
    pub sizes: Sizes,
    /// IP packets over time, of those that are metered.
    pub timeline: Timeline,
}

impl Tally {
    /// Counts one record and what it decoded to; `selected` is whether filters and sampling let it through.
    #[inline]
    pub fn observe(&mut self, record: &Record<'_>, packet: &Packet<'_>, selected: bool) {
        match packet.outcome() {
            Outcome::Decoded => self.decoded += 1,
            Outcome::Truncated => self.truncated += 1,
            Outcome::Ignored => self.ignored += 1,
        }
        if let Some(Fault { layer, kind, .. }) = packet.fault {
            *self.faults.entry((layer, kind)).or_default() += 1;
        }
        self.wire_bytes += u64::from(record.wire_len);
        self.captured_bytes += record.data.len() as u64;
        self.cut += u64::from((record.data.len() as u64) < u64::from(record.wire_len));
        let (start, end) = self.span_ns.unwrap_or((record.time_ns, record.time_ns));
        self.span_ns = Some((start.min(record.time_ns), end.max(record.time_ns)));
        match &packet.network {
            Network::Ip(ip) => {
                self.observe_ip(ip);
                if selected {
                    self.sizes.add(ip.len, 1);
                    self.timeline.observe(record.time_ns, ip.len);
                }
            }
            Network::Arp { .. } => self.arp += 1,
            Network::Other(number) => *self.other_networks.entry(*number).or_default() += 1,
            Network::None => self.no_network += 1,
        }
        for tunnel in packet.tunnels.iter() {
            *self.tunnels.entry(tunnel_name(tunnel)).or_default() += 1;
        }
    }

    #[inline]
    fn observe_ip(&mut self, ip: &Ip<'_>) {
        self.ip_packets += 1;
        self.ip_bytes += u64::from(ip.len);
        match ip.src {
            IpAddr::V4(_) => self.ipv4 += 1,
            IpAddr::V6(_) => self.ipv6 += 1,
        }
        match ip.fragment {
            Fragment::Whole => {}
            Fragment::First => self.fragments_first += 1,
            Fragment::Later(_) => self.fragments_later += 1,
        }
        self.dont_fragment += u64::from(ip.dont_fragment);
        self.length_from_wire += u64::from(ip.length_source == LengthSource::Wire);
    }

    /// Adds the counters of another share.
    pub fn merge(&mut self, other: Tally) {
        self.decoded += other.decoded;
        self.truncated += other.truncated;
        self.ignored += other.ignored;
        merge_counts(&mut self.faults, other.faults);
        self.wire_bytes += other.wire_bytes;
        self.captured_bytes += other.captured_bytes;
        self.span_ns = match (self.span_ns, other.span_ns) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, two) => one.or(two),
        };
        self.ip_packets += other.ip_packets;
        self.ip_bytes += other.ip_bytes;
        self.ipv4 += other.ipv4;
        self.ipv6 += other.ipv6;
        self.arp += other.arp;
        merge_counts(&mut self.other_networks, other.other_networks);
        self.no_network += other.no_network;
        self.fragments_first += other.fragments_first;
        self.fragments_later += other.fragments_later;
        self.dont_fragment += other.dont_fragment;
        self.length_from_wire += other.length_from_wire;
        self.cut += other.cut;
        merge_counts(&mut self.tunnels, other.tunnels);
        self.filtered += other.filtered;
        self.sampled_out += other.sampled_out;
        self.evicted += other.evicted;
        for (window_ns, thinned) in other.thinned {
            self.thinned.entry(window_ns).or_default().merge(thinned);
        }
        self.flow_room.merge(other.flow_room);
        self.connections = match (self.connections, other.connections) {
            (Some(one), Some(two)) => Some(sum(one, two)),
            (one, two) => one.or(two),
        };
        self.events = match (self.events, other.events) {
            (Some(one), Some(two)) => Some(one.plus(two)),
            (one, two) => one.or(two),
        };
        match (&mut self.event_hosts, other.event_hosts) {
            (Some(one), Some(two)) => one.merge(two),
            (one, two) => *one = one.take().or(two),
        }
        for (size, count) in other.sizes.into_counts() {
            self.sizes.add(size, count);
        }
        self.timeline.merge(other.timeline);
    }

    /// Records read.
    pub fn read(&self) -> u64 {
        self.decoded + self.truncated + self.ignored
    }
}

fn merge_counts<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

fn sum(one: Counters, two: Counters) -> Counters {
    Counters {
        packets: one.packets + two.packets,
        connections: one.connections + two.connections,
        reused: one.reused + two.reused,
        evicted: one.evicted + two.evicted,
        bad_checksums: one.bad_checksums + two.bad_checksums,
        offload_checksums: one.offload_checksums + two.offload_checksums,
        unreadable: one.unreadable + two.unreadable,
        lost_fragments: one.lost_fragments + two.lost_fragments,
        left_out: one.left_out + two.left_out,
    }
}

fn tunnel_name(tunnel: Tunnel) -> &'static str {
    match tunnel {
        Tunnel::IpInIp => "ip-in-ip",
        Tunnel::SixInFour => "6in4",
        Tunnel::FourInSix => "4in6",
        Tunnel::Gre => "gre",
        Tunnel::Vxlan => "vxlan",
        Tunnel::Geneve => "geneve",
        Tunnel::GtpU => "gtp-u",
        Tunnel::Teredo => "teredo",
    }
}

/// Packets by size in bytes: an array for what a length field of 16 bits can say, a map for the rest (jumbograms).
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    common: Vec<u64>,
    larger: BTreeMap<u32, u64>,
}

const COMMON_SIZES: usize = 1 << 16;
/// Distinct jumbogram sizes kept apart; beyond it a size is rounded up to a multiple of 64 KiB.
const LARGER_SIZES: usize = 1 << 12;

impl Sizes {
    /// Counts packets of a size.
    #[inline]
    pub fn add(&mut self, size: u32, count: u64) {
        if self.common.is_empty() {
            self.common = vec![0; COMMON_SIZES];
        }
        if let Some(place) = self.common.get_mut(size as usize) {
            *place += count;
        } else {
            let full = self.larger.len() >= LARGER_SIZES && !self.larger.contains_key(&size);
            let size = if full { size | 0xFFFF } else { size };
            *self.larger.entry(size).or_default() += count;
        }
    }

    /// Sizes that occur with their counts, ascending.
    pub fn into_counts(self) -> impl Iterator<Item = (u32, u64)> {
        let common = self
            .common
            .into_iter()
            .enumerate()
            .map(|(size, count)| (size as u32, count));
        common.filter(|(_, count)| *count > 0).chain(self.larger)
    }
}
