//! Receive windows: closed, full, largest.

/// The window that one side offers, and how the other side uses it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    closed_since: Option<i64>,
    full_since: Option<i64>,
    /// First offset past the window.
    edge: Option<i64>,
    pub(super) zero_windows: u64,
    zero_ns: i64,
    pub(super) fulls: u64,
    full_ns: i64,
    pub(super) max: u32,
}

impl Window {
    /// The side announces a window (shifted, when the shift is known) that starts at offset `ack` of the other's data.
    pub(super) fn offered(&mut self, raw: u16, shift: Option<u8>, ack: i64, top: i64, now: i64) {
        if raw == 0 {
            if self.closed_since.is_none() {
                self.closed_since = Some(now);
                self.zero_windows += 1;
            }
        } else if let Some(since) = self.closed_since.take() {
            self.zero_ns += (now - since).max(0);
        }
        let Some(shift) = shift else { return };
        let size = u32::from(raw) << shift;
        self.max = self.max.max(size);
        let edge = ack + i64::from(size);
        self.edge = Some(self.edge.map_or(edge, |before| before.max(edge)));
        if edge > top
            && let Some(since) = self.full_since.take()
        {
            self.full_ns += (now - since).max(0);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed_since.is_some()
    }

    /// The other side has sent up to `top`.
    pub(super) fn used(&mut self, top: i64, now: i64) {
        if self.edge.is_some_and(|edge| top >= edge)
            && self.full_since.is_none()
            && !self.is_closed()
        {
            self.full_since = Some(now);
            self.fulls += 1;
        }
    }

    /// Time closed, up to `end`.
    pub(super) fn zero_ns(&self, end: i64) -> i64 {
        self.zero_ns + self.closed_since.map_or(0, |since| (end - since).max(0))
    }

    /// Time full, up to `end`.
    pub(super) fn full_ns(&self, end: i64) -> i64 {
        self.full_ns + self.full_since.map_or(0, |since| (end - since).max(0))
    }
}
