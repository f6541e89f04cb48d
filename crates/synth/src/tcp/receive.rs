//! What a segment does at its receiver.

use super::{Accept, Conn};
use crate::packet::{Segment, flag};
use crate::world::{MS, World};

const DELAYED_ACK: u64 = 40 * MS;

impl Conn {
    /// Takes a segment in at its receiver.
    pub fn arrive(&mut self, segment: &Segment, world: &mut World) {
        if self.over {
            return;
        }
        let side = 1 - usize::from(segment.side);
        if segment.flags & flag::RST != 0 {
            self.over = true;
            return;
        }
        if let Some((value, _)) = segment.options.timestamps
            && segment.start <= self.end(side).received
        {
            self.end(side).echo = value;
        }
        if segment.flags & flag::SYN != 0 {
            self.synchronize(side, segment, world);
            return;
        }
        if side == 1 && !self.established {
            self.established = true;
            let mut sent = self.end(1).sent.iter();
            if sent.any(|sent| sent.flags & flag::SYN != 0) {
                self.acknowledged(1, segment, world);
            }
            if let Some(first) = self.setup.dialog.first()
                && first.from == 1
            {
                self.app_in(first.think, world);
            }
        } else {
            self.acknowledged(side, segment, world);
        }
        if segment.len > 0 || segment.flags & flag::FIN != 0 {
            self.data(side, segment, world);
        } else if segment.start < self.end(side).received {
            self.acknowledge(side, world);
        }
        self.try_send(side, world);
        self.arm(side, world);
    }

    fn synchronize(&mut self, side: usize, segment: &Segment, world: &mut World) {
        let buffer = self.setup.buffer;
        self.end(side).peer_limit = 1 + buffer.min(65_535);
        let first = self.end(side).received == 0;
        if side == 1 {
            if self.setup.accept == Accept::Refuse {
                self.end(1).received = 1;
                self.reset(1, world);
            } else if first {
                self.end(1).received = 1;
                self.push(1, flag::SYN | flag::ACK, 0, 0, 0, world);
            } else {
                self.launch(1, 0, world);
            }
            return;
        }
        self.end(0).received = 1;
        self.acknowledged(0, segment, world);
        self.acknowledge(0, world);
        if !first {
            return;
        }
        self.end(0).backoff = 0;
        match self.setup.dialog.first() {
            Some(message) if message.from == 0 => self.app_in(message.think, world),
            Some(_) => {}
            None => self.app_in(0, world),
        }
        self.end(0).unacked = 1;
        for end in &mut self.ends {
            end.queued = 1;
        }
    }

    /// Takes what a segment acknowledges and the room that it tells.
    fn acknowledged(&mut self, side: usize, segment: &Segment, world: &mut World) {
        if segment.flags & flag::ACK == 0 {
            return;
        }
        let mss = u64::from(self.setup.mss);
        let most = self.setup.buffer * 4;
        let shift = if segment.flags & flag::SYN != 0 {
            0
        } else {
            self.setup.window_scale.unwrap_or(0)
        };
        let end = self.end(side);
        let limit = segment.ack + (u64::from(segment.window) << shift);
        end.peer_limit = end.peer_limit.max(limit);
        if segment.ack > end.unacked {
            let gained = segment.ack - end.unacked;
            end.forget(segment.ack, world.now);
            if end.recovering && segment.ack < end.recover {
                self.launch(side, 0, world);
            } else {
                end.grow(gained, mss, most);
            }
            if self.end(side).sent.is_empty() {
                self.end(side).resend_at = None;
            } else {
                self.resend_later(side, world.now);
            }
        } else if segment.holes
            && segment.len == 0
            && let Some(oldest) = end.sent.front()
        {
            end.dup_acks += 1;
            if end.dup_acks == 3 && !end.recovering && oldest.flags & flag::SYN == 0 {
                end.shrink(mss);
                self.launch(side, 0, world);
                self.resend_later(side, world.now);
            }
        }
    }

    /// Takes payload in, in order or not.
    fn data(&mut self, side: usize, segment: &Segment, world: &mut World) {
        let stall = self.setup.stall;
        let end = self.end(side);
        let start = segment.start;
        let fin = segment.flags & flag::FIN != 0;
        let stop = start + u64::from(segment.len) + u64::from(fin);
        if fin {
            end.peer_fin = Some(stop);
        }
        if end.holds(start, stop) {
            end.repeated = Some((start, stop));
            self.acknowledge(side, world);
            return;
        }
        if start > end.received {
            end.add_island(start, stop);
            self.acknowledge(side, world);
            return;
        }
        let filled = !end.islands.is_empty();
        end.advance(stop);
        end.ack_due += 1;
        let received = end.received;
        if let Some((who, at, time)) = stall
            && who == side
            && received > at
        {
            end.stalled_at = Some(received);
            end.resume_at = Some(world.now + time);
            self.setup.stall = None;
            self.truth.zero_window_episodes += 1;
        }
        self.heard(side, received, world);
        let end = self.end(side);
        let closed = end.peer_fin.is_some_and(|fin| received >= fin);
        if closed && !end.fin_queued {
            end.fin_queued = true;
            self.try_send(side, world);
        }
        let end = self.end(side);
        if end.ack_due >= 2 || end.ack_due > 0 && (filled || closed) {
            self.acknowledge(side, world);
        } else if end.ack_due > 0 {
            end.ack_at = Some(world.now + DELAYED_ACK);
        }
    }
}
