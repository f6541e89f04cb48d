//! Behavior of [`decode`] on hand-written packets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::net::IpAddr;

mod checksum;
mod link;
mod network;
mod samples;
mod transport;
mod tunnel;

use super::{DecodeOptions, decode};
use crate::{Ip, LinkType, Network, Packet, Record};

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

fn inside(link_type: u16, data: &[u8]) -> Packet<'_> {
    decode(&record(link_type, data), DecodeOptions { decap: true })
}

/// IPv6 header from 2001:db8::1 to 2001:db8::2 with that payload length and next header.
fn ipv6(payload_len: u16, next: u8, payload: &str) -> Vec<u8> {
    hex(&format!(
        "6a112345 {payload_len:04x} {next:02x} 40
         20010db8000000000000000000000001 20010db8000000000000000000000002 {payload}"
    ))
}

/// IPv4 header from 10.0.0.1 to 10.0.0.2 of that whole length and protocol.
fn ipv4(len: u16, protocol: u8, payload: &str) -> Vec<u8> {
    hex(&format!(
        "4500 {len:04x} 00000000 40 {protocol:02x} 0000 0a000001 0a000002 {payload}"
    ))
}
