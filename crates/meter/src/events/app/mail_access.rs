//! POP3 (RFC 1939) and IMAP (RFC 3501), as far as Zeek has events for them.

use super::mime::Mime;
use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, word};
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a POP3 connection.
#[derive(Debug, Default)]
pub(super) struct Pop3 {
    asked: Asked,
    user: Vec<u8>,
    password: Vec<u8>,
    /// An answer of several lines goes on; whether it is a mail.
    lines: Option<bool>,
    mail: Mime,
}

/// What the last command wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Status,
    Tls,
    Login,
    Lines,
    Mail,
}

/// Longest name and password that are kept.
const MAX_LOGIN: usize = 256;

impl StreamParser for Pop3 {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        if is_orig {
            self.command(text, out);
            return Step::Used(used);
        }
        if let Some(is_mail) = self.lines {
            self.line(text, is_mail, out);
            return Step::Used(used);
        }
        let (status, message) = word(text);
        let status = status
            .strip_prefix(b"+")
            .or_else(|| status.strip_prefix(b"-"));
        let Some(status) = status else {
            return Step::Violation("not a POP3 reply");
        };
        let args = [Arg::Bool(false), Arg::Str(status), Arg::Str(message)];
        out.event(Name::Pop3Reply, Some(false), &args);
        let asked = std::mem::take(&mut self.asked);
        if status != b"OK" {
            return Step::Used(used);
        }
        match asked {
            Asked::Tls => {
                out.event(Name::Pop3Starttls, None, &[]);
                return Step::Switch(used);
            }
            Asked::Login => {
                let args = [
                    Arg::Bool(false),
                    Arg::Str(&self.user),
                    Arg::Str(&self.password),
                ];
                out.event(Name::Pop3Login, Some(false), &args);
            }
            Asked::Lines => self.lines = Some(false),
            Asked::Mail => {
                self.lines = Some(true);
                self.mail.begin(out);
            }
            Asked::Status => {}
        }
        Step::Used(used)
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        !is_orig && self.lines.is_some()
    }

    fn end(&mut self, is_orig: bool, out: &mut Out<'_>) {
        if !is_orig {
            self.mail.end(out);
        }
    }

    fn held_bytes(&self) -> usize {
        self.mail.held_bytes()
    }
}

impl Pop3 {
    fn command(&mut self, text: &[u8], out: &mut Out<'_>) {
        let (command, arg) = word(text);
        let command = command.to_ascii_uppercase();
        let kept = || arg.get(..MAX_LOGIN).unwrap_or(arg).to_vec();
        self.asked = match command.as_slice() {
            b"STLS" => Asked::Tls,
            b"RETR" | b"TOP" => Asked::Mail,
            b"CAPA" => Asked::Lines,
            // AUTH alone asks for the methods that there are.
            b"LIST" | b"UIDL" | b"AUTH" if arg.is_empty() => Asked::Lines,
            b"USER" => {
                self.user = kept();
                Asked::Status
            }
            b"PASS" => {
                self.password = kept();
                Asked::Login
            }
            _ => Asked::Status,
        };
        let args = [Arg::Bool(true), Arg::Str(&command), Arg::Str(arg)];
        out.event(Name::Pop3Request, Some(true), &args);
    }

    /// A line of an answer of several.
    fn line(&mut self, text: &[u8], is_mail: bool, out: &mut Out<'_>) {
        if text == b"." {
            self.lines = None;
            self.mail.end(out);
            return;
        }
        let text = text.strip_prefix(b".").unwrap_or(text);
        let args = [Arg::Bool(false), Arg::Str(text)];
        out.event(Name::Pop3Data, Some(false), &args);
        if is_mail {
            self.mail.line(text, out);
        }
    }
}

/// Capabilities that are told.
const MAX_CAPABILITIES: usize = 64;

/// Both sides of an IMAP connection.
#[derive(Debug, Default)]
pub(super) struct Imap {
    tls_tag: Option<Vec<u8>>,
}

impl StreamParser for Imap {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        let (tag, rest) = word(text);
        let (command, arg) = word(rest);
        if is_orig {
            if command.eq_ignore_ascii_case(b"STARTTLS") && tag.len() < 64 {
                self.tls_tag = Some(tag.to_vec());
            }
        } else if tag == b"*" && command.eq_ignore_ascii_case(b"CAPABILITY") {
            let mut words = [&b""[..]; MAX_CAPABILITIES];
            let mut len = 0;
            let all = arg
                .split(|byte| *byte == b' ')
                .filter(|word| !word.is_empty());
            for (place, word) in words.iter_mut().zip(all) {
                *place = word;
                len += 1;
            }
            let words = Arg::Strs(words.get(..len).unwrap_or_default());
            out.event(Name::ImapCapabilities, Some(false), &[words]);
        } else if self.tls_tag.as_deref() == Some(tag) && command == b"OK" {
            out.event(Name::ImapStarttls, None, &[]);
            return Step::Switch(used);
        }
        Step::Used(used)
    }
}
