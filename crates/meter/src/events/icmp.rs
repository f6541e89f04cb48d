//! ICMP and ICMPv6 (RFC 792, RFC 4443, RFC 4861): echoes, errors with what they are about, neighbors.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wire::{Icmp, Ip};

use super::arg::Arg;
use super::bytes::Bytes;
use super::names::Name;
use super::out::Out;

/// Fields of Zeek's `icmp_info`.
const INFO: &[&str] = &["v6", "itype", "icode", "len", "ttl"];
/// Fields of Zeek's `icmp_context`.
const CONTEXT: &[&str] = &[
    "id",
    "len",
    "proto",
    "frag_offset",
    "bad_hdr_len",
    "bad_checksum",
    "MF",
    "DF",
];
/// Fields of Zeek's `conn_id`.
const CONN_ID: &[&str] = &["orig_h", "orig_p", "resp_h", "resp_p"];

/// A message.
pub(super) fn message(ip: &Ip<'_>, icmp: &Icmp, is_orig: bool, out: &mut Out<'_>) {
    let v6 = ip.protocol == 58;
    let fields = [
        Arg::Bool(v6),
        Arg::Count(icmp.kind.into()),
        Arg::Count(icmp.code.into()),
        Arg::Count(ip.payload_len.into()),
        Arg::Count(ip.ttl.into()),
    ];
    let info = Arg::Record(INFO, &fields);
    let mut raise = |name: Name, args: &[Arg<'_>]| out.event(name, Some(is_orig), args);
    let text = Arg::Str(ip.payload);
    let mut rest = Bytes(ip.payload);
    match (v6, icmp.kind) {
        (false, 8 | 0) | (true, 128 | 129) => {
            let name = match icmp.kind {
                8 | 128 => Name::IcmpEchoRequest,
                _ => Name::IcmpEchoReply,
            };
            let id = Arg::Count(u64::from(icmp.rest >> 16));
            let seq = Arg::Count(u64::from(icmp.rest & 0xffff));
            raise(name, &[info, id, seq, text]);
        }
        (false, 3 | 11) | (true, 1..=4) => {
            let name = match (v6, icmp.kind) {
                (false, 3) | (true, 1) => Name::IcmpUnreachable,
                (true, 2) => Name::IcmpPacketTooBig,
                (true, 4) => Name::IcmpParameterProblem,
                _ => Name::IcmpTimeExceeded,
            };
            let id = conn_id(v6, ip.payload);
            let context = context(v6, ip.payload, &id);
            let code = Arg::Count(icmp.code.into());
            raise(name, &[info, code, Arg::Record(CONTEXT, &context)]);
        }
        (true, 133) => raise(Name::IcmpRouterSolicitation, &[info, text]),
        (true, 134) => {
            let (reachable, retransmit) = (rest.u32(), rest.u32());
            let flag = |bit: u32| Arg::Bool(icmp.rest >> bit & 1 == 1);
            let args = [
                info,
                Arg::Count(u64::from(icmp.rest >> 24)),
                flag(23),
                flag(22),
                flag(21),
                Arg::Count(u64::from(icmp.rest >> 19 & 3)),
                flag(18),
                Arg::Count(u64::from(icmp.rest >> 16 & 3)),
                Arg::Time(f64::from(icmp.rest & 0xffff)),
                Arg::Time(f64::from(reachable.unwrap_or_default()) / 1000.0),
                Arg::Time(f64::from(retransmit.unwrap_or_default()) / 1000.0),
                Arg::Str(rest.0),
            ];
            raise(Name::IcmpRouterAdvertisement, &args);
        }
        (true, 135) => {
            let target = v6_address(&mut rest);
            raise(
                Name::IcmpNeighborSolicitation,
                &[info, target, Arg::Str(rest.0)],
            );
        }
        (true, 136) => {
            let target = v6_address(&mut rest);
            let flag = |bit: u32| Arg::Bool(icmp.rest >> bit & 1 == 1);
            let args = [info, flag(31), flag(30), flag(29), target, Arg::Str(rest.0)];
            raise(Name::IcmpNeighborAdvertisement, &args);
        }
        (true, 137) => {
            let (target, destination) = (v6_address(&mut rest), v6_address(&mut rest));
            raise(
                Name::IcmpRedirect,
                &[info, target, destination, Arg::Str(rest.0)],
            );
        }
        _ => raise(Name::IcmpSent, &[info]),
    }
}

fn v6_address(rest: &mut Bytes<'_>) -> Arg<'static> {
    let bytes = rest.take(16).and_then(|bytes| bytes.first_chunk::<16>());
    let address = Ipv6Addr::from(bytes.copied().unwrap_or_default());
    Arg::Addr(IpAddr::V6(address))
}

/// Addresses and ports of the packet that an error is about; zeros where it is cut short.
fn conn_id(v6: bool, packet: &[u8]) -> [Arg<'static>; 4] {
    let (source_at, header) = if v6 {
        (8, 40)
    } else {
        let words = packet.first().map_or(0, |first| usize::from(first & 15));
        (12, 4 * words)
    };
    let address = |at: usize| {
        let rest = packet.get(at..).unwrap_or_default();
        if v6 {
            let bytes = rest.first_chunk::<16>().copied().unwrap_or_default();
            Arg::Addr(IpAddr::V6(Ipv6Addr::from(bytes)))
        } else {
            let bytes = rest.first_chunk::<4>().copied().unwrap_or_default();
            Arg::Addr(IpAddr::V4(Ipv4Addr::from(bytes)))
        }
    };
    let port = |at: usize| {
        let rest = packet.get(header + at..).unwrap_or_default();
        let bytes = rest.first_chunk::<2>().copied().unwrap_or_default();
        Arg::Count(u16::from_be_bytes(bytes).into())
    };
    let len = if v6 { 16 } else { 4 };
    [
        address(source_at),
        port(0),
        address(source_at + len),
        port(2),
    ]
}

/// The packet that an error is about.
fn context<'a>(v6: bool, packet: &[u8], id: &'a [Arg<'static>; 4]) -> [Arg<'a>; 8] {
    let word = |at: usize| {
        let bytes = packet.get(at..).and_then(|rest| rest.first_chunk::<2>());
        u64::from(u16::from_be_bytes(bytes.copied().unwrap_or_default()))
    };
    let protocol = packet.get(if v6 { 6 } else { 9 }).copied();
    let fragment = if v6 { 0 } else { word(6) };
    let len = if v6 { 40 + word(4) } else { word(2) };
    let short = packet.len() < if v6 { 40 } else { 20 };
    [
        Arg::Record(CONN_ID, id),
        Arg::Count(len),
        Arg::Count(protocol.unwrap_or_default().into()),
        Arg::Count((fragment & 0x1fff) * 8),
        Arg::Bool(short),
        // Checksums of the inner packet are not looked at.
        Arg::Bool(false),
        Arg::Bool(fragment & 0x2000 != 0),
        Arg::Bool(fragment & 0x4000 != 0),
    ]
}
