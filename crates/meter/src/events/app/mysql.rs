//! The client/server protocol of MySQL: greeting, login, commands and how they end.

use super::{Step, StreamParser};
use crate::events::bytes::Bytes;
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Mysql {
    greeted: bool,
    logged_in: bool,
    /// A reply of one packet is expected: what comes later belongs to a result.
    awaited: bool,
    skip: [usize; 2],
}

/// Bytes of a packet that are looked at.
const HEAD: usize = 1 << 14;

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
        if !is_orig {
            self.server(body, out);
            return Step::Used(used);
        }
        if !self.greeted {
            return Step::Violation("a MySQL client that speaks first");
        }
        if !self.logged_in {
            self.logged_in = true;
            let capabilities = body.first_chunk().map_or(0, |low| u16::from_le_bytes(*low));
            if capabilities & 0x800 != 0 && len == 32 {
                return Step::Switch(used);
            }
            let start = if capabilities & 0x200 != 0 { 32 } else { 5 };
            let name = body.get(start..).unwrap_or_default();
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            out.event(Name::MysqlHandshake, Some(true), &[Arg::Str(name)]);
            self.awaited = true;
        } else if sequence == 0
            && let Some((command, arg)) = body.split_first()
        {
            let args = [Arg::Count((*command).into()), Arg::Str(arg)];
            out.event(Name::MysqlCommandRequest, Some(true), &args);
            self.awaited = true;
        }
        Step::Used(used)
    }

    fn limit(&self) -> usize {
        HEAD + 8
    }
}

impl Mysql {
    fn server(&mut self, body: &[u8], out: &mut Out<'_>) {
        if !self.greeted {
            self.greeted = true;
            if let Some((9 | 10, rest)) = body.split_first() {
                let version = rest.split(|byte| *byte == 0).next().unwrap_or_default();
                out.event(Name::MysqlServerVersion, Some(false), &[Arg::Str(version)]);
                return;
            }
        }
        match body.split_first() {
            Some((0, rest)) if self.awaited => {
                let rows = rest.first().copied().unwrap_or_default();
                out.event(Name::MysqlOk, Some(false), &[Arg::Count(rows.into())]);
                self.awaited = false;
            }
            Some((0xff, rest)) => {
                let code = rest
                    .first_chunk()
                    .map_or(0, |code| u16::from_le_bytes(*code));
                let text = rest.get(2..).unwrap_or_default();
                let args = [Arg::Count(code.into()), Arg::Str(text)];
                out.event(Name::MysqlError, Some(false), &args);
                self.awaited = false;
            }
            // More of a login: a switch of its method.
            Some((0xfe | 1, _)) if self.awaited => {}
            _ => self.awaited = false,
        }
    }
}
