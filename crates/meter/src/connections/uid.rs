//! Unique ids in Zeek's form: `C` and base 62 digits of a hash of who talks with whom since when.

use std::fmt;

/// A unique id, 18 characters at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u128);

const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Uid {
    /// Of 96 bits that depend on every byte of `parts`.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
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
        use fmt::Write;
        f.write_char('C')?;
        let mut rest = self.0;
        loop {
            let digit = DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'A');
            f.write_char(char::from(digit))?;
            rest /= 62;
            if rest == 0 {
                return Ok(());
            }
        }
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
}
