//! One direction of a TCP connection put in order: bytes as they came, gaps that acknowledgments reveal, overlaps that
//! contradict each other. What is held is bounded.

/// What putting in order yields.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// Bytes that the peer has and we have not: where in the stream, and how many.
    Gap(u64, u64),
    /// The same place of the stream was sent twice, with different bytes.
    Contradiction {
        /// Bytes as they came first.
        before: &'a [u8],
        /// Bytes as they came later.
        after: &'a [u8],
    },
}

/// Bytes that one direction holds while a hole is open, and pieces of them.
const MAX_HELD: usize = 1 << 20;
const MAX_PIECES: usize = 1024;

/// The state of one direction. Before its first segment it takes whatever comes for its start.
#[derive(Debug, Default)]
pub(super) struct Stream {
    started: bool,
    /// Sequence number of the next byte.
    next: u32,
    /// Bytes handed out or given up so far.
    offset: u64,
    /// Segments above a hole, by their distance from the first byte of the stream, not overlapping.
    held: Vec<(u64, Box<[u8]>)>,
    held_bytes: usize,
    /// Where the stream ends, if a FIN was seen.
    end: Option<u64>,
    /// Too much was held: nothing comes out any more.
    gave_up: bool,
}

impl Stream {
    /// Bytes held now.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether it has given up because too much was held.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// Gives up: what is held is freed.
    pub(super) fn give_up(&mut self) {
        self.gave_up = true;
        self.held = Vec::new();
        self.held_bytes = 0;
    }

    /// The first byte has this sequence number, if none was known.
    pub(super) fn start(&mut self, seq: u32) {
        if !self.started {
            self.started = true;
            self.next = seq;
        }
    }

    /// A SYN with another number after a first one that nothing followed.
    pub(super) fn restart(&mut self, seq: u32) {
        if self.offset == 0 && self.held.is_empty() {
            self.started = true;
            self.next = seq;
        }
    }

