//! SIP (RFC 3261): a message per datagram, or one after the other in a stream.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{line, number, word};
use crate::events::names::Name;
use crate::events::out::Out;

/// Longest head of a message.
const MAX_HEAD: usize = 1 << 16;

/// Both sides of a stream.
#[derive(Debug, Default)]
pub(super) struct Sip {
    /// Bytes of a body that are left, per side.
    body: [u64; 2],
}

impl StreamParser for Sip {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.body;
        let body = if is_orig { orig } else { resp };
        if *body > 0 {
            let now = (*body).min(data.len() as u64);
            *body -= now;
            return Step::Used(now as usize);
        }
        if data.starts_with(b"\r\n") {
            return Step::Used(2);
        }
        let end = data.windows(4).position(|window| window == b"\r\n\r\n");
        let Some(head) = end.and_then(|at| data.get(..at + 4)) else {
            return Step::More;
        };
        match read(is_orig, head, out) {
            Ok(length) => {
                *body = length;
                Step::Used(head.len())
            }
            Err(reason) => Step::Violation(reason),
        }
    }

    fn gap(&mut self, is_orig: bool, len: u64, _out: &mut Out<'_>) -> bool {
        let [orig, resp] = &mut self.body;
        let body = if is_orig { orig } else { resp };
        let inside = *body >= len;
        *body = body.saturating_sub(len);
        inside
    }

    fn limit(&self) -> usize {
        MAX_HEAD
    }
}

/// Whether a datagram begins like a message.
pub(super) fn is_message(data: &[u8]) -> bool {
    let Some((first, _)) = line(data) else {
        return false;
    };
    first.starts_with(b"SIP/2.0 ") || first.ends_with(b" SIP/2.0")
}

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    // What keeps a binding alive.
    if data
        .iter()
        .all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0))
    {
        return Ok(());
    }
    read(is_orig, data, out).map(|_| ())
}

/// Reads a head; how long its body is said to be.
fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<u64, &'static str> {
    let (first, used) = match line(data) {
        Some((first, used)) if is_message(data) => (first, used),
        _ => return Err("not a SIP message"),
    };
    if let Some(rest) = first.strip_prefix(b"SIP/") {
        let (version, rest) = word(rest);
        let (code, reason) = word(rest);
        let args = [
            Arg::Str(version),
            Arg::Count(number(code)),
            Arg::Str(reason),
        ];
        out.event(Name::SipReply, Some(is_orig), &args);
    } else {
        let (method, rest) = word(first);
        let (uri, version) = word(rest);
        let version = version.strip_prefix(b"SIP/").unwrap_or(version);
        let args = [Arg::Str(method), Arg::Str(uri), Arg::Str(version)];
        out.event(Name::SipRequest, Some(is_orig), &args);
    }
    let side = Arg::Bool(is_orig);
    let mut rest = data.get(used..).unwrap_or_default();
    let (mut length, mut size) = (0, 0);
    while let Some((text, used)) = line(rest) {
        rest = rest.get(used..).unwrap_or_default();
        if text.is_empty() {
            break;
        }
        if let Some(colon) = text.iter().position(|byte| *byte == b':') {
            let (name, value) = text.split_at_checked(colon).unwrap_or_default();
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let name = name.trim_ascii().to_ascii_uppercase();
            if matches!(name.as_slice(), b"CONTENT-LENGTH" | b"L") {
                length = number(value);
            }
            let args = [side, Arg::Str(&name), Arg::Str(value)];
            // In the list of all headers each is a record of its two names and its value.
            size += args.iter().skip(1).map(Arg::size).sum::<u64>() + 13;
            out.event(Name::SipHeader, Some(is_orig), &args);
        }
    }
    out.event(
        Name::SipAllHeaders,
        Some(is_orig),
        &[side, Arg::Opaque(size)],
    );
    out.event(Name::SipBeginEntity, Some(is_orig), &[side]);
    out.event(Name::SipEndEntity, Some(is_orig), &[side]);
    Ok(length)
}
