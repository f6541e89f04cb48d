//! Community ID flow hashing, version 1: one string for one flow in every tool that knows it.
//! Source: the Community ID specification (corelight/community-id-spec).

use std::net::IpAddr;

/// The id of a flow from `src` to `dst` (either direction gives the same).
pub(super) fn community_id(src: (IpAddr, u16), dst: (IpAddr, u16), ip_proto: u8) -> String {
    let (ports, one_way) = match ip_proto {
        1 | 58 => (true, !super::key::icmp_two_way(src.1, ip_proto)),
        6 | 17 | 33 | 132 | 136 => (true, false),
        _ => (false, false),
    };
    let (low, high) = if !one_way && dst < src {
        (dst, src)
    } else {
        (src, dst)
    };
    let mut message = Message::default();
    message.add(&[0, 0]);
    message.add_address(low.0);
    message.add_address(high.0);
    message.add(&[ip_proto, 0]);
    if ports {
        message.add(&low.1.to_be_bytes());
        message.add(&high.1.to_be_bytes());
    }
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    base64(&message.sha1(), &mut text);
    text
}

/// A message that fits into one block of SHA-1: 55 bytes at most.
struct Message {
    block: [u8; 64],
    len: usize,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            block: [0; 64],
            len: 0,
        }
    }
}

impl Message {
    fn add(&mut self, data: &[u8]) {
        for byte in data {
            if let Some(place) = self.block.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    fn add_address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.add(&v4.octets()),
            IpAddr::V6(v6) => self.add(&v6.octets()),
        }
    }

    /// SHA-1 (RFC 3174).
    fn sha1(mut self) -> [u8; 20] {
        let bits = self.len as u64 * 8;
        self.add(&[0x80]);
        if let Some(length) = self.block.last_chunk_mut::<8>() {
            *length = bits.to_be_bytes();
        }
        // The schedule is a ring of its last 16 words.
        let mut words = [0u32; 16];
        for (word, bytes) in words.iter_mut().zip(self.block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        let start = [
            0x6745_2301u32,
            0xefcd_ab89,
            0x98ba_dcfe,
            0x1032_5476,
            0xc3d2_e1f0,
        ];
        let [mut a, mut b, mut c, mut d, mut e] = start;
        for round in 0..80usize {
            let at = |back: usize| words.get((round + 16 - back) & 15).copied().unwrap_or(0);
            let word = if round < 16 {
                at(16)
            } else {
                (at(3) ^ at(8) ^ at(14) ^ at(16)).rotate_left(1)
            };
            if let Some(place) = words.get_mut(round & 15) {
                *place = word;
            }
            let (mixed, constant) = match round {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let turned = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e);
            let next = turned.wrapping_add(constant).wrapping_add(word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        let mut digest = [0; 20];
        let sums = start
            .iter()
            .zip([a, b, c, d, e])
            .map(|(sum, add)| sum.wrapping_add(add));
        for (place, byte) in digest.iter_mut().zip(sums.flat_map(u32::to_be_bytes)) {
            *place = byte;
        }
        digest
    }
}

/// Base 64 (RFC 4648) with padding.
fn base64(data: &[u8], text: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
        let mut message = Message::default();
        message.add(b"abc");
        let hex: String = message.sha1().iter().map(|b| format!("{b:02x}")).collect();
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
