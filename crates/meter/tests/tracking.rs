//! What the tracker does besides Zeek's rules: interim records, bounds, checksums.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

use meter::connections::{Config, ConnState, ConnectionRecord, Reason, Tracker};
use wire::{DecodeOptions, LinkType, Record, decode};

const SECOND: i64 = 1_000_000_000;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// A TCP segment from `host` of 10.0.0.0/16 to 10.0.255.1 or back, with a checksum.
fn segment(host: u16, back: bool, seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let len = 40 + payload.len() as u16;
    let mut bytes = vec![0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0];
    bytes[2..4].copy_from_slice(&len.to_be_bytes());
    let client = [10, 0, (host >> 8) as u8, host as u8];
    let server = [10, 0, 255, 1];
    let (from, to) = if back {
        (server, client)
    } else {
        (client, server)
    };
    bytes.extend(from);
    bytes.extend(to);
    let (port, other) = if back {
        (80u16, 40_000u16)
    } else {
        (40_000, 80)
    };
    bytes.extend(port.to_be_bytes());
    bytes.extend(other.to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    bytes.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    bytes.extend(payload);
    let sum = checksum(&bytes);
    bytes[36..38].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn checksum(packet: &[u8]) -> u16 {
    let mut sum = 6 + packet.len() as u32 - 20;
    for pair in packet[12..].chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn show(tracker: &mut Tracker, time_ns: i64, data: &[u8], out: &mut Vec<ConnectionRecord>) {
    let record = Record {
        time_ns,
        wire_len: data.len() as u32,
        link_type: LinkType::RAW,
        data,
    };
    let packet = decode(&record, DecodeOptions::default());
    tracker.observe(&record, &packet, &mut |record| out.push(record));
}

#[test]
fn a_long_connection_gives_an_interim_record_for_each_active_window() {
    let mut tracker = Tracker::new(Config {
        interim_ns: 60 * SECOND,
        ..Config::default()
    });
    let mut out = vec![];
    show(
        &mut tracker,
        0,
        &segment(1, false, 0, 0, SYN, b""),
        &mut out,
    );
    show(
        &mut tracker,
        1000,
        &segment(1, true, 0, 1, SYN | ACK, b""),
        &mut out,
    );
    for n in 0..5 {
        let data = segment(1, false, 1 + n, 1, ACK, b"x");
        show(
            &mut tracker,
            SECOND + i64::from(n) * 50 * SECOND,
            &data,
            &mut out,
        );
    }
    tracker.finish(&mut |record| out.push(record));
    let shape: Vec<(bool, u64)> = out
        .iter()
        .map(|record| (record.interim, record.orig.pkts))
        .collect();
    assert_eq!(shape, [(true, 3), (true, 4), (true, 5), (false, 6)]);
    assert!(
        out.iter()
            .all(|record| record.uid() == out[0].uid() && record.ts_ns == 0)
    );
}

#[test]
fn a_full_table_lets_the_longest_silent_go_and_counts_it() {
    let mut tracker = Tracker::new(Config {
        max_connections: 100,
        ..Config::default()
    });
    let mut out = vec![];
    for host in 0..150u16 {
        show(
            &mut tracker,
            i64::from(host),
            &segment(host, false, 0, 0, SYN, b""),
            &mut out,
        );
        // The first one stays active.
        show(
            &mut tracker,
            i64::from(host),
            &segment(0, false, 0, 0, SYN, b""),
            &mut out,
        );
    }
    assert_eq!(
        (tracker.open(), tracker.counters().evicted, out.len()),
        (100, 50, 50)
    );
    assert!(out.iter().all(|record| record.reason == Reason::Evicted));
    assert!(
        out.iter()
            .all(|record| record.orig_h.to_string() != "10.0.0.0")
    );
}

#[test]
fn a_new_syn_on_a_closed_connection_begins_another() {
    let mut tracker = Tracker::new(Config::default());
    let mut out = vec![];
    show(
        &mut tracker,
        0,
        &segment(1, false, 7, 0, SYN, b""),
        &mut out,
    );
    show(
        &mut tracker,
        10,
        &segment(1, true, 0, 8, 4 | ACK, b""),
        &mut out,
    );
    show(
        &mut tracker,
        20,
        &segment(1, false, 7, 0, SYN, b""),
        &mut out,
    );
    tracker.finish(&mut |record| out.push(record));
    let states: Vec<_> = out
        .iter()
        .map(|record| (record.conn_state, record.reason))
        .collect();
    assert_eq!(
        states,
        [
            (ConnState::REJ, Reason::Reused),
            (ConnState::S0, Reason::Finished)
        ]
    );
    assert_ne!(out[0].uid(), out[1].uid());
}

#[test]
fn a_damaged_packet_is_counted_and_left_out() {
    let mut tracker = Tracker::new(Config::default());
    let mut out = vec![];
    show(
        &mut tracker,
        0,
        &segment(1, false, 7, 0, SYN, b""),
        &mut out,
    );
    let mut damaged = segment(1, false, 8, 0, ACK, b"data");
    damaged[43] ^= 1;
    show(&mut tracker, 10, &damaged, &mut out);
    tracker.finish(&mut |record| out.push(record));
    assert_eq!(
        (
            out[0].history.as_str(),
            out[0].orig.bad_checksums,
            out[0].orig.pkts
        ),
        ("SC", 1, 1)
    );
}

#[test]
fn a_sender_without_any_right_checksum_is_captured_before_offload_and_used() {
    let mut tracker = Tracker::new(Config::default());
    let mut out = vec![];
    for (seq, flags) in [(7, SYN), (8, ACK)] {
        let mut packet = segment(1, false, seq, 0, flags, b"");
        packet[36..38].copy_from_slice(&[0x12, 0x34]);
        show(&mut tracker, 0, &packet, &mut out);
    }
    tracker.finish(&mut |record| out.push(record));
    let orig = &out[0].orig;
    assert_eq!(
        (orig.pkts, orig.bad_checksums, orig.offload_checksums),
        (2, 0, 2)
    );
    assert_eq!(tracker.counters().offload_checksums, 2);
}

#[test]
fn clocks_that_go_back_end_nothing() {
    let mut tracker = Tracker::new(Config::default());
    let mut out = vec![];
    show(
        &mut tracker,
        10_000 * SECOND,
        &segment(9, false, 0, 0, SYN, b""),
        &mut out,
    );
    show(
        &mut tracker,
        0,
        &segment(1, false, 0, 0, SYN, b""),
        &mut out,
    );
    show(
        &mut tracker,
        1000,
        &segment(1, true, 0, 1, SYN | ACK, b""),
        &mut out,
    );
    show(
        &mut tracker,
        2000,
        &segment(1, false, 1, 1, ACK, b""),
        &mut out,
    );
    tracker.finish(&mut |record| out.push(record));
    let found = out
        .iter()
        .find(|record| record.orig_h.to_string() == "10.0.0.1")
        .unwrap();
    assert_eq!(
        (found.conn_state, found.history.as_str()),
        (ConnState::S1, "ShA")
    );
}

#[test]
fn a_port_gives_a_connection_long_only_when_its_handshake_was_half_seen() {
    for (back, flags, lasts) in [
        (false, ACK, false),
        (true, ACK, false),
        (true, SYN | ACK, true),
    ] {
        let mut tracker = Tracker::new(Config {
            ignore_checksums: true,
            ..Config::default()
        });
        let mut out = vec![];
        let mut packet = segment(1, back, 5, 5, flags, b"");
        let port = if back { 20..22 } else { 22..24 };
        packet[port].copy_from_slice(&21u16.to_be_bytes());
        show(&mut tracker, 0, &packet, &mut out);
        for second in [400, 800] {
            let other = segment(2, false, 0, 0, SYN, b"");
            show(&mut tracker, second * SECOND, &other, &mut out);
        }
        let ended = out.iter().any(|record| record.resp_p == 21);
        assert_eq!(ended, !lasts, "{back} {flags}");
    }
}
