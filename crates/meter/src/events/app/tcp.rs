//! The application side of a TCP connection.

use super::detect::{Guess, guess_stream};
use super::{Protocol, Step, StreamParser, confirm, violate};
use crate::events::out::Out;

/// A side's bytes that wait.
type Waiting = [Vec<u8>; 2];

/// What reads a connection now.
#[derive(Debug, Default)]
enum Reader {
    /// Nothing is known yet.
    #[default]
    Undecided,
    Parser(Protocol, Box<dyn StreamParser>),
    /// Nobody.
    Off,
}

/// Reads a connection: first finds out what is spoken, then reads it.
#[derive(Debug, Default)]
pub(in crate::events) struct App {
    reader: Reader,
    waiting: Waiting,
    /// Sides of which nothing is known by their first bytes, until the reader takes some of them.
    ruled_out: [bool; 2],
    ended: [bool; 2],
    /// Sides of which something is missing, so that what comes later cannot be read.
    lost: [bool; 2],
    /// Who spoke first.
    first: Option<usize>,
}

/// Bytes of a side within which its protocol must show.
const SNIFF: usize = 2048;

impl App {
    /// Bytes that it holds.
    pub(in crate::events) fn held_bytes(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Vec::capacity).sum();
        match &self.reader {
            Reader::Parser(_, parser) => waiting + parser.held_bytes(),
            _ => waiting,
        }
    }

    pub(in crate::events) fn is_off(&self) -> bool {
        matches!(self.reader, Reader::Off)
    }

    pub(in crate::events) fn turn_off(&mut self) {
        self.reader = Reader::Off;
        self.waiting = Waiting::default();
    }

    pub(in crate::events) fn flip(&mut self) {
        self.waiting.swap(0, 1);
        self.ruled_out.swap(0, 1);
        self.ended.swap(0, 1);
        self.lost.swap(0, 1);
        self.first = self.first.map(|side| 1 - side);
    }

    /// The next bytes of a side.
    pub(in crate::events) fn data(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        match &self.reader {
            _ if data.is_empty() || self.lost.get(side) == Some(&true) => {}
            Reader::Off => {}
            Reader::Undecided => self.sniff(side, data, out),
            Reader::Parser(..) => self.feed(side, data, out),
        }
    }

    fn sniff(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        self.first.get_or_insert(side);
        let guess = if waiting.is_empty() {
            guess_stream(side == 0, data, out.ports())
        } else {
            waiting.extend(data);
            guess_stream(side == 0, waiting, out.ports())
        };
        match guess {
            Guess::Is(protocol) => {
                let first = std::mem::take(waiting);
                let mine = if first.is_empty() { data } else { &first };
                let other =
                    std::mem::take(self.waiting.get_mut(1 - side).unwrap_or(&mut Vec::new()));
                self.begin(protocol, out);
                if self.first == Some(side) {
                    self.data(side, mine, out);
                    self.data(1 - side, &other, out);
                } else {
                    self.data(1 - side, &other, out);
                    self.data(side, mine, out);
                }
                return;
            }
            Guess::Not => {
                if let Some(ruled_out) = self.ruled_out.get_mut(side) {
                    *ruled_out = true;
                }
            }
            Guess::More => {}
        }
        if waiting.is_empty() {
            waiting.extend(data);
        }
        if self.ruled_out == [true, true] || self.waiting.iter().any(|held| held.len() > SNIFF) {
            self.turn_off();
        }
    }

    fn begin(&mut self, protocol: Protocol, out: &mut Out<'_>) {
        self.reader = match protocol.stream() {
            Some(parser) => {
                confirm(protocol, out);
                Reader::Parser(protocol, parser)
            }
            None => Reader::Off,
        };
    }

    fn feed(&mut self, side: usize, data: &[u8], out: &mut Out<'_>) {
        let Reader::Parser(protocol, parser) = &mut self.reader else {
            return;
        };
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        let mut held = std::mem::take(waiting);
        let mut input = if held.is_empty() {
            data
        } else {
            held.extend_from_slice(data);
            &held
        };
        let mut violation = None;
        let mut stop = false;
        let mut switched = false;
        while !input.is_empty() {
            match parser.read(side == 0, input, out) {
                Step::Used(used @ 1..) => {
                    input = input.get(used..).unwrap_or_default();
                    if let Some(ruled_out) = self.ruled_out.get_mut(side) {
                        *ruled_out = false;
                    }
                }
                Step::Used(0) | Step::More => break,
                Step::Switch(used) => {
                    input = input.get(used..).unwrap_or_default();
                    switched = true;
                    break;
                }
                Step::Stop => {
                    stop = true;
                    break;
                }
                Step::Violation(reason) => {
                    violation = Some(reason);
                    break;
                }
            }
        }
        if violation.is_none() && !stop && !switched && input.len() > parser.limit() {
            violation = Some("longer than any message");
        }
        if let Some(reason) = violation {
            violate(*protocol, side == 0, reason, out);
        }
        if violation.is_some() && self.ruled_out.get(side) == Some(&true) {
            // What the other side speaks is not broken by one that never spoke it.
            if let Some(lost) = self.lost.get_mut(side) {
                *lost = true;
            }
        } else if violation.is_some() || stop {
            self.turn_off();
        } else if switched {
            let rest = input.to_vec();
            let other = self.waiting.get_mut(1 - side).map(std::mem::take);
            *self = App {
                ended: self.ended,
                lost: self.lost,
                ruled_out: self.lost,
                ..App::default()
            };
            self.data(1 - side, &other.unwrap_or_default(), out);
            if !rest.is_empty() {
                self.data(side, &rest, out);
            }
        } else if !input.is_empty() {
            let rest = input.len();
            if held.is_empty() {
                held = input.to_vec();
            } else {
                held.drain(..held.len() - rest);
            }
            if let Some(waiting) = self.waiting.get_mut(side) {
                *waiting = held;
            }
        }
    }

    /// Bytes of a side are missing. If its reader cannot go on behind them, the other side is still read.
    pub(in crate::events) fn gap(&mut self, side: usize, len: u64, out: &mut Out<'_>) {
        let Some(waiting) = self.waiting.get_mut(side) else {
            return;
        };
        let goes_on = match &mut self.reader {
            // What waited was the begin of something whose end is lost.
            Reader::Parser(_, parser) => {
                parser.gap(side == 0, len, out) && (waiting.is_empty() || parser.finds_back())
            }
            Reader::Undecided => false,
            Reader::Off => return,
        };
        *waiting = Vec::new();
        if goes_on {
            return;
        }
        for sides in [&mut self.lost, &mut self.ruled_out] {
            if let Some(place) = sides.get_mut(side) {
                *place = true;
            }
        }
        let undecided = matches!(self.reader, Reader::Undecided) && self.ruled_out == [true, true];
        if self.lost == [true, true] || undecided {
            self.turn_off();
        }
    }

    /// A side has sent everything.
    pub(in crate::events) fn end(&mut self, side: usize, out: &mut Out<'_>) {
        let Some(ended) = self.ended.get_mut(side) else {
            return;
        };
        if !std::mem::replace(ended, true)
            && let Reader::Parser(_, parser) = &mut self.reader
        {
            parser.end(side == 0, out);
        }
    }
}
