//! The control connection of FTP (RFC 959): commands and every line of the replies.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, number, word};
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a control connection.
#[derive(Debug, Default)]
pub(super) struct Ftp {
    /// The code of a reply of several lines that goes on.
    pending: u64,
    asked_tls: bool,
}

impl StreamParser for Ftp {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        if is_orig {
            let (command, arg) = word(text);
            if command.is_empty() {
                return Step::Used(used);
            }
            let command = command.to_ascii_uppercase();
            self.asked_tls = command == b"AUTH";
            out.event(
                Name::FtpRequest,
                Some(true),
                &[Arg::Str(&command), Arg::Str(arg)],
            );
            return Step::Used(used);
        }
        self.reply(text, used, out)
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        if !is_orig {
            self.pending = 0;
        }
        true
    }

    fn limit(&self) -> usize {
        8192
    }
}

impl Ftp {
    fn reply(&mut self, text: &[u8], used: usize, out: &mut Out<'_>) -> Step {
        let coded = text.len() >= 3 && text.iter().take(3).all(u8::is_ascii_digit);
        let mut code = if coded {
            number(text.get(..3).unwrap_or_default())
        } else {
            0
        };
        let dash = text.get(3) == Some(&b'-');
        let mut message = text;
        if self.pending > 0 {
            if code == self.pending && !dash {
                self.pending = 0;
                message = text.get(4..).unwrap_or_default();
            } else {
                code = 0;
            }
        } else if !coded {
            return Step::Violation("an FTP reply without a code");
        } else {
            message = text.get(4..).unwrap_or_default();
            if dash {
                self.pending = code;
            }
        }
        let goes_on = self.pending > 0;
        let args = [Arg::Count(code), Arg::Str(message), Arg::Bool(goes_on)];
        out.event(Name::FtpReply, Some(false), &args);
        if code == 234 && !goes_on && self.asked_tls {
            out.event(Name::FtpStarttls, None, &[]);
            return Step::Switch(used);
        }
        Step::Used(used)
    }
}
