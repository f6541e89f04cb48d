//! Events of the network layer and of connections as such: TCP's life cycle, datagrams, ICMP, ARP.

use wire::{Icmp, Ip, Network, Packet, Transport};

use super::event::Arg;
use super::names::Name;
use super::out::Out;
use crate::connections::News;

/// What a TCP segment did to its connection, in Zeek's order.
pub(super) fn tcp(news: News, out: &mut Out<'_>) {
    const EVENTS: [(News, Name); 9] = [
        (News::FIRST_ACK, Name::ConnectionFirstAck),
        (News::ESTABLISHED, Name::ConnectionEstablished),
        (News::REJECTED, Name::ConnectionRejected),
        (News::PARTIAL, Name::PartialConnection),
        (News::RESET, Name::ConnectionReset),
        (News::FINISHED, Name::ConnectionFinished),
        (News::HALF_FINISHED, Name::ConnectionHalfFinished),
        (News::ATTEMPT, Name::ConnectionAttempt),
        (News::PENDING, Name::ConnectionPending),
    ];
    if news.is_empty() {
        return;
    }
    for (what, is_orig) in [(News::ORIG_EOF, true), (News::RESP_EOF, false)] {
        if news.has(what) {
            out.event(Name::ConnectionEof, Some(is_orig), &[Arg::Bool(is_orig)]);
        }
    }
    for (what, name) in EVENTS {
        if news.has(what) {
            out.event(name, None, &[]);
        }
    }
}

/// A SYN.
pub(super) fn syn(ip: &Ip<'_>, window: u16, is_orig: bool, out: &mut Out<'_>) {
    let args = [
        Arg::Bool(is_orig),
        Arg::Bool(ip.dont_fragment),
        Arg::Count(u64::from(ip.ttl)),
        Arg::Count(u64::from(ip.len)),
        Arg::Count(u64::from(window)),
    ];
    out.event(Name::ConnectionSyn, Some(is_orig), &args);
}

/// A datagram of UDP.
pub(super) fn udp(is_orig: bool, out: &mut Out<'_>) {
    let name = if is_orig {
        Name::UdpRequest
    } else {
        Name::UdpReply
    };
    out.event(name, Some(is_orig), &[]);
}

/// A message of ICMP or ICMPv6.
pub(super) fn icmp(ip: &Ip<'_>, icmp: &Icmp, is_orig: bool, out: &mut Out<'_>) {
    let v6 = ip.protocol == 58;
    let (id, seq) = (icmp.rest >> 16, icmp.rest & 0xffff);
    let context = [Arg::Count(u64::from(icmp.code)), Arg::Str(ip.payload)];
    let options = [Arg::Str(ip.payload)];
    let target = ip.payload.first_chunk::<16>().copied().unwrap_or_default();
    let neighbor = [
        Arg::Addr(std::net::Ipv6Addr::from(target).into()),
        Arg::Str(ip.payload),
    ];
    let echo = [
        Arg::Count(u64::from(id)),
        Arg::Count(u64::from(seq)),
        Arg::Str(ip.payload),
    ];
    let (name, args): (Name, &[Arg<'_>]) = match (v6, icmp.kind) {
        (false, 8) | (true, 128) => (Name::IcmpEchoRequest, &echo),
        (false, 0) | (true, 129) => (Name::IcmpEchoReply, &echo),
        (false, 3) | (true, 1) => (Name::IcmpUnreachable, &context),
        (false, 11) | (true, 3) => (Name::IcmpTimeExceeded, &context),
        (true, 2) => (Name::IcmpPacketTooBig, &context),
        (true, 4) => (Name::IcmpParameterProblem, &context),
        (true, 137) => (Name::IcmpRedirect, &context),
        (true, 133) => (Name::IcmpRouterSolicitation, &options),
        (true, 134) => (Name::IcmpRouterAdvertisement, &options),
        (true, 135) => (Name::IcmpNeighborSolicitation, &neighbor),
        (true, 136) => (Name::IcmpNeighborAdvertisement, &neighbor),
        _ => {
            let args = [
                Arg::Count(u64::from(icmp.kind)),
                Arg::Count(u64::from(icmp.code)),
                Arg::Count(u64::from(ip.payload_len)),
            ];
            out.event(Name::IcmpSent, Some(is_orig), &args);
            return;
        }
    };
    out.event(name, Some(is_orig), args);
}

/// ARP: no connection.
pub(super) fn arp(packet: &Packet<'_>, out: &mut Out<'_>) {
    let Network::Arp {
        operation,
        sender,
        target,
    } = packet.network
    else {
        return;
    };
    let name = match operation {
        1 => Name::ArpRequest,
        2 => Name::ArpReply,
        _ => return,
    };
    let (from, to) = (mac(packet.link.source), mac(packet.link.destination));
    let args = [
        Arg::Str(&from),
        Arg::Str(&to),
        Arg::Addr(sender),
        Arg::Addr(target),
    ];
    out.event(name, None, &args);
}

/// A hardware address as text.
fn mac(address: Option<[u8; 6]>) -> [u8; 17] {
    let mut text = [b':'; 17];
    let digit = |n: u8| {
        b"0123456789abcdef"
            .get(usize::from(n & 15))
            .copied()
            .unwrap_or(b'0')
    };
    for (place, byte) in text.chunks_mut(3).zip(address.unwrap_or_default()) {
        if let [high, low, ..] = place {
            (*high, *low) = (digit(byte >> 4), digit(byte));
        }
    }
    text
}

/// Whether a packet is a SYN, with its window.
pub(super) fn syn_window(ip: &Ip<'_>) -> Option<u16> {
    match ip.transport {
        Transport::Tcp(header) if header.flags & 2 != 0 => Some(header.window),
        _ => None,
    }
}
