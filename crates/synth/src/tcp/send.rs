//! What a side sends: new sequence space as far as windows allow, and again what is lost.

use super::end::Sent;
use super::{Accept, Conn};
use crate::packet::{Class, Fate, flag};
use crate::rng::Rng;
use crate::world::World;

impl Conn {
    /// Sends what is queued as far as windows allow.
    pub(super) fn try_send(&mut self, side: usize, world: &mut World) {
        let mss = u64::from(self.setup.mss);
        let option_bytes = if self.setup.timestamps { 12 } else { 0 };
        while !self.over && self.end(side).next > 0 {
            let end = self.end(side);
            if end.next >= end.queued {
                if end.fin_queued && end.fin_start.is_none() {
                    end.fin_start = Some(end.next);
                    self.push(side, flag::FIN | flag::ACK, 0, 0, 0, world);
                }
                return;
            }
            let flying = end.next - end.unacked;
            let room = end.peer_limit.saturating_sub(end.next);
            let (allowed, next) = (end.window + u64::from(end.dup_acks) * mss, end.next);
            let Some((message, offset, left)) = self.locate(side, next) else {
                return;
            };
            let len = left.min(mss - option_bytes);
            if flying > 0 && flying + len > allowed {
                return;
            }
            let len = len.min(room);
            if len == 0 {
                let end = self.end(side);
                if end.sent.is_empty() && end.resend_at.is_none() {
                    self.resend_later(side, world.now);
                    self.arm(side, world);
                }
                return;
            }
            let push = if len == left { flag::PSH } else { 0 };
            self.push(side, flag::ACK | push, message, offset, len as u32, world);
        }
    }

    /// The message that stream offset `next` of a side lies in: number, offset within, bytes left.
    fn locate(&mut self, side: usize, next: u64) -> Option<(u32, u64, u64)> {
        let cursor = self.end(side).message as usize;
        for (index, message) in self
            .setup
            .dialog
            .iter()
            .enumerate()
            .take(self.next_message)
            .skip(cursor)
        {
            let start = self.starts.get(index).copied()?;
            if message.from == side && next < start + message.len() {
                let found = (index as u32, next - start, start + message.len() - next);
                self.end(side).message = index as u32;
                return Some(found);
            }
        }
        None
    }

    /// Sends new sequence space, with `len` bytes of a message, and keeps it until it is acknowledged.
    pub(super) fn push(
        &mut self,
        side: usize,
        flags: u8,
        message: u32,
        offset: u64,
        len: u32,
        world: &mut World,
    ) {
        let end = self.end(side);
        let start = end.next;
        end.next += u64::from(len) + u64::from(flags & (flag::SYN | flag::FIN) != 0);
        end.sent.push_back(Sent {
            start,
            end: end.next,
            message,
            offset,
            len,
            flags,
            seen: false,
            delivered: false,
            copies: 0,
            time: world.now,
        });
        let last = end.sent.len() - 1;
        self.launch(side, last, world);
        if self.end(side).resend_at.is_none() {
            self.resend_later(side, world.now);
            self.arm(side, world);
        }
    }

    /// Sends entry `index` of what is not acknowledged, for the first time or again.
    pub(super) fn launch(&mut self, side: usize, index: usize, world: &mut World) {
        let Some(sent) = self.end(side).sent.get(index).copied() else {
            return;
        };
        let class = match (sent.copies, sent.seen, sent.delivered) {
            (0, ..) => Class::First,
            (_, _, true) => Class::Spurious,
            (_, false, _) => Class::Fills,
            (_, true, _) => Class::Repeats,
        };
        let fate = self.fate(&sent, &mut world.rng);
        if let Some(sent) = self.end(side).sent.get_mut(index) {
            sent.copies += 1;
            sent.seen |= fate != Fate::LostBefore;
            sent.delivered |= fate == Fate::Delivered;
            sent.time = world.now;
        }
        let effects = self.setup.effects;
        let whole = sent.len > 0 && class == Class::First && fate == Fate::Delivered;
        let late = whole && world.rng.chance(effects.reordered);
        let twice = whole && !late && world.rng.chance(effects.duplicated);
        self.end(side).order += 1;
        let mut segment = self.segment(side, sent.start, sent.flags, world.now);
        segment.len = sent.len;
        segment.message = sent.message;
        segment.offset = sent.offset;
        segment.class = class;
        segment.fate = fate;
        self.transmit(segment, late, twice, world);
    }

    /// What the network does to a segment: drawn, but a silent host receives nothing.
    fn fate(&self, sent: &Sent, rng: &mut Rng) -> Fate {
        let effects = self.setup.effects;
        let drawn = if sent.flags & flag::SYN != 0 {
            if !rng.chance(effects.syn_lost) {
                Fate::Delivered
            } else if rng.chance(0.5) {
                Fate::LostBefore
            } else {
                Fate::LostAfter
            }
        } else if sent.len == 0 {
            Fate::Delivered
        } else if rng.chance(effects.lost_before) {
            Fate::LostBefore
        } else if rng.chance(effects.lost_after) {
            Fate::LostAfter
        } else {
            Fate::Delivered
        };
        if self.setup.accept == Accept::Silent && drawn == Fate::Delivered {
            return Fate::LostAfter;
        }
        drawn
    }
}
