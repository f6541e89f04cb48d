//! Packets built, and damaged packets sliced, by an independent library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use etherparse::{LaxNetSlice, LaxSlicedPacket, PacketBuilder, TcpOptionElement, TransportSlice};
use proptest::prelude::*;
use wire::decode::checksum::{self, Checksum};
use wire::decode::{TcpOption, tcp_options};
use wire::{DecodeOptions, FaultKind, Ip, LinkType, Network, Packet, Record, Transport, decode};

fn decoded(data: &[u8]) -> Packet<'_> {
    let record = Record {
        time_ns: 0,
        wire_len: data.len() as u32,
        link_type: LinkType::ETHERNET,
        data,
    };
    decode(&record, DecodeOptions::default())
}

fn ip<'a>(packet: &Packet<'a>) -> Ip<'a> {
    match packet.network {
        Network::Ip(ip) => ip,
        other => panic!("{other:?}: {:?}", packet.fault),
    }
}

#[derive(Clone, Debug)]
enum Built {
    Tcp { seq: u32, window: u16, syn: bool },
    Udp,
    Echo { id: u16, seq: u16 },
}

fn built() -> impl Strategy<Value = Built> {
    prop_oneof![
        (any::<u32>(), any::<u16>(), any::<bool>()).prop_map(|(seq, window, syn)| Built::Tcp {
            seq,
            window,
            syn
        }),
        Just(Built::Udp),
        (any::<u16>(), any::<u16>()).prop_map(|(id, seq)| Built::Echo { id, seq }),
    ]
}

fn build(
    kind: &Built,
    v6: bool,
    vlan: Option<u16>,
    addresses: ([u8; 16], [u8; 16]),
    ports: (u16, u16),
    payload: &[u8],
) -> Vec<u8> {
    let link = PacketBuilder::ethernet2([1; 6], [2; 6]);
    let (src, dst) = addresses;
    let first = |address: [u8; 16]| -> [u8; 4] { address[..4].try_into().unwrap() };
    let net = match (vlan, v6) {
        (None, false) => link.ipv4(first(src), first(dst), 64),
        (None, true) => link.ipv6(src, dst, 64),
        (Some(vlan), v6) => {
            let tagged = link.single_vlan(vlan.try_into().unwrap());
            if v6 {
                tagged.ipv6(src, dst, 64)
            } else {
                tagged.ipv4(first(src), first(dst), 64)
            }
        }
    };
    let mut bytes = Vec::new();
    match *kind {
        Built::Tcp { seq, window, syn } => {
            let tcp = net.tcp(ports.0, ports.1, seq, window).ack(7);
            let tcp = if syn { tcp.syn() } else { tcp.psh() };
            let tcp = tcp
                .options(&[
                    TcpOptionElement::MaximumSegmentSize(1460),
                    TcpOptionElement::Timestamp(1, 2),
                ])
                .unwrap();
            tcp.write(&mut bytes, payload).unwrap();
        }
        Built::Udp => net
            .udp(ports.0, ports.1)
            .write(&mut bytes, payload)
            .unwrap(),
        Built::Echo { id, seq } if v6 => {
            net.icmpv6_echo_request(id, seq)
                .write(&mut bytes, payload)
                .unwrap();
        }
        Built::Echo { id, seq } => {
            net.icmpv4_echo_request(id, seq)
                .write(&mut bytes, payload)
                .unwrap();
        }
    }
    bytes
}

