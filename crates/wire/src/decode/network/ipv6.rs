//! IPv6 with its extension headers (RFC 8200) and jumbograms (RFC 2675).

use std::net::{IpAddr, Ipv6Addr};

use crate::decode::cursor::{Cursor, size};
use crate::decode::transport;
use crate::{
    Fault, FaultKind, Fragment, Ip, Layer, LengthSource, Limit, Network, Packet, Transport,
};

const FIXED: usize = 40;

pub(crate) const HOP_BY_HOP: u8 = 0;
pub(crate) const ROUTING: u8 = 43;
pub(crate) const FRAGMENT: u8 = 44;
pub(crate) const AUTHENTICATION: u8 = 51;
pub(crate) const NO_NEXT: u8 = 59;
pub(crate) const DESTINATION: u8 = 60;
pub(crate) const MOBILITY: u8 = 135;
pub(crate) const HIP: u8 = 139;
pub(crate) const SHIM6: u8 = 140;

const OPTION_PAD_1: u8 = 0;
const OPTION_JUMBO: u8 = 0xc2;

/// Reads an IPv6 header, its extension headers and its transport header into `packet`.
///
/// A mobility, HIP or shim6 header with nothing after it is itself the transport.
#[inline]
pub(crate) fn read<'a>(at: Cursor<'a>, packet: &mut Packet<'a>) {
    let Some((fixed, rest)) = at.data.split_first_chunk::<40>() else {
        packet.fault = Some(at.truncated(Layer::Network, FIXED));
        return;
    };
    let &[v0, v1, v2, v3, len_0, len_1, next, ttl, ref addresses @ ..] = fixed;
    if v0 >> 4 != 6 {
        packet.fault = Some(at.fault(Layer::Network, FaultKind::Malformed, FIXED));
        return;
    }
    let payload_len = u32::from(u16::from_be_bytes([len_0, len_1]));
    let (len, length_source, mut fault) = if payload_len == 0 {
        length_without_field(at, next, rest)
    } else if next == HOP_BY_HOP && jumbo(rest).is_some() {
        let fault = at.fault(Layer::Network, FaultKind::Malformed, FIXED);
        (payload_len + size(FIXED), LengthSource::Header, Some(fault))
    } else {
        (payload_len + size(FIXED), LengthSource::Header, None)
    };
    let at = at.cut(len);
    let mut chain = Chain {
        protocol: next,
        header_len: size(FIXED),
        id: 0,
        fragment: Fragment::Whole,
    };
    // The most frequent protocols have no extension header before them.
    if fault.is_none() && !matches!(next, 6 | 17 | 58) {
        fault = chain.follow(at, length_source).err();
    }

    let (header, segment) = at
        .split(chain.header_len as usize, Layer::Network)
        .unwrap_or((at.data, Cursor::declared(&[], at.offset, 0)));
    let version_word = u32::from_be_bytes([v0, v1, v2, v3]);
    let (src, dst) = addresses_of(addresses);
    packet.network = Network::Ip(Ip {
        src,
        dst,
        protocol: chain.protocol,
        tos: (version_word >> 20) as u8,
        ttl,
        id: chain.id,
        flow_label: version_word & 0x000f_ffff,
        dont_fragment: false,
        fragment: chain.fragment,
        len,
        length_source,
        header_len: chain.header_len,
        header,
        segment: segment.data,
        transport: Transport::Unread,
        payload_len: len.saturating_sub(chain.header_len),
        payload: segment.data,
    });
    let Network::Ip(ip) = &mut packet.network else {
        return;
    };
    packet.fault = fault.or_else(|| transport::read(ip, true, segment).err());
}

#[inline]
fn addresses_of(bytes: &[u8; 32]) -> (IpAddr, IpAddr) {
    let mut src = [0; 16];
    let mut dst = [0; 16];
    let (first, second) = bytes.split_at(16);
    src.copy_from_slice(first);
    dst.copy_from_slice(second);
    (
        IpAddr::V6(Ipv6Addr::from(src)),
        IpAddr::V6(Ipv6Addr::from(dst)),
    )
}

/// What the extension headers say.
struct Chain {
    protocol: u8,
    header_len: u32,
    id: u32,
    fragment: Fragment,
}

