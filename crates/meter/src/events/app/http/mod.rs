//! HTTP/1.x (RFC 9112): pipelining, chunked bodies, HEAD, upgrade, CONNECT. Bodies are counted, never expanded.

mod request;

use std::collections::VecDeque;

use self::request::{Asked, request};
use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, number, word};
use crate::events::names::Name;
use crate::events::out::Out;

/// Header lines of one message.
const MAX_HEADERS: u32 = 4096;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Http {
    sides: [Side; 2],
    asked: VecDeque<Asked>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    FirstLine,
    Headers,
    /// Bytes of the body that are left.
    Body(u64),
    UntilEnd,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailer,
}

/// Type and subtype in lower case.
type ContentType = (Box<[u8]>, Box<[u8]>);

/// Fields of Zeek's `http_message_stat`.
const STAT: &[&str] = &[
    "start",
    "interrupted",
    "finish_msg",
    "body_length",
    "content_gap_length",
    "header_length",
];

#[derive(Debug, Default)]
struct Side {
    place: Place,
    start_ns: i64,
    headers: u32,
    /// Size of the list of all headers.
    list_size: u64,
    header_bytes: u64,
    body_bytes: u64,
    gap_bytes: u64,
    length: Option<u64>,
    chunked: bool,
    content_type: Option<ContentType>,
    upgrade: Option<Box<[u8]>>,
    code: u64,
    asked: Option<Asked>,
}

impl Side {
    fn in_message(&self) -> bool {
        self.place != Place::FirstLine
    }

    fn data(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) {
        self.body_bytes += data.len() as u64;
        let args = [
            Arg::Bool(is_orig),
            Arg::Count(data.len() as u64),
            Arg::Str(data),
        ];
        out.event(Name::HttpEntityData, Some(is_orig), &args);
    }

    fn done(&mut self, is_orig: bool, interrupted: bool, out: &mut Out<'_>) {
        out.event(Name::HttpEndEntity, Some(is_orig), &[Arg::Bool(is_orig)]);
        let stat = [
            Arg::Time(self.start_ns as f64 / 1e9),
            Arg::Bool(interrupted),
            Arg::Str(if interrupted {
                b"message interrupted"
            } else {
                b"message ends normally"
            }),
            Arg::Count(self.body_bytes),
            Arg::Count(self.gap_bytes),
            Arg::Count(self.header_bytes),
        ];
        let args = [Arg::Bool(is_orig), Arg::Record(STAT, &stat)];
        out.event(Name::HttpMessageDone, Some(is_orig), &args);
        *self = Side::default();
    }

    fn header(&mut self, is_orig: bool, text: &[u8], out: &mut Out<'_>) {
        let colon = text.iter().position(|byte| *byte == b':');
        let (name, value) = match colon.and_then(|at| text.split_at_checked(at)) {
            Some((name, value)) => (name, value.get(1..).unwrap_or_default().trim_ascii()),
            None => return,
        };
        self.headers += 1;
        let upper = name.to_ascii_uppercase();
        match upper.as_slice() {
            b"CONTENT-LENGTH" if value.first().is_some_and(u8::is_ascii_digit) => {
                self.length = Some(number(value));
            }
            b"TRANSFER-ENCODING" => self.chunked = value.to_ascii_lowercase().ends_with(b"chunked"),
            b"UPGRADE" => self.upgrade = Some(value.into()),
            b"CONTENT-TYPE" => {
                let kind = value.split(|byte| matches!(byte, b';' | b' ')).next();
                let mut parts = kind.unwrap_or_default().splitn(2, |byte| *byte == b'/');
                let mut part = || parts.next().unwrap_or_default().to_ascii_lowercase().into();
                self.content_type = Some((part(), part()));
            }
            _ => {}
        }
        let args = [
            Arg::Bool(is_orig),
            Arg::Str(name),
            Arg::Str(&upper),
            Arg::Str(value),
        ];
        // In the list of all headers, each is a record of its names and its value.
        self.list_size += 9 + 4 + args.iter().skip(1).map(Arg::size).sum::<u64>();
        out.event(Name::HttpHeader, Some(is_orig), &args);
    }

