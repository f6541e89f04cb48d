//! Packets to bytes: Ethernet, VLAN tags, IPv4, IPv6, fragments, TCP, UDP, ICMP, ARP, with right checksums.

use std::net::IpAddr;

use crate::packet::{Body, Options, Packet, Segment, flag};

/// Largest IP packet on the link.
pub const MTU: usize = 1500;

/// Turns packets into frames; keeps its buffers.
#[derive(Debug, Default)]
pub struct Builder {
    /// The frame of the last [`Builder::build`].
    pub frame: Vec<u8>,
    transport: Vec<u8>,
}

impl Builder {
    /// Builds the frame of a packet whose payload `payload` appends.
    ///
    /// A packet that is larger than [`MTU`] gives its fragment number `packet.fragment`; the result says
    /// whether more follow.
    pub fn build(&mut self, packet: &Packet, payload: impl FnOnce(&mut Vec<u8>)) -> bool {
        self.frame.clear();
        self.frame.extend_from_slice(&if is_multicast_arp(packet) {
            [0xff; 6]
        } else {
            packet.dst.mac
        });
        self.frame.extend_from_slice(&packet.src.mac);
        if let Some(vlan) = packet.vlan {
            self.frame.extend_from_slice(&[0x81, 0]);
            self.frame.extend_from_slice(&vlan.to_be_bytes());
        }
        if let Body::Arp { operation } = packet.body {
            self.arp(packet, operation);
            return false;
        }
        let v6 = packet.src.addr.is_ipv6();
        self.frame
            .extend_from_slice(if v6 { &[0x86, 0xdd] } else { &[8, 0] });

        self.transport.clear();
        let protocol = self.transport_header(&packet.body, packet);
        payload(&mut self.transport);
        finish(&mut self.transport, protocol, packet);

        let header = if v6 { 40 } else { 20 };
        if self.transport.len() + header <= MTU {
            let whole = std::mem::take(&mut self.transport);
            self.ip_header(packet, protocol, whole.len(), None);
            self.frame.extend_from_slice(&whole);
            self.transport = whole;
            return false;
        }
        self.fragment(packet, protocol, if v6 { 48 } else { 20 })
    }

    fn fragment(&mut self, packet: &Packet, protocol: u8, header: usize) -> bool {
        let step = (MTU - header) / 8 * 8;
        let from = usize::from(packet.fragment) * step;
        let to = (from + step).min(self.transport.len());
        let more = to < self.transport.len();
        let whole = std::mem::take(&mut self.transport);
        self.ip_header(
            packet,
            protocol,
            to.saturating_sub(from),
            Some((from, more)),
        );
        self.frame
            .extend_from_slice(whole.get(from..to).unwrap_or_default());
        self.transport = whole;
        more
    }

    fn ip_header(
        &mut self,
        packet: &Packet,
        protocol: u8,
        len: usize,
        fragment: Option<(usize, bool)>,
    ) {
        let at = self.frame.len();
        let out = &mut self.frame;
        match (packet.src.addr, packet.dst.addr) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                out.extend_from_slice(&[0x45, packet.tos]);
                out.extend_from_slice(&((len + 20) as u16).to_be_bytes());
                out.extend_from_slice(&packet.id.to_be_bytes());
                let bits = match fragment {
                    Some((from, more)) => (from / 8) as u16 | if more { 0x2000 } else { 0 },
                    None => u16::from(packet.df) << 14,
                };
                out.extend_from_slice(&bits.to_be_bytes());
                out.extend_from_slice(&[packet.ttl, protocol, 0, 0]);
                out.extend_from_slice(&src.octets());
                out.extend_from_slice(&dst.octets());
                let sum = checksum(0, out.get(at..).unwrap_or_default());
                patch(out, at + 10, sum);
            }
            (src, dst) => {
                let extension = if fragment.is_some() { 8 } else { 0 };
                let label =
                    (u32::from(packet.src.port) << 4 ^ u32::from(packet.dst.port)) & 0xf_ffff;
                out.extend_from_slice(
                    &(0x6000_0000 | u32::from(packet.tos) << 20 | label).to_be_bytes(),
                );
                out.extend_from_slice(&((len + extension) as u16).to_be_bytes());
                out.extend_from_slice(&[
                    if fragment.is_some() { 44 } else { protocol },
                    packet.ttl,
                ]);
                out.extend_from_slice(&v6_octets(src));
                out.extend_from_slice(&v6_octets(dst));
                if let Some((from, more)) = fragment {
                    out.extend_from_slice(&[protocol, 0]);
                    out.extend_from_slice(&(from as u16 | u16::from(more)).to_be_bytes());
                    out.extend_from_slice(&u32::from(packet.id).to_be_bytes());
                }
            }
        }
    }

    fn transport_header(&mut self, body: &Body, packet: &Packet) -> u8 {
        let out = &mut self.transport;
        match body {
            Body::Tcp(segment) => {
                tcp_header(out, segment, packet);
                6
            }
            Body::Udp { .. } => {
                out.extend_from_slice(&packet.src.port.to_be_bytes());
                out.extend_from_slice(&packet.dst.port.to_be_bytes());
                out.extend_from_slice(&[0; 4]);
                17
            }
            Body::Icmp { .. } | Body::Arp { .. } => {
                if packet.src.addr.is_ipv6() {
                    58
                } else {
                    1
                }
            }
        }
    }

    fn arp(&mut self, packet: &Packet, operation: u16) {
        let out = &mut self.frame;
        out.extend_from_slice(&[8, 6, 0, 1, 8, 0, 6, 4]);
        out.extend_from_slice(&operation.to_be_bytes());
        out.extend_from_slice(&packet.src.mac);
        out.extend_from_slice(&v4_octets(packet.src.addr));
        out.extend_from_slice(&if operation == 1 {
            [0; 6]
        } else {
            packet.dst.mac
        });
        out.extend_from_slice(&v4_octets(packet.dst.addr));
    }
}

