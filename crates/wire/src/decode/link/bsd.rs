//! Link headers that name the network protocol by a BSD address family: NULL, LOOP, ENC, PFLOG.

use super::{Carried, by_version, carried, ethernet, malformed, no_network, ppp};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader};

/// Reads the 4-byte family of loopback captures, in either byte order, whichever machine wrote it.
pub(crate) fn read_null<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let (&[b0, b1, b2, b3], at) = start.take::<4>(Layer::Link)?;
    match [b0, b1, b2, b3] {
        // PPP framing, as some tunnel devices write it.
        [0xff, 0x03, _, _] => ppp::read(start, link),
        [family, 0, 0, 0] | [0, 0, 0, family] => by_family(family, start, at),
        // An EtherType in the low half.
        [0, 0, t0, t1] => ethernet::follow(u16::from_be_bytes([t0, t1]), at, link),
        [t1, t0, 0, 0] => ethernet::follow(u16::from_be_bytes([t0, t1]), at, link),
        _ => Err(malformed(start, 4)),
    }
}

/// Reads the header of OpenBSD's `enc` device: family, SPI, flags.
pub(crate) fn read_enc(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    let (&[f0, _, _, f3, ..], at) = start.take::<12>(Layer::Link)?;
    by_family(f0 | f3, start, at)
}

/// Reads the header of a packet-filter log: its length, the family, then fields that differ by system.
pub(crate) fn read_pflog(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    const SHORTEST: usize = 48;
    let (&[len, family], _) = start.take::<2>(Layer::Link)?;
    let padded = usize::from(len).next_multiple_of(4);
    if padded < SHORTEST {
        return Err(malformed(start, SHORTEST));
    }
    let at = start.skip(padded, Layer::Link)?;
    by_family(family, start, at)
}

fn by_family<'a>(family: u8, start: Cursor<'a>, at: Cursor<'a>) -> Result<Carried<'a>, Fault> {
    match family {
        2 => carried(network::IPV4, at),
        // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        10 | 23 | 24 | 28 | 30 => carried(network::IPV6, at),
        0 => by_version(at),
        _ => Err(no_network(start)),
    }
}
