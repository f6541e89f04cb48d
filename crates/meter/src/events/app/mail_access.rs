//! POP3 (RFC 1939) and IMAP (RFC 3501), as far as Zeek has events for them.

use super::{Step, StreamParser};
use crate::events::bytes::{line, word};
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a POP3 connection.
#[derive(Debug, Default)]
pub(super) struct Pop3 {
    tls_asked: bool,
    /// The last command has an answer of several lines.
    wants_lines: bool,
    in_lines: bool,
}

impl StreamParser for Pop3 {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        if is_orig {
            let (command, arg) = word(text);
            let command = command.to_ascii_uppercase();
            self.tls_asked = command == b"STLS";
            self.wants_lines = match command.as_slice() {
                b"RETR" | b"TOP" | b"CAPA" => true,
                b"LIST" | b"UIDL" => arg.is_empty(),
                _ => false,
            };
            let args = [Arg::Bool(true), Arg::Str(&command), Arg::Str(arg)];
            out.event(Name::Pop3Request, Some(true), &args);
        } else if self.in_lines {
            self.in_lines = text != b".";
        } else {
            let (status, message) = word(text);
            let status = status
                .strip_prefix(b"+")
                .or_else(|| status.strip_prefix(b"-"));
            let Some(status) = status else {
                return Step::Violation("not a POP3 reply");
            };
            let args = [Arg::Bool(false), Arg::Str(status), Arg::Str(message)];
            out.event(Name::Pop3Reply, Some(false), &args);
            if status == b"OK" && std::mem::take(&mut self.tls_asked) {
                return Step::Switch(used);
            }
            self.in_lines = status == b"OK" && std::mem::take(&mut self.wants_lines);
        }
        Step::Used(used)
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        !is_orig && self.in_lines
    }
}

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
            out.event(Name::ImapCapabilities, Some(false), &[Arg::Str(arg)]);
        } else if self.tls_tag.as_deref() == Some(tag) && command == b"OK" {
            out.event(Name::ImapStarttls, None, &[]);
            return Step::Switch(used);
        }
        Step::Used(used)
    }
}