    /// Takes a segment. `whole`: all of it was captured; if not, it is a hole.
    #[inline]
    pub(super) fn segment(
        &mut self,
        seq: u32,
        data: &[u8],
        whole: bool,
        out: &mut impl FnMut(Piece<'_>),
    ) {
        self.start(seq);
        if self.gave_up || !whole || data.is_empty() {
            return;
        }
        let ahead = seq.wrapping_sub(self.next) as i32;
        if ahead == 0 && self.held.is_empty() {
            self.advance(data.len());
            out(Piece::Data(data));
            return;
        }
        if ahead > 0 {
            self.hold(self.offset + ahead as u64, data, out);
            return;
        }
        let known = ahead.unsigned_abs() as usize;
        if let Some(news) = data.get(known..).filter(|news| !news.is_empty()) {
            // Overlaps with what is held are told, and held bytes come first.
            let at = self.offset;
            self.hold(at, news, out);
            self.release(out);
        }
    }

    /// A FIN after the byte before this number.
    pub(super) fn finish(&mut self, seq: u32) {
        let ahead = seq.wrapping_sub(self.next) as i32;
        if self.started && ahead >= 0 {
            self.end = Some(self.offset + ahead as u64);
        }
    }

    /// The peer has everything up to this number: holes below are gaps.
    #[inline]
    pub(super) fn acked(&mut self, ack: u32, out: &mut impl FnMut(Piece<'_>)) {
        if !self.started {
            self.start(ack);
            return;
        }
        let ahead = ack.wrapping_sub(self.next) as i32;
        if ahead <= 0 || self.gave_up {
            return;
        }
        let mut limit = self.offset + ahead as u64;
        if let Some(end) = self.end {
            limit = limit.min(end);
        }
        while self.offset < limit {
            let hole_end = self.held.first().map_or(limit, |(at, _)| (*at).min(limit));
            if hole_end > self.offset {
                let (at, len) = (self.offset, hole_end - self.offset);
                self.advance(len as usize);
                out(Piece::Gap(at, len));
            }
            self.release(out);
        }
    }

    fn advance(&mut self, len: usize) {
        self.offset += len as u64;
        self.next = self.next.wrapping_add(len as u32);
    }

    /// Hands out held segments that now come next.
    fn release(&mut self, out: &mut impl FnMut(Piece<'_>)) {
        while self.held.first().is_some_and(|(at, _)| *at <= self.offset) {
            let (at, bytes) = self.held.remove(0);
            self.held_bytes -= bytes.len();
            let skip = (self.offset - at) as usize;
            if let Some(news) = bytes.get(skip..).filter(|news| !news.is_empty()) {
                self.advance(news.len());
                out(Piece::Data(news));
            }
        }
    }

    /// Holds the parts of a segment that are not held yet.
    fn hold(&mut self, at: u64, data: &[u8], out: &mut impl FnMut(Piece<'_>)) {
        let (mut from, end) = (at, at + data.len() as u64);
        let part = |low: u64, high: u64| data.get((low - at) as usize..(high - at) as usize);
        let mut place = self
            .held
            .partition_point(|(start, bytes)| start + bytes.len() as u64 <= at);
        while from < end {
            let next = self.held.get(place).map(|(start, bytes)| (*start, bytes));
            let (hole_end, resume) = match next {
                Some((start, bytes)) if start < end => {
                    let stop = start + bytes.len() as u64;
                    let (low, high) = (start.max(from), stop.min(end));
                    let before = bytes.get((low - start) as usize..(high - start) as usize);
                    if let (Some(before), Some(after)) = (before, part(low, high))
                        && before != after
                    {
                        out(Piece::Contradiction { before, after });
                    }
                    (start, stop)
                }
                _ => (end, end),
            };
            if let Some(news) = part(from, hole_end.max(from)).filter(|news| !news.is_empty()) {
                self.held.insert(place, (from, news.into()));
                self.held_bytes += news.len();
                place += 1;
            }
            place += 1;
            from = resume.max(from);
        }
        if self.held_bytes > MAX_HELD || self.held.len() > MAX_PIECES {
            self.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Got {
        text: Vec<u8>,
        gaps: Vec<(u64, u64)>,
        contradictions: usize,
    }

    impl Got {
        fn take(&mut self, piece: Piece<'_>) {
            match piece {
                Piece::Data(data) => self.text.extend(data),
                Piece::Gap(at, len) => self.gaps.push((at, len)),
                Piece::Contradiction { .. } => self.contradictions += 1,
            }
        }
    }

    #[test]
    fn every_order_and_overlap_of_segments_gives_the_same_stream() {
        let text: Vec<u8> = (0..200u8).collect();
        for seed in 0..400u32 {
            let base = u32::MAX - 77;
            let mut stream = Stream::default();
            stream.start(base);
            let mut got = Got::default();
            let mut state = seed.wrapping_mul(2_654_435_761) | 1;
            let mut random = |limit: usize| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state as usize % limit
            };
            for _ in 0..60 {
                let at = random(text.len());
                let len = 1 + random((text.len() - at).min(40));
                let seq = base.wrapping_add(at as u32);
                stream.segment(seq, &text[at..at + len], true, &mut |p| got.take(p));
                assert_eq!(got.text, text[..got.text.len()], "seed {seed}");
            }
            for at in (0..text.len()).rev() {
                let seq = base.wrapping_add(at as u32);
                stream.segment(seq, &text[at..=at], true, &mut |p| got.take(p));
            }
            assert_eq!(
                (got.text, got.contradictions),
                (text.clone(), 0),
                "seed {seed}"
            );
            assert_eq!(stream.held_bytes(), 0);
        }
    }

    #[test]
    fn an_acknowledged_hole_is_a_gap_and_what_follows_comes_after_it() {
        let mut stream = Stream::default();
        let mut got = Got::default();
        stream.start(100);
        stream.segment(110, b"later", true, &mut |p| got.take(p));
        stream.acked(100, &mut |p| got.take(p));
        assert!(got.gaps.is_empty());
        stream.acked(120, &mut |p| got.take(p));
        assert_eq!(
            (got.gaps, got.text),
            (vec![(0, 10), (15, 5)], b"later".to_vec())
        );
    }

    #[test]
    fn the_number_of_a_fin_is_no_gap() {
        let mut stream = Stream::default();
        let mut got = Got::default();
        stream.segment(100, b"all", true, &mut |p| got.take(p));
        stream.finish(103);
        stream.acked(104, &mut |p| got.take(p));
        assert_eq!(got.gaps, []);
    }

    #[test]
    fn different_bytes_in_one_place_are_told_and_the_first_stay() {
        let mut stream = Stream::default();
        let mut got = Got::default();
        stream.start(0);
        stream.segment(2, b"cd", true, &mut |p| got.take(p));
        stream.segment(1, b"bXde", true, &mut |p| got.take(p));
        stream.segment(0, b"a", true, &mut |p| got.take(p));
        assert_eq!((got.text, got.contradictions), (b"abcde".to_vec(), 1));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut stream = Stream::default();
        stream.start(0);
        for n in 0..10_000u32 {
            stream.segment(1 + n * 1000, &[7; 999], true, &mut |_| {});
            assert!(stream.held_bytes() <= MAX_HELD + 1000);
        }
        assert!(stream.gave_up());
        let mut small = Stream::default();
        small.start(0);
        for n in 0..10_000u32 {
            small.segment(1 + n * 2, b"x", true, &mut |_| {});
        }
        assert!(small.gave_up());
    }
}
