//! Decoding arbitrary and damaged bytes: no panic, and a packet that is consistent in itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::prelude::*;
use wire::decode::{checksum, network_name, tcp_options};
use wire::{
    DecodeOptions, FaultKind, LengthSource, Limit, LinkType, Network, Outcome, Record, Transport,
    decode,
};

/// Decodes with both options and checks what every packet promises.
fn check(record: &Record<'_>) {
    for decap in [false, true] {
        let packet = decode(record, DecodeOptions { decap });
        let captured = record.data.len() as u32;
        if let Some(fault) = packet.fault {
            assert!(fault.offset <= captured, "{fault:?}");
            if fault.kind == FaultKind::Truncated {
                assert!(fault.needed > fault.available, "{fault:?}");
                assert!(fault.offset + fault.available <= captured, "{fault:?}");
                if fault.limit == Limit::Captured {
                    assert_eq!(fault.offset + fault.available, captured, "{fault:?}");
                }
            }
        }
        match packet.network {
            Network::Ip(ip) => {
                assert!(ip.header_len <= ip.len);
                assert!(ip.payload_len <= ip.len - ip.header_len);
                assert!(ip.header.len() as u32 <= ip.header_len.max(ip.len));
                assert!(ip.segment.len() as u32 <= ip.len - ip.header_len);
                assert!(ip.payload.len() <= ip.segment.len());
                assert!(ip.payload.len() as u32 <= ip.payload_len.max(ip.segment.len() as u32));
                if packet.fault.is_none() {
                    assert!(ip.payload.len() as u32 <= ip.payload_len);
                }
                assert_eq!(ip.src.is_ipv4(), ip.dst.is_ipv4());
                let _ = (checksum::ipv4_header(&ip), checksum::transport(&ip));
                if let Transport::Tcp(tcp) = ip.transport {
                    assert!(tcp_options(tcp.options).count() <= 40);
                }
                if ip.length_source == LengthSource::Header {
                    assert!(ip.len <= 65_535 + 40);
                }
            }
            Network::Other(protocol) => {
                let _ = network_name(protocol);
                assert_ne!(packet.outcome(), Outcome::Decoded);
            }
            Network::Arp { .. } => assert_eq!(packet.outcome(), Outcome::Decoded),
            Network::None => assert!(packet.fault.is_some()),
        }
        if !decap {
            assert_eq!(packet.tunnels.iter().count(), 0);
        }
    }
}

fn any_link_type() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => Just(1u16),
        2 => prop::sample::select(vec![0, 12, 14, 101, 113, 127, 228, 229, 240, 241, 276]),
        2 => 0..302u16,
    ]
}

/// Headers that lead deep into the decoder, to be damaged and cut.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0; 14]];
    let protocols: &[u8] = &[
        0, 1, 4, 6, 17, 33, 41, 43, 44, 47, 51, 58, 60, 132, 135, 136,
    ];
    let ports: &[u16] = &[53, 2152, 3544, 4789, 6081];
    for &protocol in protocols {
        for &port in ports {
            let mut payload = port.to_be_bytes().repeat(2);
            payload.extend([0, 60, 0, 0]);
            payload.extend([0x08, 0, 8, 0, 0x45, 0, 0, 40]);
            payload.extend([0x50; 44]);
            let mut v4 = vec![0x45, 0, 0, 80, 0, 0, 0, 0, 64, protocol, 0, 0];
            v4.extend([10, 0, 0, 1, 10, 0, 0, 2]);
            v4.extend(&payload);
            let mut v6 = vec![0x60, 0, 0, 0, 0, 60, protocol, 64];
            v6.extend([0x20; 32]);
            v6.extend(&payload);
            for (kind, ip) in [([8, 0], v4), ([0x86, 0xdd], v6)] {
                let mut frame = vec![2; 12];
                frame.extend(kind);
                frame.extend(&ip);
                seeds.push(frame);
                seeds.push(ip);
            }
        }
    }
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_of_any_link_type_decode_to_a_consistent_packet(
        link_type in any_link_type(),
        data in prop::collection::vec(any::<u8>(), 0..200),
        beyond in prop_oneof![Just(0u32), 0..70_000u32],
    ) {
        let wire_len = data.len() as u32 + beyond;
        check(&Record { time_ns: 0, wire_len, link_type: LinkType(link_type), data: &data });
    }

    #[test]
    fn damaged_and_cut_headers_decode_to_a_consistent_packet(
        seed in prop::sample::select(seeds()),
        link_type in prop::sample::select(vec![1u16, 101, 228, 229]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        len in any::<prop::sample::Index>(),
    ) {
        let mut data = seed;
        for (at, value) in damage {
            let at = at.index(data.len());
            data[at] = value;
        }
        let wire_len = data.len() as u32;
        let len = len.index(data.len() + 1);
        check(&Record { time_ns: 0, wire_len, link_type: LinkType(link_type), data: &data[..len] });
    }
}

#[test]
fn wire_length_below_the_captured_length_is_no_problem() {
    for seed in seeds() {
        check(&Record {
            time_ns: 0,
            wire_len: 0,
            link_type: LinkType::ETHERNET,
            data: &seed,
        });
    }
}

/// NetAnalyzer (240, 241) ends with a frame check sequence, which is not part of the packet: what lacks there is cut
/// by the link, not by the capture.
#[test]
fn a_frame_check_sequence_is_not_what_a_header_runs_out_of() {
    for link_type in [127, 240, 241] {
        for len in 0..40 {
            let data = vec![0; len];
            for beyond in [0, 1, 100] {
                check(&Record {
                    time_ns: 0,
                    wire_len: len as u32 + beyond,
                    link_type: LinkType(link_type),
                    data: &data,
                });
            }
        }
    }
}
