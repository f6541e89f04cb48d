//! Zeek's history string: letters for what happened, upper case for the originator.

/// The letters so far; short ones are kept in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    seen: u32,
    len: u8,
    short: [u8; 15],
    /// One word instead of three: long histories are rare.
    #[allow(clippy::box_collection)]
    long: Option<Box<Vec<u8>>>,
}

/// What is noted once for each side.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    Syn = 0x1,
    Fin = 0x2,
    Rst = 0x4,
    FinRst = 0x8,
    Data = 0x10,
    Ack = 0x20,
    MultiFlag = 0x40,
    Retransmission = 0x100,
}

impl History {
    /// Letters past this are not kept.
    const MAX: usize = 4096;

    /// Adds `letter` (upper case) of one side when it is the first of its kind; true when it is not.
    pub(super) fn check(&mut self, mark: Mark, letter: u8, is_orig: bool) -> bool {
        let bit = mark as u32;
        let bit = if is_orig { bit } else { bit << 16 };
        if self.seen & bit != 0 {
            return true;
        }
        self.seen |= bit;
        self.add(letter, is_orig);
        false
    }

    /// Adds `letter` (upper case) of one side.
    pub(super) fn add(&mut self, letter: u8, is_orig: bool) {
        self.push(if is_orig {
            letter
        } else {
            letter.to_ascii_lowercase()
        });
    }

    /// Notes that the sides change places.
    pub(super) fn flip(&mut self) {
        self.push(b'^');
    }

    fn push(&mut self, letter: u8) {
        if let Some(long) = &mut self.long {
            if long.len() < Self::MAX {
                long.push(letter);
            }
        } else if let Some(place) = self.short.get_mut(usize::from(self.len)) {
            *place = letter;
            self.len += 1;
        } else {
            let mut long = self.short.to_vec();
            long.push(letter);
            self.long = Some(Box::new(long));
        }
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        // All of them are ASCII.
        std::str::from_utf8(self.letters()).unwrap_or_default()
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.letters().is_empty()
    }

    pub(super) fn letters(&self) -> &[u8] {
        match &self.long {
            Some(long) => long,
            None => self.short.get(..usize::from(self.len)).unwrap_or_default(),
        }
    }

    /// A SYN of the originator and later its RST, without signs of a connection between them (Zeek's
    /// `^\^?S[^HAFGIQ]*R`).
    pub(super) fn syn_then_rst(&self) -> bool {
        let letters = self.letters();
        let letters = letters.strip_prefix(b"^").unwrap_or(letters);
        let Some(rest) = letters.strip_prefix(b"S") else {
            return false;
        };
        let end = rest
            .iter()
            .position(|letter| b"HAFGIQ".contains(letter))
            .unwrap_or(rest.len());
        rest.get(..end).is_some_and(|quiet| quiet.contains(&b'R'))
    }
}

/// An event that is noted at its 1st, 10th, 100th ... time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scaled(u32);

impl Scaled {
    /// Counts one; true when it is to be noted.
    pub(super) fn count(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        matches!(
            self.0,
            1 | 10 | 100 | 1_000 | 10_000 | 100_000 | 1_000_000 | 10_000_000 | 100_000_000
        )
    }

    pub(super) fn total(self) -> u64 {
        u64::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_for_each_side_and_long_ones_spill() {
        let mut history = History::default();
        assert!(!history.check(Mark::Data, b'D', true));
        assert!(history.check(Mark::Data, b'D', true));
        assert!(!history.check(Mark::Data, b'D', false));
        for _ in 0..20 {
            history.add(b'R', false);
        }
        assert_eq!(history.letters(), [b"Dd".as_slice(), &[b'r'; 20]].concat());
    }

    #[test]
    fn syn_then_rst_needs_quiet_between() {
        let with = |letters: &str| {
            let mut history = History::default();
            letters.bytes().for_each(|letter| history.push(letter));
            history.syn_then_rst()
        };
        assert!(with("SR") && with("^SR") && with("SDaR"));
        assert!(!with("S") && !with("R") && !with("SAR") && !with("HSR"));
    }

    #[test]
    fn scaled_by_ten() {
        let mut scaled = Scaled::default();
        let noted: Vec<u32> = (1..=1000).filter(|_| scaled.count()).collect();
        assert_eq!(noted, [1, 10, 100, 1000]);
    }
}
