//! Attacks: scans, worms, floods, reflections, crowds.

use std::net::{IpAddr, Ipv4Addr};

use crate::benign;
use crate::filler::Kind;
use crate::hosts::Hosts;
use crate::packet::{Body, Class, Fate, NONE, Options, Place, Segment, flag};
use crate::rng::mix;
use crate::sim::Ground;
use crate::site;
use crate::world::{MS, US};

/// How an attacker chooses whom to send what.
#[derive(Debug)]
pub enum Method {
    /// One port on many hosts of the site.
    Horizontal { source: u32, port: u16 },
    /// Many ports of one host.
    Vertical { source: u32, target: u32 },
    /// Ever more hosts inside that look for the next victims outside.
    Worm {
        port: u16,
        infected: Vec<u32>,
        waiting: Vec<u32>,
    },
    /// SYNs from addresses that nobody has.
    SynFlood { target: u32, port: u16 },
    /// Answers to questions that the target never asked.
    Reflection {
        target: u32,
        reflectors: Vec<u32>,
        port: u16,
    },
    /// Many visitors at once, with good intentions.
    Crowd { target: u32 },
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
    /// Sends one probe and what it provokes, `age` ns into an attack of `span` ns; says how many packets that makes.
    pub fn step(&mut self, ground: &mut Ground, age: u64, span: u64) -> f64 {
        let number = self.count;
        self.count += 1;
        let attack = self.attack;
        match &mut self.method {
            Method::Horizontal { source, port } => {
                let addr = Ipv4Addr::from(0x0a02_0000 | (number as u32 & 0x1_ffff));
                let mut dst = Hosts::ghost(IpAddr::V4(addr), *port);
                dst.mac = [2, 0, 0x5e, 0, 0, 2];
                let src = from(ground, *source);
                probe(ground, attack, src, dst, 0.02)
            }
            Method::Vertical { source, target } => {
                let port = (number % 65_535) as u16 + 1;
                let src = from(ground, *source);
                let dst = ground.world.hosts.place(*target, false, port);
                probe(ground, attack, src, dst, 0.9)
            }
            Method::Worm {
                port,
                infected,
                waiting,
            } => {
                let progress = age as f64 / span.max(1) as f64;
                let all = infected.len() + waiting.len();
                if (infected.len() as f64) < 1.0 + all as f64 * progress * progress
                    && let Some(next) = waiting.pop()
                {
                    infected.push(next);
                    if let Some(host) = ground.world.hosts.get_mut(next) {
                        host.roles.push("worm");
                        let name = host.v4.to_string();
                        if let Some(attack) = ground.attacks.get_mut(attack as usize) {
                            attack.sources.push(name);
                        }
                    }
                }
                let index = ground.world.rng.below(infected.len() as u64) as usize;
                let source = infected.get(index).copied().unwrap_or(NONE);
                let src = from(ground, source);
                let dst = Hosts::ghost(site::stranger(ground.world.rng.bits()).into(), *port);
                probe(ground, attack, src, dst, 0.03)
                    * (all as f64 / 4.0 / infected.len() as f64).max(0.5)
            }
            Method::SynFlood { target, port } => {
                let bits = ground.world.rng.bits();
                let src = Hosts::ghost(
                    site::stranger(bits).into(),
                    1_024 + (bits >> 48) as u16 % 64_000,
                );
                let dst = ground.world.hosts.place(*target, false, *port);
                flood(ground, attack, src, dst)
            }
            Method::Reflection {
                target,
                reflectors,
                port,
            } => {
                let index = ground.world.rng.below(reflectors.len() as u64) as usize;
                let source = reflectors.get(index).copied().unwrap_or(NONE);
                let src = ground.world.hosts.place(source, false, *port);
                let dst = ground.world.hosts.place(
                    *target,
                    false,
                    20_000 + (mix(u64::from(*target)) % 40_000) as u16,
                );
                reflect(ground, attack, src, dst)
            }
            Method::Crowd { target } => {
                let visitors = &ground.site.visitors;
                let index = ground.world.rng.below(visitors.len() as u64) as usize;
                let visitor = visitors.get(index).copied().unwrap_or(NONE);
                let mut setup = benign::visit(ground, visitor, *target, 1);
                setup.attack = attack;
                ground.connect(setup)
            }
        }
    }
}

fn from(ground: &mut Ground, host: u32) -> Place {
    let port = ground.world.hosts.port(host);
    ground.world.hosts.place(host, false, port)
}

/// A SYN and, with some probability, its refusal.
fn probe(ground: &mut Ground, attack: u32, src: Place, dst: Place, answered: f64) -> f64 {
    let world = &mut ground.world;
    let (now, isn) = (world.now, world.rng.bits() as u32);
    let mut syn = lone(flag::SYN, isn, 0, 1_024);
    syn.options.mss = Some(1_460);
    let mut packet = world.packet(src, dst, Body::Tcp(syn));
    packet.attack = attack;
    world.send(now, packet);
    if !world.rng.chance(answered) {
        return 1.0;
    }
    let mut refusal = lone(flag::RST | flag::ACK, 0, isn, 0);
    refusal.ack = 1;
    let mut packet = world.packet(dst, src, Body::Tcp(refusal));
    packet.attack = attack;
    let wait = world.rng.range(100 * US, 2 * MS);
    world.send(now + wait, packet);
    2.0
}

/// A SYN that nobody stands behind, and at times the answer that nobody reads.
fn flood(ground: &mut Ground, attack: u32, src: Place, dst: Place) -> f64 {
    let world = &mut ground.world;
    let (now, isn) = (world.now, world.rng.bits() as u32);
    let mut packet = world.packet(src, dst, Body::Tcp(lone(flag::SYN, isn, 0, 512)));
    packet.attack = attack;
    world.send(now, packet);
    if !world.rng.chance(0.3) {
        return 1.0;
    }
    let mut answer = lone(flag::SYN | flag::ACK, world.rng.bits() as u32, isn, 64_240);
    answer.ack = 1;
    answer.options.mss = Some(1_460);
    let mut packet = world.packet(dst, src, Body::Tcp(answer));
    packet.attack = attack;
    let wait = world.rng.range(100 * US, MS);
    world.send(now + wait, packet);
    2.0
}

/// A large answer of an amplifier.
fn reflect(ground: &mut Ground, attack: u32, src: Place, dst: Place) -> f64 {
    let world = &mut ground.world;
    let now = world.now;
    let (packet, count) = if src.port == 53 {
        let bytes = world.rng.range(2_800, 3_400) as usize;
        let answer = crate::apps::dns::long(&mut world.rng, bytes).answer;
        (world.datagram(src, dst, answer), 3.0)
    } else {
        let mut head = vec![0xd7, 0, 3, 42, 0, 6, 0, 72];
        head.resize(440, 0);
        (
            world.packet(
                src,
                dst,
                Body::Udp {
                    head,
                    fill: 0,
                    kind: Kind::Opaque,
                },
            ),
            1.0,
        )
    };
    let mut packet = packet;
    packet.attack = attack;
    packet.df = false;
    world.send(now, packet);
    count
}
