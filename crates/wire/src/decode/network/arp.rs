//! ARP and RARP (RFC 826, RFC 903).

use std::net::{IpAddr, Ipv4Addr};

use super::IPV4;
use crate::decode::cursor::Cursor;
use crate::{Fault, FaultKind, Layer, Network};

/// Reads an ARP packet for IPv4 over a link with addresses of any length.
#[cold]
pub(crate) fn read<'a>(ethertype: u32, at: Cursor<'a>) -> (Network<'a>, Option<Fault>) {
    match addresses(at) {
        Ok(arp) => (arp, None),
        Err(fault) => (Network::Other(ethertype), Some(fault)),
    }
}

fn addresses<'a>(start: Cursor<'a>) -> Result<Network<'a>, Fault> {
    let (&[_, _, p0, p1, hardware_len, protocol_len, o0, o1], _) =
        start.take::<8>(Layer::Network)?;
    if u32::from(u16::from_be_bytes([p0, p1])) != IPV4 || protocol_len != 4 {
        return Err(start.fault(Layer::Network, FaultKind::NotIp, 0));
    }
    let hardware_len = usize::from(hardware_len);
    let needed = 16 + 2 * hardware_len;
    let address = |at: usize| {
        let bytes = start.data.get(at..)?.first_chunk::<4>()?;
        Some(IpAddr::V4(Ipv4Addr::from(*bytes)))
    };
    let hardware = |at: usize| {
        let bytes = start.data.get(at..)?.first_chunk::<6>();
        bytes.copied().filter(|_| hardware_len == 6)
    };
    match (address(8 + hardware_len), address(12 + 2 * hardware_len)) {
        (Some(sender), Some(target)) => Ok(Network::Arp {
            operation: u16::from_be_bytes([o0, o1]),
            sender,
            target,
            hardware: [hardware(8), hardware(12 + hardware_len)],
        }),
        _ => Err(start.truncated(Layer::Network, needed)),
    }
}
