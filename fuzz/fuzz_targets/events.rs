//! Lets two hosts talk: no parser may panic, hold what it was not given, or keep anything after the end.
//!
//! Targets with the name of a protocol keep what that one is read from; `events` keeps everything.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use meter::connections::Config;
use meter::events::{EventConfig, EventEngine};
use wire::{DecodeOptions, LinkType, Record, decode};

/// Where protocols are spoken; `crates/meter/tests/events.rs` writes the corpus by the same list.
const PORTS: [u16; 21] = [
    80, 443, 22, 25, 21, 110, 143, 6667, 1883, 3306, 3389, 53, 5060, 161, 514, 1812, 67, 123, 137, 5353, 5222,
];

// The first byte chooses transport and port, and with that the protocols that may be told by it; then turns: a byte of who
// and how, two bytes of length, the text.
fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((&choice, mut rest)) = input.split_first() else {
        return Corpus::Reject;
    };
    let udp = choice & 0x80 != 0;
    let port = PORTS[usize::from(choice & 0x7f) % PORTS.len()];
    let mut hosts = Hosts::new(udp, port);
    let mut given = 0;
    if !udp {
        hosts.segment(true, 0, 2, b"");
        hosts.segment(false, 0, 0x12, b"");
        hosts.sent = [1, 1];
    }
    while let Some((&[how, high, low], tail)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (text, tail) = tail.split_at(len);
        rest = tail;
        given += len;
        let is_orig = how & 1 == 1;
        if udp {
            hosts.datagram(is_orig, text);
            continue;
        }
        let side = usize::from(!is_orig);
        let half = len / 2;
        match how >> 1 & 3 {
            // Second half first.
            1 => {
                hosts.segment(is_orig, half as u32, 0x18, &text[half..]);
                hosts.segment(is_orig, 0, 0x18, &text[..half]);
            }
            // Not captured.
            2 => {}
            // Sent again, and differently.
            3 => {
                hosts.segment(is_orig, 1, 0x18, text);
                hosts.segment(is_orig, 0, 0x18, text);
            }
            _ => hosts.segment(is_orig, 0, 0x18, text),
        }
        hosts.sent[side] = hosts.sent[side].wrapping_add(len as u32);
        hosts.segment(!is_orig, 0, 0x10, b"");
        assert!(hosts.engine.counters().held_bytes <= 4 * given + (1 << 16));
    }
    hosts.engine.finish();
    let counters = hosts.engine.counters();
    assert_eq!(counters.held_bytes, 0);
    assert!(counters.violations <= 1 + given as u64 / 8);
    let batch = hosts.engine.batch();
    let (counted, rows) = (&batch.counts, &batch.events);
    let (n, bytes) = counted.iter().fold((0, 0), |(n, b), c| (n + c.count, b + c.bytes));
    assert_eq!(n, rows.len() as u64);
    assert_eq!(bytes, rows.iter().map(|event| event.size).sum::<u64>());
    assert!(rows.iter().all(|event| event.args.as_deref().is_some_and(|args| args.ends_with('}'))));
    match env!("CARGO_BIN_NAME") {
        "events" => Corpus::Keep,
        protocol if rows.iter().any(|event| event.protocol == protocol) => Corpus::Keep,
        _ => Corpus::Reject,
    }
});

struct Hosts {
    engine: EventEngine,
    udp: bool,
    port: u16,
    sent: [u32; 2],
    packets: i64,
}

impl Hosts {
    fn new(udp: bool, port: u16) -> Self {
        let tracking = Config {
            ignore_checksums: true,
            quality: false,
            ..Config::default()
        };
        let engine = EventEngine::new(EventConfig {
            rows: true,
            args: true,
            tracking,
            ..EventConfig::default()
        });
        Self {
            engine,
            udp,
            port,
            sent: [0, 0],
            packets: 0,
        }
    }

    fn segment(&mut self, is_orig: bool, ahead: u32, flags: u8, text: &[u8]) {
        let (mine, other) = if is_orig { (0, 1) } else { (1, 0) };
        let mut header = self.sent[mine].wrapping_add(ahead).to_be_bytes().to_vec();
        header.extend(self.sent[other].to_be_bytes());
        header.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        self.send(is_orig, &header, text);
    }

    fn datagram(&mut self, is_orig: bool, text: &[u8]) {
        let text = &text[..text.len().min(65_000)];
        let len = (8 + text.len() as u16).to_be_bytes();
        self.send(is_orig, &[len[0], len[1], 0, 0], text);
    }

    fn send(&mut self, is_orig: bool, header: &[u8], text: &[u8]) {
        let text = &text[..text.len().min(65_000)];
        let total = (24 + header.len() + text.len()) as u16;
        let protocol = if self.udp { 17 } else { 6 };
        let mut packet = vec![0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, protocol, 0, 0];
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        let (a, b) = if is_orig { (1, 2) } else { (2, 1) };
        packet.extend([10, 0, 0, a, 10, 0, 0, b]);
        let client = match self.port {
            67 => 68,
            123 | 137 | 5353 => self.port,
            _ => 40_000,
        };
        let (from, to) = if is_orig { (client, self.port) } else { (self.port, client) };
        packet.extend(from.to_be_bytes());
        packet.extend(to.to_be_bytes());
        packet.extend(header);
        packet.extend(text);
        self.packets += 1;
        let record = Record {
            time_ns: 1_700_000_000_000_000_000 + self.packets * 1_000_000,
            wire_len: packet.len() as u32,
            link_type: LinkType::RAW,
            data: &packet,
        };
        self.engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
}