    /// Raises what the end of the headers means; the place of the body.
    fn body_place(&mut self, is_orig: bool, out: &mut Out<'_>) -> Place {
        let side = Arg::Bool(is_orig);
        let list = Arg::Opaque(self.list_size);
        out.event(Name::HttpAllHeaders, Some(is_orig), &[side, list]);
        let (kind, sub): (&[u8], &[u8]) = match &self.content_type {
            Some((kind, sub)) => (kind, sub),
            None => (b"text", b"plain"),
        };
        let args = [side, Arg::Str(kind), Arg::Str(sub)];
        out.event(Name::HttpContentType, Some(is_orig), &args);
        let bodiless = !is_orig
            && (matches!(self.code, 100..=199 | 204 | 304) || self.asked == Some(Asked::Head));
        if bodiless {
            Place::Body(0)
        } else if self.chunked {
            Place::ChunkSize
        } else if let Some(length) = self.length {
            Place::Body(length)
        } else if is_orig {
            Place::Body(0)
        } else {
            Place::UntilEnd
        }
    }
}

impl StreamParser for Http {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.sides;
        let side = if is_orig { orig } else { resp };
        match side.place {
            Place::FirstLine => {
                let Some((text, used)) = line(data) else {
                    return Step::More;
                };
                if text.is_empty() {
                    return Step::Used(used);
                }
                let asked = &mut self.asked;
                if !is_orig && asked.front() == Some(&Asked::Bare) && !data.starts_with(b"HTTP/") {
                    return Step::Used(data.len());
                }
                let begun = if is_orig {
                    request(text, asked, out)
                } else {
                    reply(text, side, asked, out)
                };
                if !begun {
                    return Step::Violation("not an HTTP first line");
                }
                side.place = Place::Headers;
                side.start_ns = out.time_ns;
                out.event(Name::HttpBeginEntity, Some(is_orig), &[Arg::Bool(is_orig)]);
                if is_orig && asked.back() == Some(&Asked::Bare) {
                    // There are no headers.
                    side.done(is_orig, false, out);
                }
                Step::Used(used)
            }
            Place::Headers | Place::Trailer => headers(side, is_orig, data, out),
            Place::Body(left) => {
                let now = left.min(data.len() as u64);
                side.data(is_orig, data.get(..now as usize).unwrap_or_default(), out);
                side.place = Place::Body(left - now);
                if left == now {
                    side.done(is_orig, false, out);
                }
                Step::Used(now as usize)
            }
            Place::UntilEnd => {
                side.data(is_orig, data, out);
                Step::Used(data.len())
            }
            Place::ChunkSize => {
                let Some((text, used)) = line(data) else {
                    return if data.len() > 1024 {
                        Step::Violation("no chunk size")
                    } else {
                        Step::More
                    };
                };
                match hexadecimal(text) {
                    Some(0) => side.place = Place::Trailer,
                    Some(size) => side.place = Place::Chunk(size),
                    None => return Step::Violation("no chunk size"),
                }
                Step::Used(used)
            }
            Place::Chunk(left) => {
                let now = left.min(data.len() as u64);
                side.data(is_orig, data.get(..now as usize).unwrap_or_default(), out);
                side.place = if left == now {
                    Place::ChunkEnd
                } else {
                    Place::Chunk(left - now)
                };
                Step::Used(now as usize)
            }
            Place::ChunkEnd => {
                let Some((text, used)) = line(data) else {
                    return if data.len() > 2 {
                        Step::Violation("no end of chunk")
                    } else {
                        Step::More
                    };
                };
                if !text.is_empty() {
                    return Step::Violation("no end of chunk");
                }
                side.place = Place::ChunkSize;
                Step::Used(used)
            }
        }
    }

    fn gap(&mut self, is_orig: bool, len: u64, out: &mut Out<'_>) -> bool {
        let [orig, resp] = &mut self.sides;
        let side = if is_orig { orig } else { resp };
        let inside = match &mut side.place {
            Place::Body(left) | Place::Chunk(left) if *left >= len => {
                *left -= len;
                true
            }
            Place::UntilEnd => true,
            _ => false,
        };
        if inside {
            side.gap_bytes += len;
            if side.place == Place::Body(0) {
                side.done(is_orig, false, out);
            } else if side.place == Place::Chunk(0) {
                side.place = Place::ChunkEnd;
            }
        } else if side.in_message() {
            side.done(is_orig, true, out);
        }
        inside
    }

    fn end(&mut self, is_orig: bool, out: &mut Out<'_>) {
        let [orig, resp] = &mut self.sides;
        let side = if is_orig { orig } else { resp };
        if side.in_message() {
            let whole = side.place == Place::UntilEnd;
            side.done(is_orig, !whole, out);
        }
    }
}

