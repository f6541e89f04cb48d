//! DNS messages (RFC 1035).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::rng::Rng;

/// A question and its answer.
#[derive(Debug)]
pub struct Exchange {
    pub query: Vec<u8>,
    pub answer: Vec<u8>,
}

const ZONES: [&str; 5] = [
    "example.com",
    "example.org",
    "example.net",
    "example.test",
    "cdn.example.net",
];

fn name(out: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
}

fn message(id: u16, flags: u16, counts: [u16; 4], host: &str, kind: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&flags.to_be_bytes());
    for count in counts {
        out.extend_from_slice(&count.to_be_bytes());
    }
    name(&mut out, host);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out
}

fn record(out: &mut Vec<u8>, owner: [u8; 2], kind: u16, ttl: u32, data: &[u8]) {
    out.extend_from_slice(&owner);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 1]);
    out.extend_from_slice(&ttl.to_be_bytes());
    out.extend_from_slice(&(data.len() as u16).to_be_bytes());
    out.extend_from_slice(data);
}

/// The additional record that says how large answers may be (RFC 6891).
const EDNS: [u8; 11] = [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0];

/// A lookup of an address; sometimes there is none.
pub fn lookup(rng: &mut Rng) -> Exchange {
    let host = format!("h{}.{}", rng.zipf(20_000), rng.pick(&ZONES));
    let id = rng.bits() as u16;
    let kind = if rng.chance(0.3) { 28 } else { 1 };
    let mut query = message(id, 0x0100, [1, 0, 0, 1], &host, kind);
    query.extend_from_slice(&EDNS);
    if rng.chance(0.12) {
        let mut answer = message(id, 0x8183, [1, 0, 1, 0], &host, kind);
        let mut soa = Vec::new();
        name(&mut soa, "ns1.example.com");
        name(&mut soa, "hostmaster.example.com");
        for value in [2_025_010_101_u32, 7_200, 3_600, 1_209_600, 300] {
            soa.extend_from_slice(&value.to_be_bytes());
        }
        let zone = 12 + 1 + host.split('.').next().map_or(0, str::len);
        record(&mut answer, [0xc0, zone as u8], 6, 300, &soa);
        return Exchange { query, answer };
    }
    let count = rng.range(1, 4) as u16;
    let mut answer = message(id, 0x8180, [1, count, 0, 0], &host, kind);
    for _ in 0..count {
        let bits = rng.bits();
        let last = bits as u8;
        if kind == 1 {
            record(
                &mut answer,
                [0xc0, 12],
                1,
                300,
                &Ipv4Addr::new(198, 51, 100, last).octets(),
            );
        } else {
            record(
                &mut answer,
                [0xc0, 12],
                28,
                300,
                &Ipv6Addr::new(0x2001, 0xdb8, 0xf000, 0, 0, 0, 0, u16::from(last)).octets(),
            );
        }
    }
    Exchange { query, answer }
}

/// A lookup whose answer is long: text records of about so many bytes.
pub fn long(rng: &mut Rng, bytes: usize) -> Exchange {
    let host = format!("big{}.{}", rng.below(50), rng.pick(&ZONES));
    let id = rng.bits() as u16;
    let mut query = message(id, 0x0100, [1, 0, 0, 1], &host, 16);
    query.extend_from_slice(&EDNS);
    let count = (bytes / 212).max(1);
    let mut answer = message(id, 0x8180, [1, count as u16, 0, 0], &host, 16);
    for _ in 0..count {
        let mut text = vec![199_u8];
        text.extend((0..199).map(|_| b'a' + (rng.bits() % 26) as u8));
        record(&mut answer, [0xc0, 12], 16, 3_600, &text);
    }
    Exchange { query, answer }
}

/// A message as TCP carries it: its length first.
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = (message.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(message);
    out
}
