//! The control connection of FTP (RFC 959): commands and every line of the replies.

use std::net::IpAddr;

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
            // The server connects to where the client says.
            let announced = match command.as_slice() {
                b"PORT" => six_numbers(arg),
                b"EPRT" => between_bars(arg),
                _ => None,
            };
            if let Some((address, port)) = announced {
                out.expect(false, address, port);
            }
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
        let announced = match code {
            227 => six_numbers(message),
            229 => between_bars(message),
            _ => None,
        };
        if let Some((address, port)) = announced {
            out.expect(true, address, port);
        }
        if code == 234 && !goes_on && self.asked_tls {
            out.event(Name::FtpStarttls, None, &[]);
            return Step::Switch(used);
        }
        Step::Used(used)
    }
}

/// Address and port as six decimal numbers with commas between them, after whatever other text (RFC 959).
fn six_numbers(text: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let start = text.iter().position(u8::is_ascii_digit)?;
    let mut numbers = text.get(start..)?.split(|byte| *byte == b',');
    let mut bytes = [0_u8; 6];
    for place in &mut bytes {
        let digits = numbers.next()?.trim_ascii();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        let digits = digits.get(..end.unwrap_or(digits.len()))?;
        if digits.is_empty() {
            return None;
        }
        *place = u8::try_from(number(digits)).ok()?;
    }
    let [a, b, c, d, high, low] = bytes;
    Some((
        Some(IpAddr::from([a, b, c, d])),
        u16::from_be_bytes([high, low]),
    ))
}

/// Address and port between bars, or whatever sign stands first: `|1|10.0.0.1|1025|`, `(|||1025|)` (RFC 2428).
fn between_bars(text: &[u8]) -> Option<(Option<IpAddr>, u16)> {
    let start = text
        .iter()
        .position(|byte| *byte == b'(')
        .map_or(0, |at| at + 1);
    let (bar, rest) = text.get(start..)?.split_first()?;
    let mut parts = rest.split(|byte| byte == bar);
    let (_, address, port) = (parts.next()?, parts.next()?, parts.next()?);
    let address = std::str::from_utf8(address).ok()?.parse().ok();
    let port = std::str::from_utf8(port).ok()?.parse().ok()?;
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_four_forms() {
        let v4 = Some(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(six_numbers(b"10,0,0,1,4,1"), Some((v4, 1025)));
        let passive = b"Entering Passive Mode (10,0,0,1,4,1).";
        assert_eq!(six_numbers(passive), Some((v4, 1025)));
        assert_eq!(six_numbers(b"10,0,0,256,4,1"), None);
        assert_eq!(six_numbers(b"10,0,0,1,4"), None);
        assert_eq!(between_bars(b"|1|10.0.0.1|1025|"), Some((v4, 1025)));
        let v6 = "2001:db8::1".parse().ok();
        assert_eq!(between_bars(b"|2|2001:db8::1|1025|"), Some((v6, 1025)));
        let extended = b"Entering Extended Passive Mode (|||1025|)";
        assert_eq!(between_bars(extended), Some((None, 1025)));
        assert_eq!(between_bars(b"|1|10.0.0.1|99999|"), None);
        assert_eq!(between_bars(b""), None);
    }
}
