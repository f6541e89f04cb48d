//! Packets inside packets.

mod geneve;
mod gre;
mod gtp;
mod teredo;
mod vxlan;

use super::cursor::Cursor;
use super::link::Carried;
use super::network;
use crate::{
    Fault, FaultKind, Fragment, Ip, Layer, LinkHeader, Network, Outcome, Packet, Transport, Tunnel,
    Tunnels,
};

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const GRE: u8 = 47;

/// What a tunnel header leads to, or what is wrong with it.
type Entered<'a> = (Tunnel, Result<Carried<'a>, Fault>);

/// Goes into the tunnels of `packet`, at most so many, whose network header is at `offset`.
///
/// A tunnel that carries no IP and no ARP stays closed. One whose inside is broken, or nested too deep,
/// stays closed with a fault; since the packet around it is whole, a contradiction inside is one of the transport layer.
#[inline]
pub(crate) fn open<'a>(packet: &mut Packet<'a>, offset: u32, most: usize) {
    if let (None, Network::Ip(ip)) = (packet.fault, &packet.network)
        && may_be_tunnel(ip)
    {
        open_all(packet, offset, most);
    }
}

/// The tunnel that an IP packet is: one whose header can be read, with the begin of an IP or ARP packet inside.
pub fn tunnel(ip: &Ip<'_>) -> Option<Tunnel> {
    if !may_be_tunnel(ip) {
        return None;
    }
    let (kind, inside) = enter(ip, 0)?;
    let carried = inside.ok()?;
    let mut inner = Packet {
        link: LinkHeader::default(),
        network: Network::None,
        tunnels: Tunnels::default(),
        fault: None,
    };
    network::read(carried.protocol, carried.at, &mut inner);
    let is_packet = matches!(inner.network, Network::Ip(_) | Network::Arp { .. });
    is_packet.then_some(kind)
}

/// Whether other packets of the connection of `ip` may be tunnels: by its protocol, or by a port of UDP.
pub fn may_be_around(ip: &Ip<'_>) -> bool {
    match ip.transport {
        Transport::Udp(udp) => [udp.src_port, udp.dst_port].iter().any(|port| {
            matches!(
                *port,
                vxlan::PORT | vxlan::LINUX_PORT | geneve::PORT | gtp::PORT | teredo::PORT
            )
        }),
        // The ports of a later fragment are in the first.
        _ => matches!(ip.protocol, IPV4 | IPV6 | GRE) || ip.fragment != Fragment::Whole,
    }
}

#[inline]
fn may_be_tunnel(ip: &Ip<'_>) -> bool {
    match ip.transport {
        Transport::Other => matches!(ip.protocol, IPV4 | IPV6 | GRE),
        Transport::Udp(_) => true,
        _ => false,
    }
}

#[inline(never)]
fn open_all<'a>(packet: &mut Packet<'a>, mut offset: u32, most: usize) {
    while let (None, Network::Ip(ip)) = (packet.fault, packet.network)
        && packet.tunnels.len() < most
    {
        let Some((kind, inside)) = enter(&ip, offset) else {
            return;
        };
        let mut inner = Packet {
            network: Network::None,
            fault: None,
            ..*packet
        };
        let inner_offset = match inside {
            Ok(carried) => {
                network::read(carried.protocol, carried.at, &mut inner);
                carried.at.offset
            }
            Err(fault) => {
                inner.fault = Some(fault);
                fault.offset
            }
        };
        let is_packet = matches!(inner.network, Network::Ip(_) | Network::Arp { .. });
        if is_packet && inner.outcome() != Outcome::Ignored {
            if !packet.tunnels.push(kind) {
                let at = Cursor::declared(&[], inner_offset, 0);
                packet.fault = Some(at.fault(Layer::Transport, FaultKind::Malformed, 0));
                return;
            }
            packet.network = inner.network;
            packet.fault = inner.fault;
            offset = inner_offset;
        } else {
            packet.fault = inner.fault.and_then(fault_of_outer);
            return;
        }
    }
}

/// What a fault inside a tunnel is for the packet around it.
fn fault_of_outer(inner: Fault) -> Option<Fault> {
    match inner.kind {
        FaultKind::Truncated => Some(inner),
        FaultKind::Malformed => Some(Fault {
            layer: Layer::Transport,
            ..inner
        }),
        FaultKind::UnsupportedLink | FaultKind::NotIp | FaultKind::NoNetwork => None,
    }
}

/// Reads the tunnel header after `ip`, if there is one.
fn enter<'a>(ip: &Ip<'a>, offset: u32) -> Option<Entered<'a>> {
    let udp_header = match ip.transport {
        Transport::Udp(_) => 8,
        _ => 0,
    };
    let offset = offset.saturating_add(ip.header_len + udp_header);
    let at = Cursor::declared(ip.payload, offset, ip.payload_len);
    match (ip.transport, ip.protocol) {
        (Transport::Other, IPV4 | IPV6 | GRE) => {
            let carried = |protocol| Ok(Carried { protocol, at });
            match (ip.protocol, ip.src.is_ipv4()) {
                (GRE, _) => Some((Tunnel::Gre, gre::read(at)?)),
                (IPV4, true) => Some((Tunnel::IpInIp, carried(network::IPV4))),
                (IPV4, false) => Some((Tunnel::FourInSix, carried(network::IPV4))),
                (_, true) => Some((Tunnel::SixInFour, carried(network::IPV6))),
                (_, false) => Some((Tunnel::IpInIp, carried(network::IPV6))),
            }
        }
        (Transport::Udp(udp), _) => match (udp.src_port, udp.dst_port) {
            (_, vxlan::PORT | vxlan::LINUX_PORT) => Some((Tunnel::Vxlan, vxlan::read(at)?)),
            (_, geneve::PORT) => Some((Tunnel::Geneve, geneve::read(at)?)),
            (gtp::PORT, _) | (_, gtp::PORT) => Some((Tunnel::GtpU, gtp::read(at)?)),
            (teredo::PORT, _) | (_, teredo::PORT) => Some((Tunnel::Teredo, teredo::read(at)?)),
            _ => None,
        },
        _ => None,
    }
}
