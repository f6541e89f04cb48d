//! IRC (RFC 2812): the messages that Zeek has events for; the others by their command.

use std::net::Ipv4Addr;

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, number, word};
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
        let (second, last) = word(after);
        let mut raise = |name: Name, args: &[Arg<'_>]| out.event(name, Some(is_orig), args);
        let by = Arg::Str(prefix);
        let nick = Arg::Str(
            prefix
                .split(|byte| *byte == b'!')
                .next()
                .unwrap_or_default(),
        );
        match command.to_ascii_uppercase().as_slice() {
            b"" => {}
            b"PRIVMSG" => match direct(after) {
                Some([kind, argument, address, port, size]) => {
                    let args = [
                        side,
                        by,
                        Arg::Str(first),
                        Arg::Str(kind),
                        Arg::Str(argument),
                        Arg::Addr(Ipv4Addr::from(number(address) as u32).into()),
                        Arg::Count(number(port)),
                        Arg::Count(number(size)),
                    ];
                    raise(Name::IrcDcc, &args);
                }
                None => raise(
                    Name::IrcPrivmsg,
                    &[side, by, Arg::Str(first), trailing(after)],
                ),
            },
            b"NOTICE" => raise(
                Name::IrcNotice,
                &[side, by, Arg::Str(first), trailing(after)],
            ),
            b"JOIN" => {
                let channels = params.strip_prefix(b":").unwrap_or(params);
                let channels = word(channels).0.split(|byte| *byte == b',');
                let fields: Vec<[Arg<'_>; 2]> = channels
                    .take(MAX_CHANNELS)
                    .map(|channel| [nick, Arg::Str(channel)])
                    .collect();
                let joins: Vec<Arg<'_>> = fields
                    .iter()
                    .map(|fields| Arg::Record(&["nick", "channel"], fields))
                    .collect();
                raise(Name::IrcJoin, &[side, Arg::List(&joins)]);
            }
            b"PART" => raise(
                Name::IrcPart,
                &[side, nick, Arg::Strs(&[first]), trailing(after)],
            ),
            b"QUIT" => raise(Name::IrcQuit, &[side, nick, trailing(params)]),
            b"NICK" => raise(Name::IrcNick, &[side, nick, trailing(params)]),
            b"USER" => {
                let (server, real) = word(last);
                let args = [
                    side,
                    Arg::Str(first),
                    Arg::Str(second),
                    Arg::Str(server),
                    trailing(real),
                ];
                raise(Name::IrcUser, &args);
            }
            b"PASS" => raise(Name::IrcPassword, &[side, trailing(params)]),
            b"MODE" => raise(Name::IrcMode, &[side, by, Arg::Str(params)]),
            b"KICK" => {
                let args = [side, by, Arg::Str(first), Arg::Str(second), trailing(last)];
                raise(Name::IrcKick, &args);
            }
            b"ERROR" => raise(Name::IrcError, &[side, by, trailing(params)]),
            b"INVITE" => raise(
                Name::IrcInvite,
                &[side, by, Arg::Str(first), trailing(after)],
            ),
            other => {
                let name = if is_orig {
                    Name::IrcRequest
                } else {
                    Name::IrcMessage
                };
                raise(name, &[side, by, Arg::Str(other), Arg::Str(params)]);
            }
        }
        Step::Used(used)
    }

    fn limit(&self) -> usize {
        4096
    }
}

/// Channels of one JOIN that are told.
const MAX_CHANNELS: usize = 64;

/// What a client sends directly: `DCC`, kind, argument, address, port and size.
fn direct(text: &[u8]) -> Option<[&[u8]; 5]> {
    let text = text.strip_prefix(b":").unwrap_or(text);
    let text = text.strip_prefix(b"\x01DCC ")?;
    let text = text.strip_suffix(b"\x01").unwrap_or(text);
    let (kind, rest) = word(text);
    let (argument, rest) = word(rest);
    let (address, rest) = word(rest);
    let (port, rest) = word(rest);
    Some([kind, argument, address, port, word(rest).0])
}
