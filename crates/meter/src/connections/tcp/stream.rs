//! How much of a byte stream has come in order, and which holes acknowledgments reveal (Zeek's content gaps).

/// The reassembly of one direction, without its bytes. Offsets are relative: the first byte is 1.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Everything below was delivered or given up.
    delivered: u64,
    /// Everything below was acknowledged.
    trimmed: u64,
    /// What came above a hole, in order, not touching.
    /// One word instead of three: most streams never have any.
    #[allow(clippy::box_collection)]
    above: Option<Box<Vec<(u64, u64)>>>,
    skips: bool,
    pub(super) did_eof: bool,
}

/// Bytes above a hole that are kept while nothing is acknowledged.
const MAX_ABOVE_HOLE: u64 = 16_384;
/// Bytes that a side sends before the first acknowledgment of any: with more, the other side is not seen.
const INITIAL_WINDOW: u64 = 16_384;
/// Unacknowledged bytes that are kept.
const MAX_UNACKED: u64 = 10 << 20;
/// Pieces above a hole that are kept.
const MAX_PIECES: usize = 4096;

impl Default for Stream {
    fn default() -> Self {
        Self {
            delivered: 1,
            trimmed: 1,
            above: None,
            skips: false,
            did_eof: false,
        }
    }
}

impl Stream {
    pub(super) fn skips(&self) -> bool {
        self.skips
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether data waits for a hole to be filled or for an acknowledgment.
    pub(super) fn holds_data(&self) -> bool {
        !self.skips && (self.delivered > self.trimmed || !self.above().is_empty())
    }

    fn above(&self) -> &[(u64, u64)] {
        self.above.as_ref().map_or(&[], |pieces| pieces)
    }

    fn drop_first(&mut self) {
        if let Some(pieces) = &mut self.above {
            pieces.remove(0);
        }
    }

    fn top(&self) -> u64 {
        self.above().last().map_or(self.delivered, |piece| piece.1)
    }

    /// Payload at an offset. `unacked`: nothing of this side was acknowledged; `size`: bytes it has sent so far.
    pub(super) fn data(&mut self, seq: u64, len: u64, unacked: bool, size: u64) {
        if self.skips {
            return;
        }
        let upper = seq.saturating_add(len);
        let lower = seq.max(self.trimmed).max(if self.trimmed > self.delivered {
            0
        } else {
            self.delivered
        });
        if lower < upper {
            self.insert(lower, upper);
            if self.deliver() && unacked && size > INITIAL_WINDOW {
                self.trim(self.delivered, false, &mut |_| {});
            }
        }
        let excessive = self.top().saturating_sub(self.trimmed) > MAX_UNACKED
            || self.above().len() > MAX_PIECES;
        if unacked && self.top() - self.delivered > MAX_ABOVE_HOLE || excessive {
            self.above = None;
            self.skips = true;
        }
    }

    /// An acknowledgment up to an offset; `gap` is called with the length of each hole that it reveals.
    /// False when it brings nothing new.
    pub(super) fn acked(&mut self, seq: u64, partial: bool, gap: &mut impl FnMut(u64)) -> bool {
        if seq <= self.trimmed {
            return false;
        }
        self.trim(seq, partial, gap);
        true
    }

    fn trim(&mut self, seq: u64, partial: bool, gap: &mut impl FnMut(u64)) {
        // The first acknowledgment of a connection joined midway tells of data from before.
        if seq > self.delivered && !(seq <= 2 && partial) {
            if !self.skips {
                while let Some((lower, upper)) = self.above().first().copied() {
                    if lower >= seq {
                        break;
                    }
                    if lower > self.delivered {
                        gap(lower - self.delivered);
                    }
                    self.delivered = self.delivered.max(upper);
                    self.drop_first();
                }
                if seq > self.delivered {
                    gap(seq - self.delivered);
                }
            }
            self.delivered = self.delivered.max(seq);
        }
        while self.above().first().is_some_and(|piece| piece.1 <= seq) {
            self.drop_first();
        }
        self.trimmed = self.trimmed.max(seq);
        self.deliver();
    }

    /// Moves on over what now comes in order; true when it did.
    fn deliver(&mut self) -> bool {
        let before = self.delivered;
        while let Some((lower, upper)) = self.above().first().copied() {
            if lower > self.delivered {
                break;
            }
            self.delivered = self.delivered.max(upper);
            self.drop_first();
        }
        self.delivered > before
    }

    fn insert(&mut self, mut lower: u64, mut upper: u64) {
        let from = self.above().partition_point(|piece| piece.1 < lower);
        let to = self.above().partition_point(|piece| piece.0 <= upper);
        if let Some(touched) = self.above().get(from..to) {
            for piece in touched {
                lower = lower.min(piece.0);
                upper = upper.max(piece.1);
            }
            self.above
                .get_or_insert_default()
                .splice(from..to, [(lower, upper)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acked(stream: &mut Stream, seq: u64) -> Vec<u64> {
        let mut gaps = vec![];
        stream.acked(seq, false, &mut |len| gaps.push(len));
        gaps
    }

    #[test]
    fn in_order_data_leaves_no_gap() {
        let mut stream = Stream::default();
        stream.data(1, 100, false, 100);
        stream.data(101, 100, false, 200);
        assert_eq!((stream.delivered(), acked(&mut stream, 201)), (201, vec![]));
        assert!(!stream.holds_data());
    }

    #[test]
    fn a_hole_is_a_gap_when_it_is_acknowledged_and_none_when_it_is_filled() {
        let mut lost = Stream::default();
        lost.data(101, 100, false, 200);
        lost.data(301, 100, false, 400);
        assert_eq!(acked(&mut lost, 401), [100, 100]);
        let mut filled = Stream::default();
        filled.data(101, 100, false, 200);
        filled.data(1, 100, false, 200);
        assert_eq!((filled.delivered(), acked(&mut filled, 201)), (201, vec![]));
    }

    #[test]
    fn overlaps_count_once() {
        let mut stream = Stream::default();
        stream.data(50, 100, false, 150);
        stream.data(40, 300, false, 340);
        stream.data(1, 60, false, 340);
        assert_eq!(stream.delivered(), 340);
    }
}
