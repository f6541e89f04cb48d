//! Events of the network layer and of connections as such: TCP's life cycle, datagrams, ARP.

use wire::decode::{TcpOption, tcp_options};
use wire::{Ip, Network, Packet, Tcp};

use super::arg::Arg;
use super::names::Name;
use super::out::Out;
use crate::connections::{ConnStats, News};

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

/// Fields of Zeek's `SYN_packet`.
const SYN: &[&str] = &[
    "is_orig",
    "DF",
    "ttl",
    "size",
    "win_size",
    "win_scale",
    "MSS",
    "SACK_OK",
    "TSval",
    "TSecr",
];

/// A SYN.
pub(super) fn syn(ip: &Ip<'_>, header: &Tcp<'_>, is_orig: bool, out: &mut Out<'_>) {
    let (mut scale, mut segment, mut selective) = (Arg::None, 0, false);
    let (mut value, mut echo) = (Arg::None, Arg::None);
    for option in tcp_options(header.options) {
        match option {
            TcpOption::WindowScale(shift) => scale = Arg::Count(shift.into()),
            TcpOption::MaximumSegmentSize(size) => segment = size,
            TcpOption::SackPermitted => selective = true,
            TcpOption::Timestamps { value: v, echo: e } => {
                (value, echo) = (Arg::Count(v.into()), Arg::Count(e.into()));
            }
            _ => {}
        }
    }
    let fields = [
        Arg::Bool(is_orig),
        Arg::Bool(ip.dont_fragment),
        Arg::Count(u64::from(ip.ttl)),
        Arg::Count(u64::from(ip.len)),
        Arg::Count(u64::from(header.window)),
        scale,
        Arg::Count(u64::from(segment)),
        Arg::Bool(selective),
        value,
        echo,
    ];
    out.event(
        Name::ConnectionSyn,
        Some(is_orig),
        &[Arg::Record(SYN, &fields)],
    );
}

/// Fields of Zeek's `endpoint_stats`.
const STATS: &[&str] = &[
    "num_pkts",
    "num_rxmit",
    "num_rxmit_bytes",
    "num_in_order",
    "num_OO",
    "num_repl",
    "endian_type",
];

/// What both sides of a TCP connection sent, at its end.
pub(super) fn stats(sides: [ConnStats; 2], out: &mut Out<'_>) {
    let [orig, resp] = sides.map(|side| {
        [
            side.num_pkts,
            side.num_rxmit,
            side.num_rxmit_bytes,
            side.num_in_order,
            side.num_oo,
            side.num_repl,
            side.endian_type.into(),
        ]
        .map(Arg::Count)
    });
    let args = [Arg::Record(STATS, &orig), Arg::Record(STATS, &resp)];
    out.event(Name::ConnStats, None, &args);
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

/// ARP: no connection.
pub(super) fn arp(packet: &Packet<'_>, out: &mut Out<'_>) {
    let Network::Arp {
        operation,
        sender,
        target,
        hardware,
    } = packet.network
    else {
        return;
    };
    let name = match operation {
        1 => Name::ArpRequest,
        2 => Name::ArpReply,
        _ => return,
    };
    let [sender_mac, target_mac] = hardware.map(|address| address.map(|bytes| mac(Some(bytes))));
    let (from, to) = (mac(packet.link.source), mac(packet.link.destination));
    let args = [
        Arg::Str(&from),
        Arg::Str(&to),
        Arg::Addr(sender),
        sender_mac.as_ref().map_or(Arg::None, |mac| Arg::Str(mac)),
        Arg::Addr(target),
        target_mac.as_ref().map_or(Arg::None, |mac| Arg::Str(mac)),
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
