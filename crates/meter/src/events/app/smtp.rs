//! SMTP (RFC 5321): commands, replies line by line, the headers of the mails.

use std::collections::VecDeque;

use super::mime::Mime;
use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, number, word};
use crate::events::names::Name;
use crate::events::out::Out;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Commands,
    /// DATA was sent; its reply decides.
    DataAsked,
    Mail,
    /// Lines of an authentication.
    Auth,
}

/// Commands without reply that are kept in mind, and how much of each.
const MAX_PIPELINED: usize = 256;
const MAX_COMMAND: usize = 32;
/// Longest line of a chunk that is put together.
const MAX_LINE: usize = 8192;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Smtp {
    mode: Mode,
    mime: Mime,
    /// Commands without a reply yet, oldest first.
    asked: VecDeque<Box<[u8]>>,
    /// Bytes of a BDAT chunk that are left, and whether it is the last one of its mail.
    chunk: u64,
    last_chunk: bool,
    /// The line that the last chunk ended in.
    tail: Vec<u8>,
    tls_asked: bool,
}

impl StreamParser for Smtp {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        if is_orig && self.chunk > 0 {
            return self.chunk(data, out);
        }
        let Some((text, used)) = line(data) else {
            return Step::More;
        };
        if is_orig {
            self.client(text, out);
            return Step::Used(used);
        }
        if !text.iter().take(3).all(u8::is_ascii_digit) || text.len() < 3 {
            return Step::Violation("an SMTP reply without a code");
        }
        let code = number(text.get(..3).unwrap_or_default());
        let goes_on = text.get(3) == Some(&b'-');
        let message = text.get(4..).unwrap_or_default();
        let command = if goes_on {
            self.asked.front().cloned()
        } else {
            self.asked.pop_front()
        };
        let command = command.unwrap_or_else(|| (*b">").into());
        let args = [
            Arg::Bool(false),
            Arg::Count(code),
            Arg::Str(&command),
            Arg::Str(message),
            Arg::Bool(goes_on),
        ];
        out.event(Name::SmtpReply, Some(false), &args);
        if goes_on {
            return Step::Used(used);
        }
        match (self.mode, code) {
            (Mode::DataAsked, 354) => {
                self.mode = Mode::Mail;
                self.mime.begin(out);
            }
            (Mode::DataAsked, _) if *command == *b"DATA" => self.mode = Mode::Commands,
            (Mode::Auth, code) if code != 334 => self.mode = Mode::Commands,
            (_, 220) if self.tls_asked && !command.starts_with(b">") => {
                out.event(Name::SmtpStarttls, None, &[]);
                return Step::Switch(used);
            }
            _ => {}
        }
        self.tls_asked = false;
        Step::Used(used)
    }

    fn gap(&mut self, is_orig: bool, len: u64, out: &mut Out<'_>) -> bool {
        if is_orig && self.chunk >= len {
            self.chunk -= len;
            if self.chunk == 0 {
                self.chunk_done(out);
            }
            return true;
        }
        !is_orig || self.mode == Mode::Mail
    }

    fn end(&mut self, is_orig: bool, out: &mut Out<'_>) {
        if is_orig {
            self.mime.end(out);
        }
    }

    fn held_bytes(&self) -> usize {
        self.mime.held_bytes() + self.tail.capacity() + (16 + MAX_COMMAND) * self.asked.capacity()
    }
}

impl Smtp {
    /// Lines of a chunk; one may go on in the next.
    fn chunk(&mut self, data: &[u8], out: &mut Out<'_>) -> Step {
        let left = usize::try_from(self.chunk).unwrap_or(usize::MAX);
        let data = data.get(..left).unwrap_or(data);
        let used = match line(data) {
            Some((text, used)) => {
                self.tail.extend_from_slice(text);
                self.chunk_line(out);
                used
            }
            None if data.len() == left || data.len() > MAX_LINE => {
                self.tail.extend_from_slice(data);
                if self.tail.len() > MAX_LINE {
                    self.chunk_line(out);
                }
                data.len()
            }
            None => return Step::More,
        };
        self.chunk -= used as u64;
        if self.chunk == 0 {
            self.chunk_done(out);
        }
        Step::Used(used)
    }

    fn chunk_line(&mut self, out: &mut Out<'_>) {
        let text = std::mem::take(&mut self.tail);
        let args = [Arg::Bool(true), Arg::Str(&text)];
        out.event(Name::SmtpData, Some(true), &args);
        self.mime.line(&text, out);
    }

    fn chunk_done(&mut self, out: &mut Out<'_>) {
        if std::mem::take(&mut self.last_chunk) {
            if !self.tail.is_empty() {
                self.chunk_line(out);
            }
            self.mime.end(out);
        }
    }

    fn client(&mut self, text: &[u8], out: &mut Out<'_>) {
        if self.mode == Mode::DataAsked && !text.is_empty() {
            // A client that does not wait for the reply.
            self.mode = Mode::Mail;
            self.mime.begin(out);
        }
        if self.mode == Mode::Mail {
            if text == b"." {
                self.mime.end(out);
                self.mode = Mode::Commands;
                self.request(b".", b".", out);
            } else {
                let text = text.strip_prefix(b".").unwrap_or(text);
                out.event(
                    Name::SmtpData,
                    Some(true),
                    &[Arg::Bool(true), Arg::Str(text)],
                );
                self.mime.line(text, out);
            }
            return;
        }
        if self.mode == Mode::Auth {
            self.request(b"**", text, out);
            return;
        }
        let (command, arg) = word(text);
        let command = command.to_ascii_uppercase();
        match command.as_slice() {
            b"DATA" => self.mode = Mode::DataAsked,
            b"AUTH" => self.mode = Mode::Auth,
            b"RSET" => self.mime.end(out),
            b"STARTTLS" | b"X-ANONYMOUSTLS" => self.tls_asked = true,
            _ => {}
        }
        self.request(&command, arg, out);
        if command == b"BDAT" && arg.first().is_some_and(u8::is_ascii_digit) {
            let (size, last) = word(arg);
            self.chunk = number(size);
            self.last_chunk = last.eq_ignore_ascii_case(b"LAST");
            if !self.mime.is_open() {
                self.mime.begin(out);
            }
            if self.chunk == 0 {
                self.chunk_done(out);
            }
        }
    }

    fn request(&mut self, command: &[u8], arg: &[u8], out: &mut Out<'_>) {
        let args = [Arg::Bool(true), Arg::Str(command), Arg::Str(arg)];
        out.event(Name::SmtpRequest, Some(true), &args);
        if self.asked.len() < MAX_PIPELINED {
            let command = command.get(..MAX_COMMAND).unwrap_or(command);
            self.asked.push_back(command.into());
        }
    }
}
