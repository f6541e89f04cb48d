//! Transport checksums, and those that the sending host left to its network card.

use std::net::IpAddr;

use hashbrown::HashSet;
use wire::{Ip, Transport};

use super::conn::Side;

/// What a checksum says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Right, not used, or not to be told from what was captured.
    Good,
    /// Wrong.
    Bad,
    /// The sum of the pseudo header alone, or 0: the network card was to complete it.
    Offload,
}

/// Checks the checksum of a whole packet.
pub(super) fn verify(ip: &Ip<'_>) -> Verdict {
    let segment = ip.segment;
    let declared = ip.len.saturating_sub(ip.header_len);
    if (segment.len() as u32) < declared {
        return Verdict::Good;
    }
    let (stored, pseudo) = match ip.transport {
        Transport::Tcp(tcp) => (tcp.checksum, true),
        Transport::Udp(udp) if udp.checksum == 0 && ip.src.is_ipv4() => return Verdict::Good,
        // UDP-Lite covers a part only.
        Transport::Udp(udp) if ip.protocol == 17 => (udp.checksum, true),
        Transport::Icmp(icmp) => (icmp.checksum, ip.protocol == 58),
        _ => return Verdict::Good,
    };
    let pseudo_sum = if pseudo {
        pseudo_header(ip, declared)
    } else {
        0
    };
    if fold(pseudo_sum + sum(segment)) == 0xffff {
        return Verdict::Good;
    }
    // Segmentation offload leaves the length out of the sum.
    let without_len = fold(pseudo_sum - u64::from(declared >> 16) - u64::from(declared & 0xffff));
    if pseudo && (stored == fold(pseudo_sum) || stored == without_len || stored == 0) {
        Verdict::Offload
    } else {
        Verdict::Bad
    }
}

/// Senders that have shown a right checksum. One that never does is captured on its own machine, before the network
/// card completes them: its packets are used.
#[derive(Debug, Default)]
pub(super) struct Senders {
    honest: HashSet<IpAddr>,
}

impl Senders {
    /// When so many are known, the others are taken for honest, too.
    const MAX: usize = 1 << 16;

    #[inline]
    pub(super) fn judge(
        &mut self,
        verdict: Verdict,
        ip: &Ip<'_>,
        side: Option<&mut Side>,
    ) -> Verdict {
        match side {
            Some(side) if !side.honest => self.judge_unknown(verdict, ip.src, side),
            _ => verdict,
        }
    }

    /// Of a side that has not shown a right checksum in this connection.
    #[inline(never)]
    fn judge_unknown(&mut self, verdict: Verdict, sender: IpAddr, side: &mut Side) -> Verdict {
        let has_room = self.honest.len() < Self::MAX;
        match verdict {
            Verdict::Good => {
                side.honest = true;
                if has_room {
                    self.honest.insert(sender);
                }
            }
            Verdict::Bad if has_room && !self.honest.contains(&sender) => return Verdict::Offload,
            _ => {}
        }
        verdict
    }
}

fn pseudo_header(ip: &Ip<'_>, len: u32) -> u64 {
    let addresses = match (ip.src, ip.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => u64::from(src.to_bits()) + u64::from(dst.to_bits()),
        (IpAddr::V6(src), IpAddr::V6(dst)) => words(src.to_bits()) + words(dst.to_bits()),
        _ => 0,
    };
    u64::from(fold(addresses))
        + u64::from(ip.protocol)
        + u64::from(len >> 16)
        + u64::from(len & 0xffff)
}

/// Sum of the four 32-bit words of an address, which folds to that of its 16-bit words.
fn words(address: u128) -> u64 {
    [96, 64, 32, 0]
        .iter()
        .map(|shift| u64::from((address >> shift) as u32))
        .sum()
}

/// Sum of 16-bit words, an odd byte padded. Words are added 32 bits at a time and in the order of the machine's bytes:
/// the ones' complement sum is the same, its bytes are put in order at the end (RFC 1071).
fn sum(data: &[u8]) -> u64 {
    let (chunks, tail) = data.as_chunks::<4>();
    let total: u64 = chunks
        .iter()
        .map(|chunk| u64::from(u32::from_ne_bytes(*chunk)))
        .sum();
    let mut last = [0; 4];
    for (place, byte) in last.iter_mut().zip(tail) {
        *place = *byte;
    }
    u64::from(fold(total + u64::from(u32::from_ne_bytes(last))).to_be())
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_words_of_any_length() {
        let data = [
            0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0,
        ];
        let by_words: u64 = data
            .chunks(2)
            .map(|pair| u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0)))
            .sum();
        assert_eq!(fold(sum(&data)), fold(by_words));
    }
}