fn reply(text: &[u8], side: &mut Side, asked: &mut VecDeque<Asked>, out: &mut Out<'_>) -> bool {
    let Some(rest) = text.strip_prefix(b"HTTP/") else {
        return false;
    };
    let (version, rest) = word(rest);
    let (code, reason) = word(rest);
    if !code.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    side.code = number(code);
    side.asked = if matches!(side.code, 100 | 102..=199) {
        asked.front().copied()
    } else {
        asked.pop_front()
    };
    let args = [Arg::Str(version), Arg::Count(side.code), Arg::Str(reason)];
    out.event(Name::HttpReply, Some(false), &args);
    true
}

/// One header with the lines that continue it, or the end of the headers.
fn headers(side: &mut Side, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
    let Some((text, mut used)) = line(data) else {
        return Step::More;
    };
    let trailer = side.place == Place::Trailer;
    if text.is_empty() {
        side.header_bytes += used as u64;
        if trailer {
            side.done(is_orig, false, out);
            return Step::Used(used);
        }
        side.place = side.body_place(is_orig, out);
        let (code, asked) = (side.code, side.asked);
        if !is_orig && code == 101 && side.upgrade.is_some() {
            let protocol = side.upgrade.take().unwrap_or_default();
            side.done(is_orig, false, out);
            out.event(
                Name::HttpConnectionUpgrade,
                Some(false),
                &[Arg::Str(&protocol)],
            );
            return Step::Stop;
        }
        if !is_orig && asked == Some(Asked::Connect) && matches!(code, 200..=299) {
            side.done(is_orig, false, out);
            return Step::Switch(used);
        }
        if side.place == Place::Body(0) {
            side.done(is_orig, false, out);
        }
        return Step::Used(used);
    }
    let mut folded: Option<Vec<u8>> = None;
    loop {
        match data.get(used) {
            None => return Step::More,
            Some(b' ' | b'\t') => {
                let Some((more, len)) = line(data.get(used..).unwrap_or_default()) else {
                    return Step::More;
                };
                let whole = folded.get_or_insert_with(|| text.to_vec());
                whole.push(b' ');
                whole.extend_from_slice(more.trim_ascii());
                used += len;
            }
            Some(_) => break,
        }
    }
    if side.headers >= MAX_HEADERS {
        return Step::Violation("more header lines than any message has");
    }
    side.header_bytes += used as u64;
    side.header(is_orig, folded.as_deref().unwrap_or(text), out);
    Step::Used(used)
}

/// The size of a chunk; extensions after it are ignored.
fn hexadecimal(text: &[u8]) -> Option<u64> {
    let mut size = 0_u64;
    let mut digits = 0;
    for byte in text.trim_ascii_start() {
        let Some(digit) = char::from(*byte).to_digit(16) else {
            break;
        };
        size = size.checked_mul(16)?.checked_add(u64::from(digit))?;
        digits += 1;
    }
    (digits > 0).then_some(size)
}
