//! A share is i of N: the part of the traffic that one thread, one node or one task looks at.
//!
//! The share of a packet follows from its address pair alone, both directions alike and ports left out, so that all
//! packets of two hosts (fragments, FTP data, ICMP errors between them) stay together. The hash uses nothing but 32-bit
//! additions, shifts, exclusive or and one multiplication, so that a classic BPF program in the kernel computes the same
//! ([`Share::filter`], what DiCAP does with a kernel module).

use std::net::IpAddr;

/// A share of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    index: u32,
    of: u32,
}

impl Share {
    /// All of the traffic.
    pub const ALL: Share = Share { index: 0, of: 1 };

    /// Share `index` (from 0) of `of`; `None` unless `index < of`.
    pub fn new(index: u32, of: u32) -> Option<Share> {
        (index < of).then_some(Share { index, of })
    }

    /// Whether the packets with this pair hash belong to this share.
    #[inline]
    pub fn owns(self, hash: u32) -> bool {
        self.of == 1 || hash % self.of == self.index
    }

    /// Whether this share counts what has no address pair: the first share does.
    #[inline]
    pub fn owns_rest(self) -> bool {
        self.index == 0
    }

    /// Part `index` of `of` of this share, for the threads that work on it.
    pub fn split(self, index: u32, of: u32) -> Option<Share> {
        let of_all = self.of.checked_mul(of)?;
        Share::new(self.index + self.of * index, of_all)
    }

    /// Which of `of` parts of this share owns the packets with this pair hash; `None` if this share does not.
    #[inline]
    pub fn part_that_owns(self, hash: u32, of: u32) -> Option<u32> {
        let in_all = hash % self.of.checked_mul(of)?;
        (in_all % self.of == self.index).then_some(in_all / self.of)
    }

    /// The libpcap filter that lets the IPv4 packets of this share through, and the rest (no IP) for share 0.
    ///
    /// IPv6 is not in it: classic BPF would need a dozen loads twice; a node that shares IPv6 too filters in user space.
    pub fn filter(self) -> String {
        let sum = "(ip[12:4] + ip[16:4])";
        let folded = format!("(({sum} ^ ({sum} >> 16)) * {MULTIPLIER})");
        let own = format!("(ip and ({folded} >> 12) % {} = {})", self.of, self.index);
        if self.owns_rest() {
            format!("{own} or not ip")
        } else {
            own
        }
    }
}

const MULTIPLIER: u32 = 0x9E37_79B1;

/// The hash of an address pair; the same for both directions.
#[inline]
pub fn pair_hash(a: IpAddr, b: IpAddr) -> u32 {
    let sum = word_sum(a).wrapping_add(word_sum(b));
    (sum ^ (sum >> 16)).wrapping_mul(MULTIPLIER) >> 12
}

#[inline]
fn word_sum(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => v4.to_bits(),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            let word = |shift: u32| (bits >> shift) as u32;
            word(96)
                .wrapping_add(word(64))
                .wrapping_add(word(32))
                .wrapping_add(word(0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_have_the_same_hash() {
        let a: IpAddr = "192.0.2.1".parse().unwrap();
        let b: IpAddr = "2001:db8::7".parse().unwrap();
        assert_eq!(pair_hash(a, b), pair_hash(b, a));
    }

    #[test]
    fn every_pair_has_exactly_one_owner_and_shares_are_even() {
        for of in [1, 2, 3, 7, 64] {
            let mut counts = vec![0_u32; of as usize];
            for last in 0..20_000_u32 {
                let a = IpAddr::from((0x0A00_0000 + last).to_be_bytes());
                let hash = pair_hash(a, "192.0.2.1".parse().unwrap());
                let owners: Vec<u32> = (0..of)
                    .filter(|&i| Share::new(i, of).unwrap().owns(hash))
                    .collect();
                assert_eq!(owners.len(), 1);
                counts[owners[0] as usize] += 1;
            }
            let even = 20_000 / of;
            assert!(
                counts
                    .iter()
                    .all(|&count| count > even / 2 && count < even * 2),
                "{of}: {counts:?}"
            );
        }
    }

    #[test]
    fn the_parts_of_a_share_make_it_up() {
        let share = Share::new(1, 3).unwrap();
        let parts: Vec<Share> = (0..4).map(|i| share.split(i, 4).unwrap()).collect();
        for hash in (0..1_000_000).step_by(97) {
            let owners: Vec<u32> = (0..4).filter(|&i| parts[i as usize].owns(hash)).collect();
            assert_eq!(owners.len(), usize::from(share.owns(hash)));
            assert_eq!(share.part_that_owns(hash, 4), owners.first().copied());
        }
        assert_eq!(Share::new(3, 3), None);
    }
}
