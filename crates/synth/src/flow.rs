//! Flows of datagrams: many packets between two places, without a connection's care.

use crate::filler::Kind;
use crate::packet::{Body, NONE, Place};
use crate::world::World;

/// A flow that goes on for a number of packets.
#[derive(Debug)]
pub struct Flow {
    pub a: Place,
    pub b: Place,
    /// Packets that are still to come.
    pub left: u32,
    /// First bytes of the packets that open the flow, in their order, with who sends them.
    pub opening: Vec<(bool, Vec<u8>)>,
    /// First bytes of every later packet from `a` and from `b`.
    pub heads: [Vec<u8>; 2],
    /// Share of packets that `a` sends.
    pub forward: f64,
    /// Bytes of content from `a` and from `b`, at most.
    pub sizes: [u32; 2],
    /// Mean time between packets, ns.
    pub gap: f64,
    pub attack: u32,
}

impl Flow {
    /// A flow of opaque datagrams.
    pub fn opaque(a: Place, b: Place, left: u32, gap: f64) -> Self {
        Self {
            a,
            b,
            left,
            opening: Vec::new(),
            heads: [vec![], vec![]],
            forward: 0.4,
            sizes: [300, 1_200],
            gap,
            attack: NONE,
        }
    }

    /// Sends one packet; says when the next one comes.
    pub fn step(&mut self, world: &mut World) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let (forward, head, fill) = if self.opening.is_empty() {
            let forward = world.rng.chance(self.forward);
            let [a, b] = &self.heads;
            let [most_a, most_b] = self.sizes;
            let most = if forward { most_a } else { most_b };
            let fill = if world.rng.chance(0.5) {
                most
            } else {
                world.rng.range(u64::from(most / 8), most.into()) as u32
            };
            (forward, if forward { a.clone() } else { b.clone() }, fill)
        } else {
            let (forward, head) = self.opening.remove(0);
            (forward, head, 0)
        };
        let (src, dst) = if forward {
            (self.a, self.b)
        } else {
            (self.b, self.a)
        };
        let mut packet = world.packet(
            src,
            dst,
            Body::Udp {
                head,
                fill,
                kind: Kind::Opaque,
            },
        );
        packet.attack = self.attack;
        world.send(world.now, packet);
        Some(world.now + world.rng.exponential(self.gap) as u64 + 10_000)
    }
}
