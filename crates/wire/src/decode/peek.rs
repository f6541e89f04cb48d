//! A look at the addresses of a packet, for those who must know whether it is theirs before they decode it.

use std::net::{IpAddr, Ipv4Addr};

use crate::{LinkType, Record};

/// Source and destination of the outer IPv4 header of a plain Ethernet frame.
///
/// If they are given, [`crate::decode()`] without `decap` finds an IP header with the same ones. `None` says nothing.
#[inline]
pub fn outer_addresses(record: &Record<'_>) -> Option<(IpAddr, IpAddr)> {
    if record.link_type != LinkType::ETHERNET {
        return None;
    }
    let &[
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        0x08,
        0x00,
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
    ] = record.data.first_chunk::<34>()?
    else {
        return None;
    };
    let len = u16::from_be_bytes([len_0, len_1]);
    let header_len = u16::from(version_and_words & 0x0F) * 4;
    let is_sound =
        version_and_words >> 4 == 4 && header_len >= 20 && (len == 0 || len >= header_len);
    is_sound.then_some((
        IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
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
            first in prop_oneof![Just(0x45_u8), 0x40..=0x4F_u8, any::<u8>()],
            len in prop_oneof![0..60_u16, any::<u16>()],
        ) {
            if let Some(fields) = data.get_mut(12..18) {
                fields.copy_from_slice(&[8, 0, first, 0, (len >> 8) as u8, len as u8]);
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
