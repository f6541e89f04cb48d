//! Teredo (RFC 4380).

use std::net::{IpAddr, Ipv6Addr};

use crate::decode::cursor::Cursor;
use crate::decode::link::Carried;
use crate::decode::network;
use crate::{Fault, Layer, LinkHeader, Network, Outcome, Packet, Tunnels};

pub(super) const PORT: u16 = 3544;

const AUTHENTICATION: [u8; 2] = [0, 1];
const ORIGIN: [u8; 2] = [0, 0];
/// Nonce and confirmation byte after client id and authentication value.
const NONCE: usize = 9;

/// Reads the optional indications before the IPv6 packet; `None` if the payload is not Teredo.
///
/// Since nothing marks Teredo but its port, the packet inside has to be whole, of exactly the length that
/// is there, and from or to an address that Teredo uses.
pub(super) fn read<'a>(at: Cursor<'a>) -> Option<Result<Carried<'a>, Fault>> {
    let at = indications(at)?;
    let mut inner = Packet {
        link: LinkHeader::default(),
        network: Network::None,
        tunnels: Tunnels::default(),
        fault: None,
    };
    network::ipv6::read(at, &mut inner);
    let Network::Ip(ip) = inner.network else {
        return None;
    };
    let is_teredo = inner.outcome() != Outcome::Ignored
        && ip.len == at.wire_len
        && (uses_teredo(ip.src) || uses_teredo(ip.dst));
    is_teredo.then_some(Ok(Carried {
        protocol: network::IPV6,
        at,
    }))
}

fn indications(mut at: Cursor<'_>) -> Option<Cursor<'_>> {
    if at.data.first_chunk::<2>() == Some(&AUTHENTICATION) {
        let (&[_, _, id_len, value_len], rest) = at.take::<4>(Layer::Transport).ok()?;
        let len = usize::from(id_len) + usize::from(value_len) + NONCE;
        at = rest.skip(len, Layer::Transport).ok()?;
    }
    if at.data.first_chunk::<2>() == Some(&ORIGIN) {
        at = at.skip(8, Layer::Transport).ok()?;
    }
    Some(at)
}

/// An address of the service prefix, or a link-local one as in router solicitations.
fn uses_teredo(address: IpAddr) -> bool {
    const SERVICE: [u16; 2] = [0x2001, 0];
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => {
            let [first, second, ..] = Ipv6Addr::segments(&address);
            [first, second] == SERVICE || first & 0xffc0 == 0xfe80
        }
    }
}
