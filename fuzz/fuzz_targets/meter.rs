//! Meters the packets of a capture: every IP packet is in one flow, and every record is counted once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meter::{FlowConfig, FlowTable, Tally};
use wire::capture::Capture;
use wire::{DecodeOptions, Network, decode};

// Two bytes of options, then the file.
fuzz_target!(|input: &[u8]| {
    let Some((&[options, room], file)) = input.split_first_chunk::<2>() else {
        return;
    };
    let bytes = std::io::Cursor::new(file.to_vec());
    let Ok(mut capture) = Capture::from_reader("fuzz", Box::new(bytes)) else {
        return;
    };
    let config = FlowConfig {
        window_ns: (options & 1 != 0).then_some(1_000_000_000),
        idle_ns: 1_000_000_000,
        max_flows: usize::from(room) + 1,
        by_vlan: options & 2 != 0,
    };
    let mut table = FlowTable::new(config, u64::from(options));
    let (mut tally, mut flow_packets, mut flow_bytes) = (Tally::default(), 0, 0);
    let mut end = |flow: meter::FlowRecord| {
        assert!(flow.packets > 0 && flow.start_ns <= flow.end_ns);
        flow_packets += flow.packets as u64;
        flow_bytes += flow.bytes as u64;
    };
    for _ in 0..10_000 {
        let Some(record) = capture.next_record() else {
            break;
        };
        let decap = options & 4 != 0;
        let packet = decode(&record, DecodeOptions { decap });
        tally.observe(&record, &packet, true);
        table.advance(record.time_ns);
        if let Network::Ip(ip) = &packet.network {
            table.observe(record.time_ns, packet.link.vlan, ip, &mut end);
        }
    }
    table.finish(&mut end);
    assert_eq!((flow_packets, flow_bytes), (tally.ip_packets, tally.ip_bytes));
    let others: u64 = tally.other_networks.values().sum();
    assert_eq!(tally.ip_packets, tally.ipv4 + tally.ipv6);
    assert_eq!(tally.read(), tally.ip_packets + tally.arp + others + tally.no_network);
});