fn is_multicast_arp(packet: &Packet) -> bool {
    matches!(packet.body, Body::Arp { operation: 1 })
}

fn v4_octets(addr: IpAddr) -> [u8; 4] {
    match addr {
        IpAddr::V4(addr) => addr.octets(),
        IpAddr::V6(_) => [0; 4],
    }
}

fn v6_octets(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}

fn tcp_header(out: &mut Vec<u8>, segment: &Segment, packet: &Packet) {
    out.extend_from_slice(&packet.src.port.to_be_bytes());
    out.extend_from_slice(&packet.dst.port.to_be_bytes());
    out.extend_from_slice(&segment.isn.wrapping_add(segment.start as u32).to_be_bytes());
    let ack = if segment.flags & flag::ACK != 0 {
        segment.peer_isn.wrapping_add(segment.ack as u32)
    } else {
        0
    };
    out.extend_from_slice(&ack.to_be_bytes());
    out.extend_from_slice(&[0x50, segment.flags]);
    out.extend_from_slice(&segment.window.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    tcp_options(out, &segment.options);
    let words = (out.len() / 4) as u8;
    if let Some(byte) = out.get_mut(12) {
        *byte = words << 4;
    }
}

fn tcp_options(out: &mut Vec<u8>, options: &Options) {
    if let Some(mss) = options.mss {
        out.extend_from_slice(&[2, 4]);
        out.extend_from_slice(&mss.to_be_bytes());
    }
    if let Some((value, echo)) = options.timestamps {
        out.extend_from_slice(if options.sack_permitted {
            &[4, 2]
        } else {
            &[1, 1]
        });
        out.extend_from_slice(&[8, 10]);
        out.extend_from_slice(&value.to_be_bytes());
        out.extend_from_slice(&echo.to_be_bytes());
    } else if options.sack_permitted {
        out.extend_from_slice(&[1, 1, 4, 2]);
    }
    if let Some(shift) = options.window_scale {
        out.extend_from_slice(&[1, 3, 3, shift]);
    }
    let blocks = options
        .sack
        .get(..usize::from(options.sacks))
        .unwrap_or_default();
    if !blocks.is_empty() {
        out.extend_from_slice(&[1, 1, 5, 2 + 8 * options.sacks]);
        for (left, right) in blocks {
            out.extend_from_slice(&left.to_be_bytes());
            out.extend_from_slice(&right.to_be_bytes());
        }
    }
}

/// Sets length and checksum of a transport message.
fn finish(message: &mut [u8], protocol: u8, packet: &Packet) {
    let at = match protocol {
        6 => 16,
        17 => {
            patch(message, 4, message.len() as u16);
            6
        }
        _ => 2,
    };
    let pseudo = match (packet.src.addr, packet.dst.addr) {
        (IpAddr::V4(_), IpAddr::V4(_)) if protocol == 1 => 0,
        (IpAddr::V4(src), IpAddr::V4(dst)) => partial(&src.octets()) + partial(&dst.octets()),
        (src, dst) => partial(&v6_octets(src)) + partial(&v6_octets(dst)),
    };
    let pseudo = if protocol == 1 {
        0
    } else {
        pseudo + u64::from(protocol) + message.len() as u64
    };
    let sum = checksum(pseudo, message);
    patch(
        message,
        at,
        if sum == 0 && protocol == 17 {
            0xffff
        } else {
            sum
        },
    );
}

fn patch(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(field) = bytes.get_mut(at..at + 2) {
        field.copy_from_slice(&value.to_be_bytes());
    }
}

/// The Internet checksum (RFC 1071) of a pseudo header's sum and a message.
pub fn checksum(start: u64, message: &[u8]) -> u16 {
    let mut sum = start + partial(message);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The sum of big-endian 16-bit words.
fn partial(message: &[u8]) -> u64 {
    let (words, rest) = message.as_chunks::<4>();
    let mut sum: u64 = words
        .iter()
        .map(|word| u64::from(u32::from_be_bytes(*word)))
        .sum();
    sum = (sum & 0xffff_ffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    let mut last = [0u8; 4];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let last = u32::from_be_bytes(last);
    sum + u64::from(last >> 16) + u64::from(last & 0xffff)
}
