//! Attacks: scans, worms, floods, reflections, crowds.

use std::net::{IpAddr, Ipv4Addr};

use crate::hosts::Hosts;
use crate::packet::{Body, Class, Fate, NONE, Options, Place, Segment, flag};
use crate::sim::Ground;
use crate::world::{MS, US};

/// How an attacker chooses whom to send what.
#[derive(Debug)]
pub enum Method {
    /// One port on many hosts of the site.
    Horizontal { source: u32, port: u16 },
    /// Many ports of one host.
    Vertical { source: u32, target: u32 },
}

/// An attacker at work.
#[derive(Debug)]
pub struct Attacker {
    pub method: Method,
    /// Entry among the attacks.
    pub attack: u32,
    pub count: u64,
}

/// A segment that belongs to no simulated connection.
pub fn lone(flags: u8, isn: u32, peer_isn: u32, window: u16) -> Segment {
    Segment {
        conn: NONE,
        side: 0,
        flags,
        class: Class::First,
        fate: Fate::Delivered,
        isn,
        peer_isn,
        start: 0,
        ack: 0,
        len: 0,
        message: NONE,
        offset: 0,
        window,
        order: 0,
        keep_alive: false,
        holes: false,
        options: Options::default(),
    }
}

impl Attacker {
    /// Sends one probe and what it provokes; says how many packets, or that it is done.
    pub fn step(&mut self, ground: &mut Ground) -> Option<f64> {
        let number = self.count;
        self.count += 1;
        match self.method {
            Method::Horizontal { source, port } => {
                let addr = Ipv4Addr::from(0x0a02_0000 | (number as u32 & 0x5_ffff));
                let from = ground.world.hosts.port(source);
                let src = ground.world.hosts.place(source, false, from);
                let mut dst = Hosts::ghost(IpAddr::V4(addr), port);
                dst.mac = [2, 0, 0x5e, 0, 0, 2];
                Some(self.probe(ground, src, dst, 0.02))
            }
            Method::Vertical { source, target } => {
                let port = (number % 65_535) as u16 + 1;
                let from = ground.world.hosts.port(source);
                let src = ground.world.hosts.place(source, false, from);
                let dst = ground.world.hosts.place(target, false, port);
                Some(self.probe(ground, src, dst, 0.9))
            }
        }
    }

    fn probe(&self, ground: &mut Ground, src: Place, dst: Place, answered: f64) -> f64 {
        let world = &mut ground.world;
        let (now, isn) = (world.now, world.rng.bits() as u32);
        let mut syn = lone(flag::SYN, isn, 0, 1_024);
        syn.options.mss = Some(1_460);
        let mut packet = world.packet(src, dst, Body::Tcp(syn));
        packet.attack = self.attack;
        world.send(now, packet);
        if !world.rng.chance(answered) {
            return 1.0;
        }
        let mut refusal = lone(flag::RST | flag::ACK, 0, isn, 0);
        refusal.ack = 1;
        let mut packet = world.packet(dst, src, Body::Tcp(refusal));
        packet.attack = self.attack;
        let wait = world.rng.range(100 * US, 2 * MS);
        world.send(now + wait, packet);
        2.0
    }
}
