//! Records with several fields, as Zeek's records.

use super::MAX_TEXTS;
use super::names::{MAX_NAME, lower_case, read_name};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;

pub(super) const SOA: &[&str] = &[
    "mname", "rname", "serial", "refresh", "retry", "expire", "minimum",
];
pub(super) const SVCB: &[&str] = &["svc_priority", "target_name"];
pub(super) const DS: &[&str] = &["key_tag", "algorithm", "digest_type", "digest_val"];
pub(super) const RRSIG: &[&str] = &[
    "type_covered",
    "algorithm",
    "labels",
    "orig_ttl",
    "sig_exp",
    "sig_incep",
    "key_tag",
    "signer_name",
    "signature",
];
pub(super) const DNSKEY: &[&str] = &["flags", "protocol", "algorithm", "public_key"];
pub(super) const NSEC3: &[&str] = &[
    "nsec_flags",
    "nsec_hash_algo",
    "nsec_iter",
    "nsec_salt_len",
    "nsec_salt",
    "nsec_hlen",
    "nsec_hash",
    "bitmaps",
];

fn count(n: impl Into<u64>) -> Arg<'static> {
    Arg::Count(n.into())
}

fn seconds(n: u32) -> Arg<'static> {
    Arg::Time(f64::from(n))
}

/// Start of authority (RFC 1035).
pub(super) fn soa<'n>(
    whole: &[u8],
    rest: &mut Bytes<'_>,
    first: &'n mut [u8; MAX_NAME],
    second: &'n mut [u8; MAX_NAME],
) -> Option<[Arg<'n>; 7]> {
    let mut name = [0; MAX_NAME];
    let mname = lower_case(read_at(whole, rest, &mut name)?, first);
    let mut name = [0; MAX_NAME];
    let rname = lower_case(read_at(whole, rest, &mut name)?, second);
    Some([
        Arg::Str(mname),
        Arg::Str(rname),
        count(rest.u32()?),
        seconds(rest.u32()?),
        seconds(rest.u32()?),
        seconds(rest.u32()?),
        seconds(rest.u32()?),
    ])
}

/// Reads a name from a record whose bytes live shorter than the message.
fn read_at<'n>(
    whole: &[u8],
    rest: &mut Bytes<'_>,
    name: &'n mut [u8; MAX_NAME],
) -> Option<&'n [u8]> {
    let mut own = Bytes(rest.0);
    let read = read_name(whole, &mut own, name)?;
    rest.take(rest.0.len() - own.0.len())?;
    Some(read)
}

/// Texts with their lengths before them.
pub(super) fn texts<'a, 't>(
    mut rest: Bytes<'a>,
    texts: &'t mut [&'a [u8]; MAX_TEXTS],
) -> Option<&'t [&'a [u8]]> {
    let mut len = 0;
    while !rest.is_empty() {
        let text = rest.vec8()?;
        if let Some(place) = texts.get_mut(len) {
            *place = text;
            len += 1;
        }
    }
    texts.get(..len)
}

/// Delegation signer (RFC 4034).
pub(super) fn ds(mut rest: Bytes<'_>) -> Option<[Arg<'_>; 4]> {
    let (tag, algorithm, digest) = (rest.u16()?, rest.u8()?, rest.u8()?);
    Some([
        count(tag),
        count(algorithm),
        count(digest),
        Arg::Str(rest.0),
    ])
}

/// Signature (RFC 4034).
pub(super) fn rrsig<'a: 'n, 'n>(
    whole: &[u8],
    mut rest: Bytes<'a>,
    name: &'n mut [u8; MAX_NAME],
) -> Option<[Arg<'n>; 9]> {
    let (covered, algorithm, labels) = (rest.u16()?, rest.u8()?, rest.u8()?);
    let (ttl, expiration, inception) = (rest.u32()?, rest.u32()?, rest.u32()?);
    let tag = rest.u16()?;
    let signer = read_at(whole, &mut rest, name)?;
    Some([
        count(covered),
        count(algorithm),
        count(labels),
        seconds(ttl),
        seconds(expiration),
        seconds(inception),
        count(tag),
        Arg::Str(signer),
        Arg::Str(rest.0),
    ])
}

/// Key (RFC 4034).
pub(super) fn dnskey(mut rest: Bytes<'_>) -> Option<[Arg<'_>; 4]> {
    let (flags, protocol, algorithm) = (rest.u16()?, rest.u8()?, rest.u8()?);
    Some([
        count(flags),
        count(protocol),
        count(algorithm),
        Arg::Str(rest.0),
    ])
}

/// Denial of existence by hashes (RFC 5155).
pub(super) fn nsec3(mut rest: Bytes<'_>) -> Option<[Arg<'_>; 8]> {
    let (algorithm, flags, iterations) = (rest.u8()?, rest.u8()?, rest.u16()?);
    let salt = rest.vec8()?;
    let hash = rest.vec8()?;
    Some([
        count(flags),
        count(algorithm),
        count(iterations),
        count(salt.len() as u64),
        Arg::Str(salt),
        count(hash.len() as u64),
        Arg::Str(hash),
        Arg::Str(rest.0),
    ])
}
