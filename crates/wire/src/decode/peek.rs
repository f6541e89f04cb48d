//! A look at the addresses of a packet, for those who must know whether it is theirs before they decode it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{LinkType, Record};

/// Source and destination of the outer IP header of an Ethernet frame with at most one VLAN tag.
///
/// If they are given, [`crate::decode()`] without `decap` finds an IP header with the same ones. `None` says nothing.
#[inline]
pub fn outer_addresses(record: &Record<'_>) -> Option<(IpAddr, IpAddr)> {
    if record.link_type != LinkType::ETHERNET {
        return None;
    }
    let (_, rest) = record.data.split_first_chunk::<12>()?;
    match rest {
        [0x08, 0x00, header @ ..] | [0x81, 0x00, _, _, 0x08, 0x00, header @ ..] => ipv4(header),
        [0x86, 0xDD, header @ ..] | [0x81, 0x00, _, _, 0x86, 0xDD, header @ ..] => ipv6(header),
        _ => None,
    }
}

#[inline]
fn ipv4(header: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let &[
        version_and_words,
        _,
        len_0,
        len_1,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = header.first_chunk::<20>()?;
    let len = u16::from_be_bytes([len_0, len_1]);
    let header_len = u16::from(version_and_words & 0x0F) * 4;
    let is_sound =
        version_and_words >> 4 == 4 && header_len >= 20 && (len == 0 || len >= header_len);
    is_sound.then_some((
        IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
    ))
}

#[inline]
fn ipv6(header: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let [version, _, _, _, _, _, _, _, addresses @ ..] = header.first_chunk::<40>()?;
    let (src, dst) = addresses.split_first_chunk::<16>()?;
    let dst: &[u8; 16] = dst.first_chunk()?;
    (version >> 4 == 6).then_some((
        IpAddr::V6(Ipv6Addr::from(*src)),
        IpAddr::V6(Ipv6Addr::from(*dst)),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DecodeOptions, Network, decode};

    proptest! {
        #[test]
        fn what_is_seen_at_a_glance_is_what_decoding_finds(
            mut data in proptest::collection::vec(any::<u8>(), 0..80),
            first in prop_oneof![Just(0x45_u8), 0x40..=0x4F_u8, 0x60..=0x6F_u8, any::<u8>()],
            len in prop_oneof![0..60_u16, any::<u16>()],
            v6 in any::<bool>(),
            tagged in any::<bool>(),
        ) {
            let mut fields = if tagged { vec![0x81, 0, 0, 7] } else { vec![] };
            fields.extend(if v6 { [0x86, 0xDD] } else { [8, 0] });
            fields.extend([first, 0, (len >> 8) as u8, len as u8]);
            if let Some(place) = data.get_mut(12..12 + fields.len()) {
                place.copy_from_slice(&fields);
            }
            let record = Record { time_ns: 0, wire_len: data.len() as u32, link_type: LinkType::ETHERNET, data: &data };
            if let Some((src, dst)) = outer_addresses(&record) {
                let packet = decode(&record, DecodeOptions::default());
                let Network::Ip(ip) = packet.network else { panic!("no IP: {packet:?}") };
                prop_assert_eq!((ip.src, ip.dst), (src, dst));
            }
        }
    }
}
