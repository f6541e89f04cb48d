//! Unique ids in Zeek's form: `C` and base 62 digits of a hash of who talks with whom since when.

use std::fmt;
use std::net::IpAddr;

/// A unique id, 18 characters at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u128);

const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Uid {
    /// Of who talks with whom since when.
    pub(crate) fn new(
        (orig_h, orig_p): (IpAddr, u16),
        (resp_h, resp_p): (IpAddr, u16),
        ip_proto: u8,
        start_ns: i64,
    ) -> Self {
        let octets = |address| match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        let ([a, b], [c, d]) = (orig_p.to_be_bytes(), resp_p.to_be_bytes());
        Self::of(&[
            &octets(orig_h),
            &octets(resp_h),
            &[a, b, c, d],
            &[ip_proto],
            &start_ns.to_be_bytes(),
        ])
    }

    /// Of 96 bits that depend on every byte of `parts`.
    fn of(parts: &[&[u8]]) -> Self {
        let mut low = Mixer(0x9e37_79b9_7f4a_7c15);
        let mut high = Mixer(0xc2b2_ae3d_27d4_eb4f);
        for part in parts {
            for chunk in part.chunks(8) {
                let mut word = [0u8; 8];
                for (place, byte) in word.iter_mut().zip(chunk) {
                    *place = *byte;
                }
                let word = u64::from_le_bytes(word) ^ ((chunk.len() as u64) << 60);
                low.add(word);
                high.add(word.rotate_left(29));
            }
        }
        Self(u128::from(low.end()) | u128::from(high.end() >> 32) << 64)
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digits from the lowest on, ten at a time: division of 128 bits is slow.
        const TEN: u128 = 62_u128.pow(10);
        let (low, mut rest) = ((self.0 % TEN) as u64, (self.0 / TEN) as u64);
        let mut text = [b'C'; 18];
        let mut len = 1;
        let mut put = |number: u64| {
            if let (Some(place), Some(digit)) =
                (text.get_mut(len), DIGITS.get((number % 62) as usize))
            {
                *place = *digit;
                len += 1;
            }
            number / 62
        };
        let mut low_rest = put(low);
        for _ in 1..10 {
            if low_rest == 0 && rest == 0 {
                break;
            }
            low_rest = put(low_rest);
        }
        while rest > 0 {
            rest = put(rest);
        }
        f.write_str(std::str::from_utf8(text.get(..len).unwrap_or_default()).unwrap_or_default())
    }
}

/// 64-bit mixing by multiplication, as in splitmix64.
struct Mixer(u64);

impl Mixer {
    fn add(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }

    fn end(self) -> u64 {
        mix(self.0)
    }
}

fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_like_zeeks_and_depends_on_every_byte() {
        let uid = Uid::of(&[&[1; 16], &[2; 16], &[3, 4]]).to_string();
        assert!(
            uid.starts_with('C') && (10..=18).contains(&uid.len()),
            "{uid}"
        );
        assert!(uid.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(uid, Uid::of(&[&[1; 16], &[2; 16], &[3, 4]]).to_string());
        assert_ne!(uid, Uid::of(&[&[1; 16], &[2; 16], &[3, 5]]).to_string());
        assert_ne!(Uid::of(&[&[0]]), Uid::of(&[&[0, 0]]));
    }

    #[test]
    fn digits_are_those_of_base_62_from_the_lowest_on() {
        let ten = 62_u128.pow(10);
        for number in [0, 1, 61, 62, ten - 1, ten, ten + 1, ten * 62, (1 << 96) - 1] {
            let (mut rest, mut expected) = (number, String::from("C"));
            loop {
                expected.push(char::from(DIGITS[(rest % 62) as usize]));
                rest /= 62;
                if rest == 0 {
                    break;
                }
            }
            assert_eq!(Uid(number).to_string(), expected);
        }
    }
}
