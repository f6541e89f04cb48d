//! Measures the tracker: on a flood of one-packet connections made in memory (`tcp` or `udp`, how many, nanoseconds
//! between them), or on a capture (`file`, its path).
#![allow(missing_docs, clippy::indexing_slicing, clippy::print_stdout)]

use std::time::Instant;

use meter::connections::{Config, Tracker};
use wire::{DecodeOptions, LinkType, Record, decode};

fn resident_mb() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4096 / 1_000_000
}

fn capture(path: &str) {
    let Ok(mut file) = wire::capture::Capture::open(std::path::Path::new(path)) else {
        return;
    };
    let mut tracker = Tracker::new(Config::default());
    let (mut packets, mut records, mut most) = (0u64, 0u64, 0);
    let start = Instant::now();
    while let Some(record) = file.next_record() {
        let decoded = decode(&record, DecodeOptions::default());
        tracker.observe(&record, &decoded, &mut |_| records += 1);
        packets += 1;
        most = most.max(tracker.open());
    }
    tracker.finish(&mut |_| records += 1);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{packets} packets in {seconds:.2} s ({:.2} million/s), {records} records, {most} open at most, {} MB, {:?}",
        packets as f64 / seconds / 1e6,
        resident_mb(),
        tracker.counters()
    );
}

fn main() {
    if let (Some("file"), Some(path)) =
        (std::env::args().nth(1).as_deref(), std::env::args().nth(2))
    {
        return capture(&path);
    }
    let kind = std::env::args().nth(1).unwrap_or_else(|| "tcp".into());
    let count: u32 = std::env::args()
        .nth(2)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    // Nanoseconds between packets: all connections are open at once, unless it is larger.
    let step: i64 = std::env::args()
        .nth(3)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000);
    let mut packet = vec![
        0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1,
    ];
    packet.extend([
        0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0,
    ]);
    if kind == "udp" {
        packet[9] = 17;
        packet[24] = 0;
        packet[25] = 20;
    }
    let before = resident_mb();
    let config = Config {
        ignore_checksums: true,
        ..Config::default()
    };
    let mut tracker = Tracker::new(config);
    let mut records = 0u64;
    let start = Instant::now();
    for n in 0..count {
        packet[12..16].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
        let record = Record {
            time_ns: i64::from(n) * step,
            wire_len: packet.len() as u32,
            link_type: LinkType::RAW,
            data: &packet,
        };
        let decoded = decode(&record, DecodeOptions::default());
        tracker.observe(&record, &decoded, &mut |_| records += 1);
    }
    let open = tracker.open();
    let (seconds, memory) = (start.elapsed().as_secs_f64(), resident_mb() - before);
    let start = Instant::now();
    tracker.finish(&mut |_| records += 1);
    println!(
        "{kind}: {count} packets in {seconds:.2} s ({:.2} million/s), {open} open in {memory} MB, {records} records, finish {:.2} s, {:?}",
        f64::from(count) / seconds / 1e6,
        start.elapsed().as_secs_f64(),
        tracker.counters(),
    );
}
