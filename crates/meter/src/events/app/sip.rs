//! SIP (RFC 3261), a message per datagram.

use crate::events::bytes::{line, number, word};
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Whether a datagram begins like a message.
pub(super) fn is_message(data: &[u8]) -> bool {
    let Some((first, _)) = line(data) else {
        return false;
    };
    first.starts_with(b"SIP/2.0 ") || first.ends_with(b" SIP/2.0")
}

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let (first, used) = match line(data) {
        Some((first, used)) if is_message(data) => (first, used),
        // What keeps a binding alive.
        _ if data.trim_ascii().is_empty() => return Ok(()),
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
    let mut rest = data.get(used..).unwrap_or_default();
    while let Some((text, used)) = line(rest) {
        if text.is_empty() {
            break;
        }
        rest = rest.get(used..).unwrap_or_default();
        if let Some(colon) = text.iter().position(|byte| *byte == b':') {
            let (name, value) = text.split_at_checked(colon).unwrap_or_default();
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let name = name.to_ascii_uppercase();
            let args = [Arg::Bool(is_orig), Arg::Str(&name), Arg::Str(value)];
            out.event(Name::SipHeader, Some(is_orig), &args);
        }
    }
    out.event(Name::SipEndEntity, Some(is_orig), &[Arg::Bool(is_orig)]);
    Ok(())
}
