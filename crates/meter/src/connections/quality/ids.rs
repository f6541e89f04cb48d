//! How a sender numbers its IP packets, and what that tells.

/// How a sender numbers its IP packets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    last: Option<u16>,
    steps: u32,
    changed: u32,
    small: u32,
    /// The same for a sender that counts in little-endian order.
    small_swapped: u32,
}

impl Ids {
    pub(super) fn add(&mut self, id: Option<u16>) {
        if let (Some(id), Some(last)) = (id, self.last) {
            self.steps = self.steps.saturating_add(1);
            let step = id.wrapping_sub(last);
            self.changed += u32::from(step != 0);
            self.small += u32::from((1..=64).contains(&step));
            let swapped = id.swap_bytes().wrapping_sub(last.swap_bytes());
            self.small_swapped += u32::from((1..=64).contains(&swapped));
        }
        self.last = id.or(self.last);
    }

    /// Equal ids mean the same packet, also where each packet was captured two or three times.
    pub(super) fn tell_copies(&self) -> bool {
        self.steps >= 2 && self.changed * 3 >= self.steps
    }

    /// All ids so far were the same.
    pub(super) fn are_constant(&self) -> bool {
        self.steps >= 2 && self.changed == 0
    }

    /// Whether an id was given out before another; `None` when ids do not grow with the order of sending.
    pub(super) fn earlier(&self, id: u16, other: u16) -> Option<bool> {
        let most = |small: u32| self.steps >= 8 && small * 10 >= self.steps * 8;
        if most(self.small) {
            Some((id.wrapping_sub(other) as i16) < 0)
        } else if most(self.small_swapped) {
            Some((id.swap_bytes().wrapping_sub(other.swap_bytes()) as i16) < 0)
        } else {
            None
        }
    }
}
