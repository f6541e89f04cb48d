//! Internet checksums (RFC 1071) of the headers of a decoded packet.

use std::net::IpAddr;

use super::network::ipv6::{DESTINATION, ROUTING, extension_len, is_extension};
use super::transport::{ICMPV6, UDP_LITE};
use crate::{Fragment, Ip, LengthSource, Transport};

/// Whether a checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// It is what the bytes sum up to.
    Good,
    /// It is not; so too in packets captured before a network card filled it in.
    Bad,
    /// It cannot be told: not all bytes are there (cut capture, fragment), none was sent, or there is none.
    Unknown,
}

impl Checksum {
    fn of(sum: u32) -> Self {
        if fold(sum) == 0xffff {
            Checksum::Good
        } else {
            Checksum::Bad
        }
    }
}

/// The checksum of an IPv4 header; IPv6 has none.
pub fn ipv4_header(ip: &Ip<'_>) -> Checksum {
    if ip.src.is_ipv6() || ip.header.len() != ip.header_len as usize {
        return Checksum::Unknown;
    }
    Checksum::of(sum(0, ip.header))
}

/// The checksum of a TCP, UDP, UDP-Lite, ICMP or ICMPv6 packet, with the pseudo header where it has one.
///
/// Unknown where the final destination is not that of the IP header (source routes, mobility).
pub fn transport(ip: &Ip<'_>) -> Checksum {
    let whole = ip.fragment == Fragment::Whole
        && ip.length_source != LengthSource::Wire
        && ip.segment.len() == ip.len.saturating_sub(ip.header_len) as usize;
    if !whole || has_other_ends(ip) {
        return Checksum::Unknown;
    }
    let len = ip.segment.len();
    match ip.transport {
        Transport::Tcp(_) => Checksum::of(sum(pseudo(ip, len), ip.segment)),
        Transport::Udp(udp) if udp.checksum == 0 => Checksum::Unknown,
        Transport::Udp(udp) if ip.protocol == UDP_LITE => {
            let covered = match usize::from(udp.len) {
                0 => len,
                coverage => coverage,
            };
            match ip.segment.get(..covered) {
                Some(covered) => Checksum::of(sum(pseudo(ip, len), covered)),
                None => Checksum::Bad,
            }
        }
        Transport::Udp(udp) => {
            let len = match usize::from(udp.len) {
                0 => len,
                declared => declared,
            };
            match ip.segment.get(..len) {
                Some(datagram) => Checksum::of(sum(pseudo(ip, len), datagram)),
                None => Checksum::Unknown,
            }
        }
        Transport::Icmp(_) if ip.protocol == ICMPV6 => {
            Checksum::of(sum(pseudo(ip, len), ip.segment))
        }
        Transport::Icmp(_) => Checksum::of(sum(0, ip.segment)),
        Transport::Ports(_) | Transport::Other | Transport::Unread => Checksum::Unknown,
    }
}

/// The sum over the pseudo header of RFC 9293 and RFC 8200.
fn pseudo(ip: &Ip<'_>, len: usize) -> u32 {
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let start = u32::from(ip.protocol) + (len >> 16) + (len & 0xffff);
    match (ip.src, ip.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => sum(sum(start, &src.octets()), &dst.octets()),
        (IpAddr::V6(src), IpAddr::V6(dst)) => sum(sum(start, &src.octets()), &dst.octets()),
        _ => start,
    }
}

/// Adds the 16-bit words of `bytes`, an odd last one padded with zero; folds so that it cannot overflow.
fn sum(start: u32, bytes: &[u8]) -> u32 {
    let mut total = u64::from(start);
    let (words, rest) = bytes.as_chunks::<4>();
    for &word in words {
        total += u64::from(u32::from_be_bytes(word));
    }
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    total += u64::from(u32::from_be_bytes(last));
    let total = (total >> 32) + (total & 0xffff_ffff);
    let total = (total >> 16) + (total & 0xffff);
    fold(u32::try_from(total).unwrap_or(u32::MAX))
}

fn fold(mut sum: u32) -> u32 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum
}

/// Whether the transport's ends differ from the addresses of the IP header: an unfinished source route,
/// or a home address.
fn has_other_ends(ip: &Ip<'_>) -> bool {
    match ip.src {
        IpAddr::V4(_) => ip.header_len > 20 && has_source_route(ip.header),
        IpAddr::V6(_) => ip.header_len > 40 && has_route_or_home(ip.header).unwrap_or(false),
    }
}

fn has_source_route(header: &[u8]) -> bool {
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    let mut options = header.get(20..).unwrap_or(&[]);
    loop {
        match *options {
            [1, ref rest @ ..] => options = rest,
            [LOOSE | STRICT, len, pointer, ..] => return pointer <= len,
            [kind, len, ..] if kind != 0 && len >= 2 => {
                options = options.get(usize::from(len)..).unwrap_or(&[]);
            }
            _ => return false,
        }
    }
}

fn has_route_or_home(header: &[u8]) -> Option<bool> {
    const HOME_ADDRESS: u8 = 0xc9;
    let mut kind = *header.get(6)?;
    let mut rest = header.get(40..)?;
    while is_extension(kind) {
        let &[next, words, _, left] = rest.first_chunk::<4>()?;
        let len = extension_len(kind, words);
        let content = rest.get(2..len)?;
        match kind {
            ROUTING if left > 0 => return Some(true),
            DESTINATION if option_kinds(content).any(|option| option == HOME_ADDRESS) => {
                return Some(true);
            }
            _ => {}
        }
        kind = next;
        rest = rest.get(len..)?;
    }
    Some(false)
}

/// The kinds of the options of a destination header.
fn option_kinds(mut content: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (&kind, rest) = content.split_first()?;
        content = match kind {
            0 => rest,
            _ => rest.get(1 + usize::from(*rest.first()?)..)?,
        };
        Some(kind)
    })
}
