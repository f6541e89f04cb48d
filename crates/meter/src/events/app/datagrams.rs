//! Protocols over UDP of which a header says all: syslog, RADIUS, QUIC's long headers.

use crate::events::bytes::{Bytes, number};
use crate::events::event::Arg;
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

/// RADIUS (RFC 2865): attributes that fill the length.
pub(super) fn radius(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let mut rest = Bytes(data);
    let mut read = || {
        let (code, id, len) = (rest.u8()?, rest.u8()?, rest.u16()?);
        let authenticator = rest.take(16)?;
        let attributes = rest.take(usize::from(len).checked_sub(20)?)?;
        let mut left = Bytes(attributes);
        while !left.is_empty() {
            left.u8()?;
            let len = left.u8()?;
            left.take(usize::from(len).checked_sub(2)?)?;
        }
        Some((code, id, authenticator, attributes))
    };
    let (code, id, authenticator, attributes) = read().ok_or("not a RADIUS message")?;
    let args = [
        Arg::Count(code.into()),
        Arg::Count(id.into()),
        Arg::Str(authenticator),
        Arg::Str(attributes),
    ];
    out.event(Name::RadiusMessage, Some(is_orig), &args);
    Ok(())
}

/// Versions of QUIC whose long headers are known: 1, 2, and the last drafts.
pub(super) fn is_quic(data: &[u8]) -> bool {
    matches!(data, [first, a, b, c, d, len, ..] if first & 0xc0 == 0xc0 && *len <= 20
        && matches!(u32::from_be_bytes([*a, *b, *c, *d]), 1 | 0x6b33_43cf | 0xff00_001d..=0xff00_0022))
}

/// QUIC (RFC 9000, RFC 9369): long headers tell of the handshake; what comes in short ones is not read.
pub(super) fn quic(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    if !is_quic(data) {
        return Ok(());
    }
    let mut rest = Bytes(data);
    let mut read = || {
        let (first, version) = (rest.u8()?, rest.u32()?);
        Some((first >> 4 & 3, version, rest.vec8()?, rest.vec8()?))
    };
    let (kind, version, destination, source) = read().ok_or("a QUIC header cut short")?;
    // Version 2 has other numbers for the same types.
    let kind = if version == 0x6b33_43cf {
        (kind + 3) % 4
    } else {
        kind
    };
    let name = match kind {
        0 => Name::QuicInitial,
        2 => Name::QuicHandshake,
        3 => Name::QuicRetry,
        _ => return Ok(()),
    };
    let args = [
        Arg::Bool(is_orig),
        Arg::Count(version.into()),
        Arg::Str(destination),
        Arg::Str(source),
    ];
    out.event(name, Some(is_orig), &args);
    Ok(())
}
