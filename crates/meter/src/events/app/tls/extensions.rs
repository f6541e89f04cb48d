//! The extensions of hellos that have events of their own in Zeek.

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// The largest number of names that are taken from one extension.
const MAX_NAMES: usize = 16;
/// The largest number of key shares.
const MAX_SHARES: usize = 32;

/// Reads one; none if it is cut short.
pub(super) fn extension(is_client: bool, code: u16, body: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(body);
    let mut shares = [0; 2 * MAX_SHARES];
    let (name, values) = match code {
        0 => return names(Name::SslServerName, is_client, server_name, body, out),
        16 => return names(Name::SslAlpn, is_client, Bytes::vec8, body, out),
        10 => (Name::SslCurves, Arg::Pairs(rest.vec16()?)),
        11 => (Name::SslPointFormats, Arg::Octets(rest.vec8()?)),
        13 => (Name::SslSignatureAlgorithm, Arg::Pairs(rest.vec16()?)),
        43 if is_client => (Name::SslSupportedVersions, Arg::Pairs(rest.vec8()?)),
        43 => (Name::SslSupportedVersions, Arg::Pairs(rest.take(2)?)),
        45 => (Name::SslPskModes, Arg::Octets(rest.vec8()?)),
        51 => {
            let shares = key_shares(is_client, rest, &mut shares)?;
            (Name::SslKeyShare, Arg::Pairs(shares))
        }
        _ => return Some(()),
    };
    out.event(name, Some(is_client), &[Arg::Bool(is_client), values]);
    Some(())
}

/// A list of texts; `item` reads the next one, which is empty if it is of an unknown kind.
fn names<'a>(
    event: Name,
    is_client: bool,
    item: impl Fn(&mut Bytes<'a>) -> Option<&'a [u8]>,
    body: &'a [u8],
    out: &mut Out<'_>,
) -> Option<()> {
    // A server confirms a name by an empty extension.
    let mut list = Bytes(Bytes(body).vec16()?);
    let mut names: [&[u8]; MAX_NAMES] = [&[]; MAX_NAMES];
    let mut len = 0;
    while !list.is_empty() {
        let name = item(&mut list)?;
        if let Some(place) = names.get_mut(len).filter(|_| !name.is_empty()) {
            *place = name;
            len += 1;
        }
    }
    let args = [Arg::Bool(is_client), Arg::Strs(names.get(..len)?)];
    out.event(event, Some(is_client), &args);
    Some(())
}

fn server_name<'a>(list: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let kind = list.u8()?;
    let name = list.vec16()?;
    Some(if kind == 0 { name } else { &[] })
}

/// The groups of the shares; a server sends one, without the list around it, or its group alone if it wants another.
fn key_shares<'s>(
    is_client: bool,
    mut rest: Bytes<'_>,
    shares: &'s mut [u8; 2 * MAX_SHARES],
) -> Option<&'s [u8]> {
    let mut list = if is_client {
        Bytes(rest.vec16()?)
    } else {
        rest
    };
    let mut len = 0;
    while !list.is_empty() {
        let group = list.u16()?;
        if !list.is_empty() {
            list.vec16()?;
        }
        if let Some(place) = shares.get_mut(len..len + 2) {
            place.copy_from_slice(&group.to_be_bytes());
            len += 2;
        }
    }
    shares.get(..len)
}
