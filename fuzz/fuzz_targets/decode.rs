//! Decodes one packet of any link type: no panic, and the classes of outcome add up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::decode::{checksum, network_name, tcp_options};
use wire::{DecodeOptions, LinkType, Network, Outcome, Record, Transport, decode};

// Two bytes of link type, one of options (decap, and how much more there was on the wire), the packet.
fuzz_target!(|input: &[u8]| {
    let Some((&[high, low, options], data)) = input.split_first_chunk::<3>() else {
        return;
    };
    let record = Record {
        time_ns: 0,
        wire_len: data.len() as u32 + u32::from(options >> 1) * 512,
        link_type: LinkType(u16::from_be_bytes([high & 1, low])),
        data,
    };
    let decap = options & 1 == 1;
    let packet = decode(&record, DecodeOptions { decap });
    if packet.fault.is_none() {
        assert_eq!(packet.outcome(), Outcome::Decoded);
    }
    match packet.network {
        Network::Ip(ip) => {
            assert!(ip.header_len <= ip.len);
            assert!(ip.payload_len <= ip.len - ip.header_len);
            assert!(ip.segment.len() as u32 <= ip.len - ip.header_len);
            assert!(ip.payload.len() <= ip.segment.len());
            std::hint::black_box((checksum::ipv4_header(&ip), checksum::transport(&ip)));
            if let Transport::Tcp(tcp) = ip.transport {
                std::hint::black_box(tcp_options(tcp.options).count());
            }
        }
        Network::Other(protocol) => {
            std::hint::black_box(network_name(protocol));
            assert_ne!(packet.outcome(), Outcome::Decoded);
        }
        Network::Arp { .. } => {}
        Network::None => assert!(packet.fault.is_some()),
    }
});
