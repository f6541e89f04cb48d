//! The service that the first payload of a side shows, and what it turns to later, in Zeek's names. Never by port
//! alone: a port only lends weight where a format has little of its own.

mod binary;
mod datagram;
mod ftp;
mod next;
mod text;

use wire::decode::tunnel;
use wire::{Ip, Transport, Tunnel};

pub(super) use ftp::announced;
pub(super) use next::Next;

/// What the first payload of a side says; `None` when nothing can be told.
pub(super) fn service(ip: &Ip<'_>, from_orig: bool) -> Option<&'static str> {
    let payload = ip.payload;
    match ip.transport {
        Transport::Tcp(tcp) => {
            let ports = (tcp.src_port, tcp.dst_port);
            text::stream(payload, from_orig).or_else(|| binary::stream(payload, ports, from_orig))
        }
        Transport::Udp(udp) => match tunnel(ip) {
            Some(kind) => tunnel_name(kind),
            None => datagram::datagram(payload, (udp.src_port, udp.dst_port)),
        },
        _ => None,
    }
}

fn tunnel_name(kind: Tunnel) -> Option<&'static str> {
    Some(match kind {
        Tunnel::Vxlan => "vxlan",
        Tunnel::Geneve => "geneve",
        Tunnel::GtpU => "gtpv1",
        Tunnel::Teredo => "teredo",
        _ => return None,
    })
}

/// A 16-bit field in network order.
fn be16(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?
        .first_chunk()
        .map(|bytes| u16::from_be_bytes(*bytes))
}

/// A 32-bit field in network order.
fn be32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?
        .first_chunk()
        .map(|bytes| u32::from_be_bytes(*bytes))
}

/// The length of a BER element whose length field is at `at`, and where its content starts.
fn ber_len(data: &[u8], at: usize) -> Option<(usize, usize)> {
    match *data.get(at)? {
        short @ 0..=0x7f => Some((usize::from(short), at + 1)),
        long @ 0x81..=0x84 => {
            let count = usize::from(long & 0x7f);
            let bytes = data.get(at + 1..at + 1 + count)?;
            let len = bytes
                .iter()
                .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
            Some((len, at + 1 + count))
        }
        _ => None,
    }
}

/// A Kerberos message (RFC 4120): its tag, a sequence, the version 5.
fn kerberos(data: &[u8]) -> Option<()> {
    let tag = *data.first()?;
    if !matches!(tag, 0x6a..=0x6f | 0x74..=0x76 | 0x7e) {
        return None;
    }
    let (_, at) = ber_len(data, 1)?;
    if *data.get(at)? != 0x30 {
        return None;
    }
    let (_, at) = ber_len(data, at + 1)?;
    let version = data.get(at..at + 5)?;
    matches!(version, [0xa0 | 0xa1, 3, 2, 1, 5]).then_some(())
}

/// A DNS message (RFC 1035; also mDNS, LLMNR and NetBIOS names): header, and the first name.
fn dns(data: &[u8]) -> Option<()> {
    let (flags, questions) = (be16(data, 2)?, be16(data, 4)?);
    let records =
        u32::from(be16(data, 6)?) + u32::from(be16(data, 8)?) + u32::from(be16(data, 10)?);
    let opcode = flags >> 11 & 15;
    if opcode > 9 || questions > 64 || records > 2048 || questions == 0 && records == 0 {
        return None;
    }
    let mut at = 12;
    let mut length = 0;
    loop {
        match *data.get(at)? {
            0 => break at += 1,
            0xc0.. => break at += 2,
            label @ 1..64 => {
                at += 1 + usize::from(label);
                length += 1 + usize::from(label);
            }
            _ => return None,
        }
        if length > 255 {
            return None;
        }
    }
    let (kind, class) = (be16(data, at)?, be16(data, at + 2)? & 0x7fff);
    // An OPT record has no class.
    let known = matches!(class, 1 | 3 | 4 | 254 | 255) || kind == 41;
    (kind != 0 && known).then_some(())
}
