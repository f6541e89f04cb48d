//! IRC (RFC 2812): the messages that Zeek has events for; the others by their command.

use super::{Step, StreamParser};
use crate::events::bytes::{line, number, word};
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Irc;

impl StreamParser for Irc {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        let (prefix, rest) = match text.strip_prefix(b":") {
            Some(text) => word(text),
            None => (&b""[..], text),
        };
        let (command, params) = word(rest);
        let is_letter = command.iter().all(u8::is_ascii_alphabetic);
        let is_code = command.len() == 3 && command.iter().all(u8::is_ascii_digit);
        if !command.is_empty() && !is_letter && !is_code {
            return Step::Violation("not an IRC message");
        }
        let side = Arg::Bool(is_orig);
        let (first, after) = word(params);
        let trailing = |text| Arg::Str(<[u8]>::strip_prefix(text, b":").unwrap_or(text));
        if is_code {
            let args = [
                side,
                Arg::Str(prefix),
                Arg::Count(number(command)),
                Arg::Str(params),
            ];
            out.event(Name::IrcReply, Some(is_orig), &args);
            return Step::Used(used);
        }
        match command.to_ascii_uppercase().as_slice() {
            b"" => {}
            b"PRIVMSG" => {
                let args = [side, Arg::Str(prefix), Arg::Str(first), trailing(after)];
                out.event(Name::IrcPrivmsg, Some(is_orig), &args);
            }
            b"JOIN" => out.event(Name::IrcJoin, Some(is_orig), &[side, trailing(params)]),
            b"NICK" => {
                let args = [side, Arg::Str(prefix), trailing(params)];
                out.event(Name::IrcNick, Some(is_orig), &args);
            }
            b"USER" => out.event(Name::IrcUser, Some(is_orig), &[side, Arg::Str(first)]),
            other => {
                let args = [side, Arg::Str(other), Arg::Str(params)];
                out.event(Name::IrcMessage, Some(is_orig), &args);
            }
        }
        Step::Used(used)
    }

    fn limit(&self) -> usize {
        4096
    }
}
