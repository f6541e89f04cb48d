//! IPv4 (RFC 791).

use std::net::{IpAddr, Ipv4Addr};

use crate::decode::cursor::Cursor;
use crate::decode::transport;
use crate::{
    Fault, FaultKind, Fragment, Ip, Layer, LengthSource, Limit, Network, Packet, Transport,
};

const FIXED: u32 = 20;
const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// Reads an IPv4 header and its transport header into `packet`.
#[inline]
pub(crate) fn read<'a>(at: Cursor<'a>, packet: &mut Packet<'a>) {
    let Some(fixed) = at.data.first_chunk::<20>() else {
        packet.fault = Some(at.truncated(Layer::Network, FIXED as usize));
        return;
    };
    let &[
        version_and_words,
        tos,
        len_0,
        len_1,
        id_0,
        id_1,
        fragment_0,
        fragment_1,
        ttl,
        protocol,
        _,
        _,
        src_0,
        src_1,
        src_2,
        src_3,
        dst_0,
        dst_1,
        dst_2,
        dst_3,
    ] = fixed;
    let header_len = u32::from(version_and_words & 0x0f) * 4;
    let total_len = u32::from(u16::from_be_bytes([len_0, len_1]));
    if version_and_words >> 4 != 4 || header_len < FIXED {
        packet.fault = Some(at.fault(Layer::Network, FaultKind::Malformed, FIXED as usize));
        return;
    }
    let (len, length_source) = match total_len {
        0 => (at.wire_len.max(header_len), LengthSource::Wire),
        _ => (total_len, LengthSource::Header),
    };
    if len < header_len {
        packet.fault = Some(Fault {
            needed: header_len,
            available: len,
            limit: Limit::Declared,
            ..at.fault(Layer::Network, FaultKind::Malformed, 0)
        });
        return;
    }

    let bits = u16::from_be_bytes([fragment_0, fragment_1]);
    let fragment = match (bits & OFFSET, bits & MORE_FRAGMENTS) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First,
        (words, _) => Fragment::Later(u32::from(words) * 8),
    };
    let at = at.cut(len);
    packet.network = Network::Ip(Ip {
        src: IpAddr::V4(Ipv4Addr::new(src_0, src_1, src_2, src_3)),
        dst: IpAddr::V4(Ipv4Addr::new(dst_0, dst_1, dst_2, dst_3)),
        protocol,
        tos,
        ttl,
        id: u32::from(u16::from_be_bytes([id_0, id_1])),
        flow_label: 0,
        dont_fragment: bits & DONT_FRAGMENT != 0,
        fragment,
        len,
        length_source,
        header_len,
        header: at.data,
        segment: &[],
        transport: Transport::Unread,
        payload_len: len - header_len,
        payload: &[],
    });
    let Network::Ip(ip) = &mut packet.network else {
        return;
    };
    let read = at
        .split(header_len as usize, Layer::Network)
        .and_then(|(header, segment)| {
            (ip.header, ip.segment) = (header, segment.data);
            let zero_is_rest = length_source != LengthSource::Header;
            transport::read(ip, zero_is_rest, segment)
        });
    packet.fault = read.err();
}
