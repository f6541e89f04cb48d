//! Segments on their way: what they say of their sender, and when they pass the monitor.

use super::{Conn, of_side};
use crate::packet::{Body, Class, Fate, NONE, Options, Segment, flag};
use crate::world::{MS, US, What, World};

/// Bytes of a segment's headers, for the time that the line takes.
const HEADERS: u64 = 66;

impl Conn {
    /// A segment with the sender's present state.
    pub(super) fn segment(&mut self, side: usize, start: u64, flags: u8, now: u64) -> Segment {
        let (mss, sack, shift) = (self.setup.mss, self.setup.sack, self.setup.window_scale);
        let (timestamps, buffer) = (self.setup.timestamps, self.setup.buffer);
        let conn = self.id;
        let peer_isn = self.end(1 - side).isn;
        let end = self.end(side);
        let syn = flags & flag::SYN != 0;
        let scale = if syn { 0 } else { shift.unwrap_or(0) };
        let window = (end.room(buffer) >> scale).min(65_535);
        let mut options = Options::default();
        if syn {
            options.mss = Some(mss);
            options.sack_permitted = sack;
            options.window_scale = shift;
        }
        if timestamps {
            options.timestamps = Some((end.clock.wrapping_add((now / MS) as u32), end.echo));
        }
        if sack && !syn && flags & flag::ACK != 0 {
            let repeated = end.repeated.take().into_iter();
            let blocks = repeated.chain(end.islands.iter().rev().copied());
            for (slot, (left, right)) in options.sack.iter_mut().zip(blocks) {
                let absolute = |offset: u64| peer_isn.wrapping_add(offset as u32);
                *slot = (absolute(left), absolute(right));
                options.sacks += 1;
            }
        }
        if flags & flag::ACK != 0 {
            end.ack_due = 0;
            end.ack_at = None;
        }
        Segment {
            conn,
            side: side as u8,
            flags,
            class: Class::First,
            fate: Fate::Delivered,
            isn: end.isn,
            peer_isn,
            start,
            ack: end.received,
            len: 0,
            message: NONE,
            offset: 0,
            window: window as u16,
            order: end.order,
            keep_alive: false,
            holes: !end.islands.is_empty(),
            options,
        }
    }

    /// Puts a segment on the line; `late`: others overtake it, `twice`: the network copies it.
    pub(super) fn transmit(
        &mut self,
        segment: Segment,
        late: bool,
        twice: bool,
        world: &mut World,
    ) {
        let side = usize::from(segment.side);
        let per_byte = of_side(self.setup.ns_per_byte, side);
        let serial = (u64::from(segment.len) + HEADERS) * per_byte;
        let jitter = world.rng.below(self.setup.jitter + 1);
        let soonest = world.now + of_side(self.setup.legs, side) + jitter;
        let end = self.end(side);
        let time = (end.last_monitor + serial).max(soonest);
        end.last_monitor = time;
        let (from, to) = (self.place(side), self.place(1 - side));
        let mut packet = world.packet(from, to, Body::Tcp(segment));
        packet.attack = self.setup.attack;
        packet.vlan = self.vlan;
        if segment.fate == Fate::LostBefore {
            return;
        }
        let shown = if late {
            time + (u64::from(self.setup.mss) + HEADERS) * per_byte * 2 + serial / 2 + 2 * US
        } else {
            time
        };
        if twice {
            let mut copy = packet.clone();
            copy.body = Body::Tcp(Segment {
                class: Class::Duplicate,
                ..segment
            });
            let index = world.packets.insert(copy);
            let gap = world.rng.range(2 * US, 60 * US);
            self.end(side).last_monitor = shown + gap;
            self.schedule(shown + gap, What::Monitor(index), world);
        }
        let index = world.packets.insert(packet);
        self.schedule(shown, What::Monitor(index), world);
    }

    pub(super) fn acknowledge(&mut self, side: usize, world: &mut World) {
        let start = self.end(side).next;
        let segment = self.segment(side, start, flag::ACK, world.now);
        self.transmit(segment, false, false, world);
    }

    /// Sends a segment without data one below what is expected: keep-alive or window probe.
    pub(super) fn probe(&mut self, side: usize, world: &mut World) {
        let start = self.end(side).next.saturating_sub(1);
        let mut segment = self.segment(side, start, flag::ACK, world.now);
        segment.keep_alive = true;
        self.transmit(segment, false, false, world);
    }

    pub(super) fn reset(&mut self, side: usize, world: &mut World) {
        let start = self.end(side).next;
        let mut segment = self.segment(side, start, flag::RST | flag::ACK, world.now);
        segment.window = 0;
        segment.options = Options::default();
        self.transmit(segment, false, false, world);
        self.over = true;
    }
}
