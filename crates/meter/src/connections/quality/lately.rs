//! Packets without payload that came lately, so that copies of them are known again. Where packets are captured at two
//! places, the copies of several come after all of them.

use super::flow::Seen;
use crate::hash::hash;

const KEPT: usize = 4;

/// The last of them, each by its fields in one number and its time.
#[derive(Debug, Default)]
pub(super) struct Lately {
    packets: [(u64, i64); KEPT],
    next: usize,
}

/// All fields in one number, with what it acknowledges selectively.
fn print(seen: &Seen, sacked: u64) -> u64 {
    let numbers = u128::from(seen.seq) | u128::from(seen.ack) << 32;
    let rest = u128::from(seen.window) << 64
        | u128::from(seen.flags) << 80
        | u128::from(seen.id.unwrap_or(0)) << 96;
    let (value, echo) = seen.stamp.unwrap_or_default();
    hash(
        numbers | rest,
        u128::from(value) | u128::from(echo) << 32,
        sacked,
        0,
    )
}

impl Lately {
    /// When the same packet came; it is kept in mind where none did.
    pub(super) fn came_at(&mut self, seen: &Seen, sacked: u64) -> Option<i64> {
        let print = print(seen, sacked);
        if let Some((_, time)) = self.packets.iter().find(|(known, _)| *known == print) {
            return Some(*time);
        }
        if let Some(place) = self.packets.get_mut(self.next) {
            *place = (print, seen.time_ns);
        }
        self.next = (self.next + 1) % KEPT;
        None
    }
}
