//! What a side does by time: sends again what is not acknowledged, acknowledges late, reads on after a stall.

use super::{Accept, Conn};
use crate::world::{What, World};

impl Conn {
    /// Does what is due by time on one side.
    pub fn timer(&mut self, side: usize, world: &mut World) {
        let now = world.now;
        let due = |time: Option<u64>| time.is_some_and(|time| time <= now);
        let end = self.end(side);
        if due(end.armed) {
            end.armed = None;
        }
        if self.over {
            return;
        }
        let end = self.end(side);
        if due(end.resume_at) {
            end.resume_at = None;
            end.stalled_at = None;
            self.acknowledge(side, world);
        }
        if due(self.end(side).ack_at) {
            self.acknowledge(side, world);
        }
        if due(self.end(side).resend_at) {
            self.time_out(side, world);
        }
        self.arm(side, world);
    }

    fn time_out(&mut self, side: usize, world: &mut World) {
        let mss = u64::from(self.setup.mss);
        let silent = self.setup.accept == Accept::Silent;
        let patience = if silent { 3 } else { 6 };
        let end = self.end(side);
        end.backoff += 1;
        if end.sent.is_empty() {
            if end.next < end.queued || end.fin_queued && end.fin_start.is_none() {
                self.probe(side, world);
                self.resend_later(side, world.now);
            } else {
                end.resend_at = None;
            }
            return;
        }
        if end.backoff > patience {
            self.over = true;
            return;
        }
        end.shrink(mss);
        end.window = mss;
        end.dup_acks = 0;
        self.launch(side, 0, world);
        self.resend_later(side, world.now);
    }

    /// Lets what is not acknowledged be sent again after a time-out from now.
    pub(super) fn resend_later(&mut self, side: usize, now: u64) {
        let established = self.established;
        let end = self.end(side);
        end.resend_at = Some(now + end.timeout(established));
    }

    /// Sees to it that the earliest of a side's timers comes.
    pub(super) fn arm(&mut self, side: usize, world: &mut World) {
        let end = self.end(side);
        let timers = [end.resend_at, end.ack_at, end.resume_at];
        let Some(due) = timers.into_iter().flatten().min() else {
            return;
        };
        if end
            .armed
            .is_none_or(|armed| armed > due || armed < world.now)
        {
            end.armed = Some(due);
            self.schedule(due, What::Timer(self.id, side as u8), world);
        }
    }
}
