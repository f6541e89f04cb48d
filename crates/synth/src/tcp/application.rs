//! The application at both ends: the next message of the dialog, then the close.

use super::Conn;
use crate::dialog::Close;
use crate::world::{What, World};

impl Conn {
    pub(super) fn app_in(&mut self, think: u64, world: &mut World) {
        if !self.app_scheduled {
            self.app_scheduled = true;
            self.schedule(world.now + think, What::App(self.id), world);
        }
    }

    /// Hands the next message of the dialog to its sender, or closes.
    pub fn app(&mut self, world: &mut World) {
        self.app_scheduled = false;
        if self.over {
            return;
        }
        let Some(message) = self.setup.dialog.get(self.next_message) else {
            return self.shut(world);
        };
        let (side, len, keep_alive) = (message.from, message.len(), message.keep_alive);
        let start = self.end(side).queued;
        self.starts.push(start);
        self.end(side).queued = start + len;
        self.next_message += 1;
        if keep_alive {
            self.probe(side, world);
        }
        let close = self.setup.close;
        match self.setup.dialog.get(self.next_message) {
            Some(next) if next.from == side => self.app_in(next.think, world),
            None if close.side() == Some(side) => self.app_in(close.after(), world),
            _ => self.wait = Some((1 - side, start + len)),
        }
        self.try_send(side, world);
        self.arm(side, world);
    }

    /// Goes on with the dialog once the side that waits for a message has received it.
    pub(super) fn heard(&mut self, side: usize, received: u64, world: &mut World) {
        if let Some((who, until)) = self.wait
            && who == side
            && received >= until
        {
            self.wait = None;
            let next = self.setup.dialog.get(self.next_message);
            let think = next.map_or(self.setup.close.after(), |next| next.think);
            self.app_in(think, world);
        }
    }

    fn shut(&mut self, world: &mut World) {
        match self.setup.close {
            Close::Leave => {}
            Close::Reset { side, .. } => self.reset(side, world),
            Close::Finish { side, .. } => {
                self.end(side).fin_queued = true;
                self.try_send(side, world);
                self.arm(side, world);
            }
        }
    }
}