impl Chain {
    /// Passes the extension headers after the fixed header at `fixed`.
    #[inline(never)]
    fn follow(&mut self, fixed: Cursor<'_>, length_source: LengthSource) -> Result<(), Fault> {
        let mut at = fixed.skip(FIXED, Layer::Network)?;
        loop {
            let kind = self.protocol;
            if !is_extension(kind) {
                return Ok(());
            }
            let (&[next, words, b2, b3, b4, b5, b6, b7], _) = at.take::<8>(Layer::Network)?;
            if next == NO_NEXT && matches!(kind, MOBILITY | HIP | SHIM6) {
                return Ok(());
            }
            let len = extension_len(kind, words);
            let rest = at.skip(len, Layer::Network)?;
            self.protocol = next;
            self.header_len = self.header_len.saturating_add(size(len));
            if kind == FRAGMENT {
                if length_source == LengthSource::Jumbo {
                    return Err(at.fault(Layer::Network, FaultKind::Malformed, 8));
                }
                let bits = u16::from_be_bytes([b2, b3]);
                self.id = u32::from_be_bytes([b4, b5, b6, b7]);
                self.fragment = match (u32::from(bits & 0xfff8), bits & 1) {
                    (0, 0) => Fragment::Whole,
                    (0, _) => Fragment::First,
                    (offset, _) => Fragment::Later(offset),
                };
                if matches!(self.fragment, Fragment::Later(_)) {
                    return Ok(());
                }
            }
            at = rest;
        }
    }
}

/// Whether the header of that number is an extension header.
#[inline]
pub(crate) fn is_extension(kind: u8) -> bool {
    matches!(
        kind,
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION | MOBILITY | HIP | SHIM6
    )
}

/// The length of an extension header, bytes, by its length field.
#[inline]
pub(crate) fn extension_len(kind: u8, words: u8) -> usize {
    match kind {
        FRAGMENT => 8,
        AUTHENTICATION => (usize::from(words) + 2) * 4,
        _ => (usize::from(words) + 1) * 8,
    }
}

/// IP length of a packet whose payload length field is 0: empty, a jumbogram, or offloaded segmentation.
#[cold]
fn length_without_field(
    at: Cursor<'_>,
    next: u8,
    rest: &[u8],
) -> (u32, LengthSource, Option<Fault>) {
    let fixed = size(FIXED);
    if next == NO_NEXT {
        return (fixed, LengthSource::Header, None);
    }
    if next != HOP_BY_HOP {
        // Less than the smallest header is padding, not payload.
        return if at.wire_len >= fixed + 8 {
            (at.wire_len, LengthSource::Wire, None)
        } else {
            (fixed, LengthSource::Header, None)
        };
    }
    match jumbo(rest) {
        Some(len) if len > 0xffff => (fixed.saturating_add(len), LengthSource::Jumbo, None),
        Some(len) => (
            fixed.saturating_add(len),
            LengthSource::Jumbo,
            Some(Fault {
                needed: 0x1_0000,
                available: len,
                limit: Limit::Declared,
                ..at.fault(Layer::Network, FaultKind::Malformed, 0)
            }),
        ),
        None => {
            let whole = rest
                .get(1)
                .is_some_and(|&words| rest.len() >= extension_len(HOP_BY_HOP, words));
            let fault = whole.then(|| at.fault(Layer::Network, FaultKind::Malformed, FIXED));
            (at.wire_len, LengthSource::Wire, fault)
        }
    }
}

/// The jumbo payload length that the hop-by-hop header at the start of `rest` has, if it has one.
fn jumbo(rest: &[u8]) -> Option<u32> {
    let (&[_, words], _) = rest.split_first_chunk::<2>()?;
    let len = extension_len(HOP_BY_HOP, words).min(rest.len());
    let mut options = rest.get(2..len)?;
    while let Some((&kind, after)) = options.split_first() {
        if kind == OPTION_PAD_1 {
            options = after;
            continue;
        }
        let (&len, value) = after.split_first()?;
        if kind == OPTION_JUMBO && len == 4 {
            return value.first_chunk::<4>().map(|&len| u32::from_be_bytes(len));
        }
        options = value.get(usize::from(len)..)?;
    }
    None
}
