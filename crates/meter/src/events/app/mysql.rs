//! The client/server protocol of MySQL: greeting, login, commands and what the server answers.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Mysql {
    place: Place,
    answer: Answer,
    /// What the client can, as it says at login.
    capabilities: u32,
    /// Bytes of a large packet that are left, per side.
    skip: [usize; 2],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Greeting,
    Login,
    /// From the login to its end.
    Authentication,
    Commands,
}

/// What the server is to send next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    /// Nothing that is known.
    #[default]
    Any,
    Status,
    /// A status, or how many columns a result has.
    Result,
    Columns(u64),
    /// The mark between columns and rows.
    ColumnsEnd,
    Rows,
}

/// Bytes of a packet that are looked at.
const HEAD: usize = 1 << 14;
/// Columns of a row that are told.
const MAX_COLUMNS: usize = 64;
/// The command that begins another login.
const CHANGE_USER: u8 = 17;
/// Capabilities of a client.
const COMPRESS: u32 = 0x20 | 1 << 26;
const PROTOCOL_41: u32 = 0x200;
const TLS: u32 = 0x800;
const NO_EOF: u32 = 1 << 24;
/// State of a server: another result follows.
const MORE_RESULTS: u16 = 8;

impl StreamParser for Mysql {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.skip;
        let skip = if is_orig { orig } else { resp };
        if *skip > 0 {
            let now = (*skip).min(data.len());
            *skip -= now;
            return Step::Used(now);
        }
        let mut rest = Bytes(data);
        let Some([a, b, c, sequence]) = rest.take(4).and_then(|head| head.first_chunk().copied())
        else {
            return Step::More;
        };
        let len = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        let Some(body) = rest.take(len.min(HEAD)) else {
            return Step::More;
        };
        *skip = len - body.len();
        let used = 4 + body.len();
        if is_orig {
            self.client(body, len, sequence, used, out)
        } else {
            self.server(body, len, used, out)
        }
    }

    fn gap(&mut self, is_orig: bool, len: u64, _out: &mut Out<'_>) -> bool {
        let [orig, resp] = &mut self.skip;
        let skip = if is_orig { orig } else { resp };
        let inside = *skip as u64 >= len;
        if inside {
            *skip -= len as usize;
        }
        inside
    }

    fn limit(&self) -> usize {
        HEAD + 8
    }
}

impl Mysql {
    fn client(
        &mut self,
        body: &[u8],
        len: usize,
        sequence: u8,
        used: usize,
        out: &mut Out<'_>,
    ) -> Step {
        match self.place {
            Place::Greeting => return Step::Violation("a MySQL client that speaks first"),
            Place::Login => {
                self.login(body, out);
                if self.capabilities & TLS != 0 && len == 32 {
                    out.event(Name::MysqlSslRequest, Some(true), &[]);
                    return Step::Switch(used);
                }
                self.place = Place::Authentication;
            }
            Place::Authentication => {}
            // What else a client sends belongs to a command: a file, more of a login.
            Place::Commands if sequence == 0 => {
                if let Some((command, arg)) = body.split_first() {
                    self.answer = match command {
                        3 | 10 | 23 => Answer::Result,
                        28 => Answer::Rows,
                        1 | 4 | 9 | 18 | 22 | 24 | 25 => Answer::Any,
                        _ => Answer::Status,
                    };
                    if *command == CHANGE_USER {
                        self.place = Place::Authentication;
                    }
                    let args = [Arg::Count((*command).into()), Arg::Str(arg)];
                    out.event(Name::MysqlCommandRequest, Some(true), &args);
                }
            }
            Place::Commands => {}
        }
        Step::Used(used)
    }

    fn login(&mut self, body: &[u8], out: &mut Out<'_>) {
        let low = body.first_chunk::<2>().copied().unwrap_or_default();
        self.capabilities = u32::from(u16::from_le_bytes(low));
        let mut start = 5;
        if self.capabilities & PROTOCOL_41 != 0 {
            let all = body.first_chunk::<4>().copied().unwrap_or_default();
            self.capabilities = u32::from_le_bytes(all);
            start = 32;
        }
        if self.capabilities & TLS == 0 || body.len() > 32 {
            let name = body.get(start..).unwrap_or_default();
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            out.event(Name::MysqlHandshake, Some(true), &[Arg::Str(name)]);
        }
    }

    fn server(&mut self, body: &[u8], len: usize, used: usize, out: &mut Out<'_>) -> Step {
        let Some((first, rest)) = body.split_first() else {
            return Step::Used(used);
        };
        match self.place {
            Place::Greeting => match *first {
                9 | 10 => {
                    let version = rest.split(|byte| *byte == 0).next().unwrap_or_default();
                    out.event(Name::MysqlServerVersion, Some(false), &[Arg::Str(version)]);
                    self.place = Place::Login;
                }
                // A server that refuses whoever comes.
                0xff => error(rest, out),
                _ => return Step::Violation("not a MySQL greeting"),
            },
            Place::Login => {
                if *first == 0xff {
                    error(rest, out);
                }
            }
            Place::Authentication => match *first {
                0 => {
                    ok(rest, out);
                    self.place = Place::Commands;
                    if self.capabilities & COMPRESS != 0 {
                        return Step::Stop;
                    }
                }
                0xff => error(rest, out),
                // More of a login: a switch of its method.
                _ => {}
            },
            Place::Commands => self.answer(*first, rest, len, out),
        }
        Step::Used(used)
    }

