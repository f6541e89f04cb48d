//! QUIC (RFC 9000) as it looks from outside: long headers first, then short ones.

use crate::flow::Flow;
use crate::packet::Place;
use crate::rng::Rng;

fn initial(rng: &mut Rng, first: u8, length: usize) -> Vec<u8> {
    let mut out = vec![first, 0, 0, 0, 1, 8];
    out.extend_from_slice(&rng.bits().to_be_bytes());
    out.push(8);
    out.extend_from_slice(&rng.bits().to_be_bytes());
    if first & 0x30 == 0 {
        out.push(0);
    }
    let rest = (length - out.len() - 2) as u16;
    out.extend_from_slice(&(0x4000 | rest).to_be_bytes());
    while out.len() < length {
        out.push(rng.bits() as u8);
    }
    out
}

/// A session of so many packets.
pub fn session(rng: &mut Rng, client: Place, server: Place, packets: u32, gap: f64) -> Flow {
    let mut flow = Flow::opaque(client, server, packets.max(6), gap);
    flow.opening = vec![
        (true, initial(rng, 0xc3, 1_200)),
        (false, initial(rng, 0xc1, 1_200)),
        (false, initial(rng, 0xe1, 1_000)),
        (true, initial(rng, 0xe1, 120)),
    ];
    let mut short = |tag: u8| {
        let mut head = vec![0x40 | tag];
        head.extend_from_slice(&rng.bits().to_be_bytes());
        head
    };
    flow.heads = [short(1), short(3)];
    flow.forward = 0.3;
    flow.sizes = [120, 1_230];
    flow
}
