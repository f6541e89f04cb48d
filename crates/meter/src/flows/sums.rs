//! Flows added up by fewer keys as they end (RFC 7015), so that a summary needs no flow to leave the meter.
//!
//! By pair of addresses, by service, and how many have each size. Both directions of a pair of hosts are in one share, so
//! no pair is in two; services and sizes of several shares add up.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::AddAssign;

use hashbrown::DefaultHashBuilder;
use indexmap::IndexMap;

use super::{FlowKey, FlowRecord};

/// What flows are added up by.
#[derive(Clone, Debug, Default)]
pub struct SumConfig {
    /// Whether by pair of addresses, too.
    pub by_pair: bool,
    /// Ports from 1024 that are those of well-known services.
    pub served_ports: Vec<u16>,
    /// IP protocols that have ports.
    pub protocols: Vec<u8>,
}

impl SumConfig {
    /// The port of the end that most likely serves, the same for both directions; `None` without ports. The rule is that
    /// of `service_port` in `wiretell/analyses/summary_items.py`.
    fn port(&self, key: &FlowKey) -> Option<u16> {
        let (src, dst) = (key.src_port(), key.dst_port());
        let (lower, higher) = (src.min(dst), src.max(dst));
        if higher == 0 || !self.protocols.contains(&key.protocol()) {
            return None;
        }
        let serves = |port| self.served_ports.binary_search(&port).is_ok();
        let higher_serves = lower >= 1024 && serves(higher) && !serves(lower);
        Some(if lower == 0 || higher_serves {
            higher
        } else {
            lower
        })
    }
}

/// What adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Packets.
    pub packets: u64,
    /// Bytes of IP length.
    pub bytes: u64,
    /// Bytes of transport payload.
    pub payload_bytes: u64,
    /// Packets that are fragments.
    pub fragments: u64,
    /// Flows.
    pub flows: u64,
}

impl Sums {
    fn of(flow: &FlowRecord) -> Sums {
        let weight = u64::from(flow.weight);
        Sums {
            packets: flow.packets * weight,
            bytes: flow.bytes * weight,
            payload_bytes: flow.payload_bytes * weight,
            fragments: u64::from(flow.fragments) * weight,
            flows: 1,
        }
    }
}

impl AddAssign for Sums {
    #[inline]
    fn add_assign(&mut self, other: Sums) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.payload_bytes += other.payload_bytes;
        self.fragments += other.fragments;
        self.flows += other.flows;
    }
}

/// The flows from one address to another, in one window.
#[derive(Clone, Copy, Debug)]
pub struct PairSum {
    /// Start of the window.
    pub window_ns: Option<i64>,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// What they add up to.
    pub sums: Sums,
}

/// The flows of one protocol and service port, in one window.
#[derive(Clone, Copy, Debug)]
pub struct ServiceSum {
    /// Start of the window.
    pub window_ns: Option<i64>,
    /// IP protocol.
    pub protocol: u8,
    /// Service port; `None` for traffic without ports.
    pub port: Option<u16>,
    /// Time of the earliest packet.
    pub start_ns: i64,
    /// Time of the latest packet.
    pub end_ns: i64,
    /// What they add up to.
    pub sums: Sums,
}

/// How many flows have one size.
#[derive(Clone, Copy, Debug)]
pub struct SizeCount {
    /// Whether the size is in bytes; packets otherwise.
    pub in_bytes: bool,
    /// The size.
    pub size: u64,
    /// How many flows.
    pub flows: u64,
}

/// Sums, on their way out.
#[derive(Debug, Default)]
pub struct SumRows {
    /// By pair.
    pub pairs: Vec<PairSum>,
    /// By service.
    pub services: Vec<ServiceSum>,
    /// By size.
    pub sizes: Vec<SizeCount>,
}

/// Values by key, in the order in which the keys came: going out of it is a walk, and growing moves little.
type Keyed<K, V> = IndexMap<K, V, DefaultHashBuilder>;

/// What was added up of one share.
#[derive(Debug)]
pub struct FlowSums {
    config: SumConfig,
    waiting: Vec<FlowRecord>,
    windows: BTreeMap<Option<i64>, Window>,
    bytes: Keyed<u64, u64>,
    packets: Keyed<u64, u64>,
}

/// Flows that are looked up together.
const GROUP: usize = 16;

#[derive(Debug, Default)]
struct Window {
    /// IPv4, both addresses in one number.
    four: Keyed<u64, Sums>,
    six: Keyed<(u128, u128), Sums>,
    services: Keyed<Service, Timed>,
}