/// Compares all that both sides read; they differ by design in what they call truncated.
fn compare(data: &[u8]) -> Result<(), TestCaseError> {
    let packet = decoded(data);
    let Ok(theirs) = LaxSlicedPacket::from_ethernet(data) else {
        prop_assert_eq!(packet.fault.unwrap().kind, FaultKind::Truncated);
        return Ok(());
    };
    let Network::Ip(ip) = packet.network else {
        return Ok(());
    };
    match theirs.net {
        Some(LaxNetSlice::Ipv4(ref theirs)) => {
            prop_assert_eq!(ip.src, std::net::IpAddr::V4(theirs.header().source_addr()));
            prop_assert_eq!(
                ip.dst,
                std::net::IpAddr::V4(theirs.header().destination_addr())
            );
            prop_assert_eq!(ip.header_len as usize, theirs.header().slice().len());
            prop_assert_eq!(ip.protocol, theirs.header().protocol().0);
            prop_assert_eq!(ip.ttl, theirs.header().ttl());
        }
        Some(LaxNetSlice::Ipv6(ref theirs)) => {
            prop_assert_eq!(ip.src, std::net::IpAddr::V6(theirs.header().source_addr()));
            prop_assert_eq!(
                ip.dst,
                std::net::IpAddr::V6(theirs.header().destination_addr())
            );
            prop_assert_eq!(ip.flow_label, theirs.header().flow_label().value());
        }
        _ => return Ok(()),
    }
    match (theirs.transport, ip.transport) {
        (Some(TransportSlice::Tcp(theirs)), Transport::Tcp(tcp)) if packet.fault.is_none() => {
            prop_assert_eq!(tcp.src_port, theirs.source_port());
            prop_assert_eq!(tcp.dst_port, theirs.destination_port());
            prop_assert_eq!(tcp.seq, theirs.sequence_number());
            prop_assert_eq!(tcp.ack, theirs.acknowledgment_number());
            prop_assert_eq!(tcp.options, theirs.options());
            prop_assert_eq!(ip.payload, theirs.payload());
        }
        (Some(TransportSlice::Udp(theirs)), Transport::Udp(udp)) => {
            prop_assert_eq!(udp.src_port, theirs.source_port());
            prop_assert_eq!(udp.dst_port, theirs.destination_port());
        }
        (Some(TransportSlice::Icmpv4(theirs)), Transport::Icmp(icmp)) => {
            prop_assert_eq!((icmp.kind, icmp.code), (theirs.type_u8(), theirs.code_u8()));
        }
        (Some(TransportSlice::Icmpv6(theirs)), Transport::Icmp(icmp)) => {
            prop_assert_eq!((icmp.kind, icmp.code), (theirs.type_u8(), theirs.code_u8()));
        }
        // IGMP counts by its number here: its header is not read.
        (Some(TransportSlice::Igmp(_)), Transport::Other) => {}
        (Some(theirs), Transport::Other) => {
            return Err(TestCaseError::fail(format!("only they read {theirs:?}")));
        }
        _ => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_other_builds_is_read_back(
        kind in built(),
        v6 in any::<bool>(),
        vlan in prop::option::of(0..4096u16),
        addresses in any::<([u8; 16], [u8; 16])>(),
        ports in any::<(u16, u16)>(),
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let bytes = build(&kind, v6, vlan, addresses, ports, &payload);
        let packet = decoded(&bytes);
        prop_assert_eq!(packet.fault, None);
        prop_assert_eq!(packet.link.vlan, vlan);
        prop_assert_eq!(packet.link.source, Some([1; 6]));
        let ip = ip(&packet);
        prop_assert_eq!(ip.payload, &payload[..]);
        prop_assert_eq!(ip.payload_len as usize, payload.len());
        prop_assert_eq!(ip.header_len + ip.segment.len() as u32, ip.len);
        let checked = checksum::transport(&ip);
        match (kind, ip.transport) {
            (Built::Tcp { seq, window, syn }, Transport::Tcp(tcp)) => {
                prop_assert_eq!((tcp.src_port, tcp.dst_port), ports);
                prop_assert_eq!((tcp.seq, tcp.ack, tcp.window), (seq, 7, window));
                prop_assert_eq!(tcp.flags, if syn { 0x12 } else { 0x18 });
                let options: Vec<_> = tcp_options(tcp.options).collect();
                let timestamps = TcpOption::Timestamps { value: 1, echo: 2 };
                prop_assert_eq!(options, vec![TcpOption::MaximumSegmentSize(1460), timestamps]);
                prop_assert_eq!(checked, Checksum::Good);
            }
            (Built::Udp, Transport::Udp(udp)) => {
                prop_assert_eq!((udp.src_port, udp.dst_port), ports);
                prop_assert_eq!(checked, Checksum::Good);
            }
            (Built::Echo { id, seq }, Transport::Icmp(icmp)) => {
                prop_assert_eq!(icmp.kind, if v6 { 128 } else { 8 });
                prop_assert_eq!(icmp.rest, u32::from(id) << 16 | u32::from(seq));
                prop_assert_eq!(checked, Checksum::Good);
            }
            (kind, transport) => {
                return Err(TestCaseError::fail(format!("{kind:?} read as {transport:?}")));
            }
        }
        if !v6 {
            prop_assert_eq!(checksum::ipv4_header(&ip), Checksum::Good);
        }
    }

    #[test]
    fn a_changed_byte_makes_the_checksum_bad(
        kind in built(),
        v6 in any::<bool>(),
        payload in prop::collection::vec(any::<u8>(), 1..50),
        change in 1..255u8,
    ) {
        let mut bytes = build(&kind, v6, None, ([3; 16], [4; 16]), (1000, 2000), &payload);
        *bytes.last_mut().unwrap() ^= change;
        let packet = decoded(&bytes);
        prop_assert_eq!(checksum::transport(&ip(&packet)), Checksum::Bad);
    }

    #[test]
    fn damaged_packets_are_read_alike(
        kind in built(),
        v6 in any::<bool>(),
        payload in prop::collection::vec(any::<u8>(), 0..60),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        len in any::<prop::sample::Index>(),
    ) {
        let mut bytes = build(&kind, v6, None, ([3; 16], [4; 16]), (1000, 2000), &payload);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(len.index(bytes.len()) + 1);
        compare(&bytes)?;
    }
}
