//! Community ID flow hashing, version 1: one string for one flow in every tool that knows it.
//! Source: the Community ID specification (corelight/community-id-spec).

use std::net::IpAddr;

/// The id of a flow from `src` to `dst` (either direction gives the same).
pub(super) fn community_id(src: (IpAddr, u16), dst: (IpAddr, u16), ip_proto: u8) -> String {
    let (ports, one_way) = ports_of(src.1, dst.1, ip_proto);
    let (mut a, mut b) = (
        (octets(src.0), ports.map(|p| p.0)),
        (octets(dst.0), ports.map(|p| p.1)),
    );
    if !one_way && b < a {
        std::mem::swap(&mut a, &mut b);
    }
    let mut data = vec![0, 0];
    data.extend(&a.0);
    data.extend(&b.0);
    data.extend([ip_proto, 0]);
    if let (Some(p), Some(q)) = (a.1, b.1) {
        data.extend(p.to_be_bytes());
        data.extend(q.to_be_bytes());
    }
    format!("1:{}", base64(&sha1(&data)))
}

/// The two ports that are hashed, where the protocol has any, and whether the direction counts.
fn ports_of(src: u16, dst: u16, ip_proto: u8) -> (Option<(u16, u16)>, bool) {
    match ip_proto {
        1 | 58 => (Some((src, dst)), !super::key::icmp_two_way(src, ip_proto)),
        6 | 17 | 33 | 132 | 136 => (Some((src, dst)), false),
        _ => (None, false),
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// SHA-1 (RFC 3174) of a short message.
fn sha1(message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());

    let mut state = [
        0x6745_2301u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in padded.chunks_exact(64) {
        // The schedule is kept as a ring of its last 16 words.
        let mut words = [0u32; 16];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for round in 0..80 {
            let [w0, _, w2, _, _, _, _, _, w8, _, _, _, _, w13, _, _] = words;
            let (mixed, constant) = match round {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(w0);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
            words.rotate_left(1);
            if let Some(last) = words.last_mut() {
                *last = (w13 ^ w8 ^ w2 ^ w0).rotate_left(1);
            }
        }
        for (sum, add) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(add);
        }
    }
    let mut digest = [0; 20];
    for (place, byte) in digest
        .iter_mut()
        .zip(state.iter().flat_map(|word| word.to_be_bytes()))
    {
        *place = byte;
    }
    digest
}

/// Base 64 (RFC 4648) with padding.
fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS
                .get((bits >> (18 - 6 * place) & 63) as usize)
                .copied();
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(digit.unwrap_or(b'A'))
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(src: &str, dst: &str, ports: (u16, u16), proto: u8) -> String {
        community_id(
            (src.parse().unwrap(), ports.0),
            (dst.parse().unwrap(), ports.1),
            proto,
        )
    }

    #[test]
    fn sha1_of_the_rfc() {
        let hex: String = sha1(b"abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn both_directions_agree_with_the_specification() {
        let known = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
        assert_eq!(
            id("128.232.110.120", "66.35.250.204", (34855, 80), 6),
            known
        );
        assert_eq!(
            id("66.35.250.204", "128.232.110.120", (80, 34855), 6),
            known
        );
        let udp = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=";
        assert_eq!(id("192.168.1.52", "8.8.8.8", (54585, 53), 17), udp);
        let icmp = "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=";
        assert_eq!(id("192.168.0.89", "192.168.0.1", (8, 0), 1), icmp);
    }
}