impl Window {
    /// Adds to a pair, whose place among those of IPv4 is given if it was there already.
    #[inline]
    fn add_pair(&mut self, place: Option<usize>, key: &FlowKey, sums: Sums) {
        if let Some((_, pair)) = place.and_then(|at| self.four.get_index_mut(at)) {
            *pair += sums;
        } else if let Some(key) = four(key) {
            *self.four.entry(key).or_default() += sums;
        } else {
            *self
                .six
                .entry((bits(key.src()), bits(key.dst())))
                .or_default() += sums;
        }
    }
}

#[inline]
fn four(key: &FlowKey) -> Option<u64> {
    match (key.src(), key.dst()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            Some(u64::from(src.to_bits()) << 32 | u64::from(dst.to_bits()))
        }
        _ => None,
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// IP protocol and service port, if any, in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Service(u32);

const NO_PORT: u32 = 1 << 16;

impl Service {
    fn new(protocol: u8, port: Option<u16>) -> Service {
        Service(u32::from(protocol) << 17 | port.map_or(NO_PORT, u32::from))
    }

    fn protocol(self) -> u8 {
        (self.0 >> 17) as u8
    }

    fn port(self) -> Option<u16> {
        (self.0 & NO_PORT == 0).then_some(self.0 as u16)
    }
}

#[derive(Debug)]
struct Timed {
    start_ns: i64,
    end_ns: i64,
    sums: Sums,
}

impl Default for Timed {
    fn default() -> Self {
        Timed {
            start_ns: i64::MAX,
            end_ns: i64::MIN,
            sums: Sums::default(),
        }
    }
}

impl Timed {
    #[inline]
    fn add(&mut self, flow: &FlowRecord, sums: Sums) {
        self.start_ns = self.start_ns.min(flow.start_ns);
        self.end_ns = self.end_ns.max(flow.end_ns);
        self.sums += sums;
    }
}

impl FlowSums {
    /// Nothing yet.
    pub fn new(mut config: SumConfig) -> FlowSums {
        config.served_ports.sort_unstable();
        FlowSums {
            config,
            waiting: Vec::with_capacity(GROUP),
            windows: BTreeMap::new(),
            bytes: Keyed::default(),
            packets: Keyed::default(),
        }
    }

    /// Counts a flow that ended, now or with those that follow.
    #[inline]
    pub fn add(&mut self, flow: &FlowRecord) {
        self.waiting.push(*flow);
        if self.waiting.len() >= GROUP {
            self.add_waiting();
        }
    }

    /// Counts the flows that wait. Their pairs are looked up first, all of them, so that the processor waits for memory
    /// once for the group and not once for each.
    fn add_waiting(&mut self) {
        let mut found = [None; GROUP];
        if self.config.by_pair {
            for (place, flow) in found.iter_mut().zip(&self.waiting) {
                let window = self.windows.get(&flow.window_ns);
                *place = window.and_then(|window| window.four.get_index_of(&four(&flow.key)?));
            }
        }
        for (place, flow) in found.into_iter().zip(&self.waiting) {
            let sums = Sums::of(flow);
            *self.bytes.entry(sums.bytes).or_default() += 1;
            *self.packets.entry(sums.packets).or_default() += 1;
            let window = self.windows.entry(flow.window_ns).or_default();
            let service = Service::new(flow.key.protocol(), self.config.port(&flow.key));
            window.services.entry(service).or_default().add(flow, sums);
            if self.config.by_pair {
                window.add_pair(place, &flow.key, sums);
            }
        }
        self.waiting.clear();
    }

    /// Hands out everything, in parts of at most so many pairs.
    pub fn finish(mut self, most: usize, emit: &mut dyn FnMut(SumRows)) {
        self.add_waiting();
        let mut out = SumRows::default();
        for (in_bytes, sizes) in [(true, self.bytes), (false, self.packets)] {
            let counts = sizes.into_iter().map(|(size, flows)| SizeCount {
                in_bytes,
                size,
                flows,
            });
            out.sizes.extend(counts);
        }
        for (window_ns, window) in self.windows {
            let services = window.services.into_iter();
            out.services
                .extend(services.map(|(service, timed)| ServiceSum {
                    window_ns,
                    protocol: service.protocol(),
                    port: service.port(),
                    start_ns: timed.start_ns,
                    end_ns: timed.end_ns,
                    sums: timed.sums,
                }));
            let four = window.four.into_iter().map(|(key, sums)| {
                let address = |bits: u64| IpAddr::V4(Ipv4Addr::from_bits(bits as u32));
                ((address(key >> 32), address(key)), sums)
            });
            let six = window.six.into_iter().map(|((src, dst), sums)| {
                let address = |bits| IpAddr::V6(Ipv6Addr::from_bits(bits));
                ((address(src), address(dst)), sums)
            });
            for ((src, dst), sums) in four.chain(six) {
                out.pairs.push(PairSum {
                    window_ns,
                    src,
                    dst,
                    sums,
                });
                if out.pairs.len() >= most {
                    emit(std::mem::take(&mut out));
                }
            }
        }
        emit(out);
    }
}
