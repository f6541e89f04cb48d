//! Protocols over UDP with a message in each datagram, and no more to say of it: syslog, RADIUS.

use crate::events::arg::Arg;
use crate::events::bytes::{Bytes, number};
use crate::events::names::Name;
use crate::events::out::Out;

/// Syslog (RFC 3164, RFC 5424): the priority and the text.
pub(super) fn syslog(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let (priority, text) = priority(data).ok_or("a syslog message without priority")?;
    let args = [
        Arg::Count(priority >> 3),
        Arg::Count(priority & 7),
        Arg::Str(text),
    ];
    out.event(Name::SyslogMessage, Some(is_orig), &args);
    Ok(())
}

/// The priority in angle brackets and what follows it.
pub(super) fn priority(data: &[u8]) -> Option<(u64, &[u8])> {
    let rest = data.strip_prefix(b"<")?;
    let end = rest.iter().take(4).position(|byte| *byte == b'>')?;
    let digits = rest.get(..end)?;
    let fits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && number(digits) <= 191;
    fits.then_some((number(digits), rest.get(end + 1..)?))
}

/// Fields of Zeek's `RADIUS::Message`.
const MESSAGE: &[&str] = &["code", "trans_id", "authenticator", "attributes"];
/// Attributes of one message that are told.
const MAX_ATTRIBUTES: usize = 64;

/// RADIUS (RFC 2865): attributes that fill the length, each an event, and then the message with all of them.
pub(super) fn radius(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let mut rest = Bytes(data);
    let mut attributes = [(0, &b""[..]); MAX_ATTRIBUTES];
    let mut len = 0;
    let mut read = || {
        let (code, id, total) = (rest.u8()?, rest.u8()?, rest.u16()?);
        let authenticator = rest.take(16)?;
        let mut left = Bytes(rest.take(usize::from(total).checked_sub(20)?)?);
        while !left.is_empty() {
            let (kind, size) = (left.u8()?, left.u8()?);
            let value = left.take(usize::from(size).checked_sub(2)?)?;
            if let Some(place) = attributes.get_mut(len) {
                *place = (kind, value);
                len += 1;
            }
        }
        Some((code, id, authenticator))
    };
    let (code, id, authenticator) = read().ok_or("not a RADIUS message")?;
    let attributes = attributes.get(..len).unwrap_or_default();
    let mut values = [&b""[..]; MAX_ATTRIBUTES];
    for ((kind, value), place) in attributes.iter().zip(&mut values) {
        let args = [Arg::Count((*kind).into()), Arg::Str(value)];
        out.event(Name::RadiusAttribute, Some(is_orig), &args);
        *place = value;
    }
    let fields = [
        Arg::Count(code.into()),
        Arg::Count(id.into()),
        Arg::Str(authenticator),
        Arg::Strs(values.get(..len).unwrap_or_default()),
    ];
    let args = [Arg::Record(MESSAGE, &fields)];
    out.event(Name::RadiusMessage, Some(is_orig), &args);
    Ok(())
}