    fn answer(&mut self, first: u8, rest: &[u8], len: usize, out: &mut Out<'_>) {
        let ends = first == 0xfe && len < 9;
        let no_eof = self.capabilities & NO_EOF != 0;
        self.answer = match (self.answer, first) {
            (Answer::Any, 0xff) | (Answer::Status | Answer::Result | Answer::Rows, 0xff) => {
                error(rest, out);
                Answer::Any
            }
            (Answer::Any, _) => Answer::Any,
            (Answer::Status | Answer::Result, 0) => {
                let more = ok(rest, out) & MORE_RESULTS != 0;
                if more { Answer::Result } else { Answer::Any }
            }
            (Answer::Status, _) if ends => {
                end(false, out);
                Answer::Any
            }
            (Answer::Status, _) => Answer::Any,
            // A file of the client is asked for.
            (Answer::Result, 0xfb) => Answer::Status,
            (Answer::Result, small) => {
                let mut number = Bytes(rest);
                let columns = match small {
                    0xfc => little_endian(number.take(2)),
                    0xfd => little_endian(number.take(3)),
                    _ => small.into(),
                };
                Answer::Columns(columns)
            }
            (Answer::Columns(0 | 1), _) if no_eof => Answer::Rows,
            (Answer::Columns(0 | 1), _) => Answer::ColumnsEnd,
            (Answer::Columns(left), _) => Answer::Columns(left - 1),
            (Answer::ColumnsEnd, _) => {
                end(true, out);
                Answer::Rows
            }
            (Answer::Rows, 0xfe) if ends || no_eof => {
                let state = if no_eof {
                    ok(rest, out)
                } else {
                    end(false, out);
                    little_endian(rest.get(2..4)) as u16
                };
                if state & MORE_RESULTS != 0 {
                    Answer::Result
                } else {
                    Answer::Any
                }
            }
            (Answer::Rows, _) => {
                row(first, rest, out);
                Answer::Rows
            }
        };
    }
}

fn little_endian(bytes: Option<&[u8]>) -> u64 {
    let bytes = bytes.unwrap_or_default().iter().rev();
    bytes.fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A number of 1, 3, 4 or 9 bytes; none for what stands for no value.
fn packed(rest: &mut Bytes<'_>) -> Option<Option<u64>> {
    Some(match rest.u8()? {
        0xfb => None,
        0xfc => Some(little_endian(Some(rest.take(2)?))),
        0xfd => Some(little_endian(Some(rest.take(3)?))),
        0xfe => Some(little_endian(Some(rest.take(8)?))),
        small => Some(small.into()),
    })
}

/// A success; the state of the server in it.
fn ok(rest: &[u8], out: &mut Out<'_>) -> u16 {
    let mut rest = Bytes(rest);
    let rows = packed(&mut rest).flatten().unwrap_or_default();
    let _ = packed(&mut rest);
    out.event(Name::MysqlOk, Some(false), &[Arg::Count(rows)]);
    little_endian(rest.take(2)) as u16
}

fn error(rest: &[u8], out: &mut Out<'_>) {
    let code = little_endian(rest.get(..2));
    let text = rest.get(2..).unwrap_or_default();
    let args = [Arg::Count(code), Arg::Str(text)];
    out.event(Name::MysqlError, Some(false), &args);
}

fn end(is_intermediate: bool, out: &mut Out<'_>) {
    let args = [Arg::Bool(is_intermediate)];
    out.event(Name::MysqlEof, Some(false), &args);
}

/// A row of texts; one of a prepared statement is told as it is.
fn row(first: u8, rest: &[u8], out: &mut Out<'_>) {
    let mut columns = [&b""[..]; MAX_COLUMNS];
    let mut len = 0;
    if first == 0 {
        columns = [rest; MAX_COLUMNS];
        len = 1;
    } else {
        // The first byte belongs to the length of the first column.
        let head = [first];
        let mut rest = Bytes(rest);
        let mut size = match first {
            0xfb => Some(None),
            0xfc => rest.take(2).map(|bytes| Some(little_endian(Some(bytes)))),
            0xfd => rest.take(3).map(|bytes| Some(little_endian(Some(bytes)))),
            0xfe => rest.take(8).map(|bytes| Some(little_endian(Some(bytes)))),
            _ => packed(&mut Bytes(&head)),
        };
        while let Some(length) = size {
            let length = length.unwrap_or_default();
            let Some(text) = usize::try_from(length).ok().and_then(|len| rest.take(len)) else {
                break;
            };
            let Some(place) = columns.get_mut(len) else {
                break;
            };
            *place = text;
            len += 1;
            size = packed(&mut rest);
        }
    }
    let columns = columns.get(..len).unwrap_or_default();
    out.event(Name::MysqlResultRow, Some(false), &[Arg::Strs(columns)]);
}
