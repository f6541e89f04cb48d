//! Behavior of [`decode`] on hand-written packets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::net::IpAddr;

use super::{DecodeOptions, decode};
use crate::{Fragment, Ip, LengthSource, LinkType, Network, Outcome, Packet, Record, Transport};

const DEFAULT: DecodeOptions = DecodeOptions { decap: false };

fn record(link_type: u16, data: &[u8]) -> Record<'_> {
    Record {
        time_ns: 0,
        wire_len: data.len() as u32,
        link_type: LinkType(link_type),
        data,
    }
}

fn decoded(link_type: u16, data: &[u8]) -> Packet<'_> {
    decode(&record(link_type, data), DEFAULT)
}

fn ip<'a>(packet: &Packet<'a>) -> Ip<'a> {
    match packet.network {
        Network::Ip(ip) => ip,
        other => panic!("no IP but {other:?} with {:?}", packet.fault),
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Bytes from hexadecimal text with blanks.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

const MACS: &str = "00aabbccddee 001122334455";
/// IPv4 10.0.0.1 to 10.0.0.2, TTL 64, TCP 1234 to 80, SYN with MSS 1460 and window scale 7, no payload.
const SYN: &str = "45000030 12344000 40060000 0a000001 0a000002
    04d20050 00000001 00000000 70022000 00000000 020405b4 01030307";

fn ethernet(ethertype: &str, payload: &str) -> Vec<u8> {
    hex(&format!("{MACS} {ethertype} {payload}"))
}

#[test]
fn ethernet_ipv4_tcp_yields_every_header_field() {
    let bytes = ethernet("0800", SYN);
    let packet = decoded(1, &bytes);
    assert_eq!(packet.fault, None);
    assert_eq!(packet.outcome(), Outcome::Decoded);
    assert_eq!(packet.link.source, Some([0, 0x11, 0x22, 0x33, 0x44, 0x55]));
    let ip = ip(&packet);
    assert_eq!((ip.src, ip.dst), (address("10.0.0.1"), address("10.0.0.2")));
    assert_eq!((ip.len, ip.header_len, ip.payload_len), (48, 20, 0));
    assert_eq!((ip.protocol, ip.ttl, ip.id), (6, 64, 0x1234));
    assert!(ip.dont_fragment);
    assert_eq!(ip.fragment, Fragment::Whole);
    assert_eq!(ip.length_source, LengthSource::Header);
    let Transport::Tcp(tcp) = ip.transport else {
        panic!("{:?}", ip.transport)
    };
    assert_eq!((tcp.src_port, tcp.dst_port), (1234, 80));
    assert_eq!((tcp.seq, tcp.flags, tcp.window), (1, 2, 8192));
    assert_eq!(tcp.options.len(), 8);
}
