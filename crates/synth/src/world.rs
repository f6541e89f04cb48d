//! Simulated time: what happens next, and the packets that are on their way.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::filler::Kind;
use crate::hosts::Hosts;
use crate::packet::{Body, NONE, Packet, Place};
use crate::rng::Rng;
use crate::slab::Slab;

/// One microsecond, millisecond and second in nanoseconds.
pub const US: u64 = 1_000;
pub const MS: u64 = 1_000_000;
pub const S: u64 = 1_000_000_000;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A packet passes the monitor.
    Monitor(u32),
    /// A segment reaches its receiver.
    Arrive(u32),
    /// A timer of one side of a connection.
    Timer(u32, u8),
    /// The application of a connection goes on.
    App(u32),
    /// A datagram flow sends its next packet.
    Flow(u32),
    /// A source of traffic starts something.
    Source(u32),
}

#[derive(Debug, PartialEq, Eq)]
struct Event {
    time: u64,
    order: u64,
    what: What,
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.order).cmp(&(self.time, self.order))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The clock, the dice, the hosts, and what is under way.
pub struct World {
    /// Nanoseconds since the start of the trace.
    pub now: u64,
    pub rng: Rng,
    pub hosts: Hosts,
    pub packets: Slab<Packet>,
    events: BinaryHeap<Event>,
    order: u64,
}

impl World {
    pub fn new(rng: Rng, hosts: Hosts) -> Self {
        Self {
            now: 0,
            rng,
            hosts,
            packets: Slab::default(),
            events: BinaryHeap::new(),
            order: 0,
        }
    }

    /// Lets something happen at a time, not before now; what is equally early keeps its order.
    pub fn at(&mut self, time: u64, what: What) {
        self.order += 1;
        self.events.push(Event {
            time: time.max(self.now),
            order: self.order,
            what,
        });
    }

    /// The next thing to happen; time moves on to it.
    pub fn next(&mut self) -> Option<What> {
        let event = self.events.pop()?;
        self.now = event.time;
        Some(event.what)
    }

    /// Lets a packet that belongs to no connection pass the monitor.
    pub fn send(&mut self, time: u64, packet: Packet) {
        let index = self.packets.insert(packet);
        self.at(time, What::Monitor(index));
    }

    /// A packet between two places, with the identification and hop count that the sender gives it.
    pub fn packet(&mut self, src: Place, dst: Place, body: Body) -> Packet {
        let (id, ttl, df) = self.hosts.stamp(src.host, src.addr, &mut self.rng);
        Packet {
            vlan: self.hosts.vlan(src.host, dst.host),
            src,
            dst,
            tos: 0,
            ttl,
            id,
            df,
            fragment: 0,
            attack: NONE,
            body,
        }
    }

    /// A datagram of given bytes.
    pub fn datagram(&mut self, src: Place, dst: Place, head: Vec<u8>) -> Packet {
        self.packet(
            src,
            dst,
            Body::Udp {
                head,
                fill: 0,
                kind: Kind::Opaque,
            },
        )
    }
}
