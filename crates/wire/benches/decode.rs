//! Packets decoded per second on one core: `cargo bench -p wire --bench decode`.
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use wire::{DecodeOptions, LinkType, Network, Packet, Record, Transport, decode};

const PACKETS: usize = 20_000_000;
const DISTINCT: usize = 1 << 14;
const CAPTURED: usize = 96;

fn main() {
    let bytes = packets();
    for decap in [false, true] {
        for (name, sum) in [
            ("decode", ports as fn(&Packet<'_>) -> u64),
            ("decode, whole packet kept", keep),
        ] {
            let mut times: Vec<f64> = (0..5)
                .map(|_| time(&bytes, DecodeOptions { decap }, sum))
                .collect();
            times.sort_by(f64::total_cmp);
            let median = times.get(2).copied().unwrap_or(f64::NAN);
            println!(
                "{name}, decap {decap}: {:.1} million packets/s of one core (median of 5)",
                PACKETS as f64 / median / 1e6
            );
        }
    }
}

/// Ethernet, IPv4 and TCP headers with timestamps, cut at 96 bytes; addresses and ports vary.
fn packets() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DISTINCT * CAPTURED);
    for number in 0..DISTINCT as u32 {
        let [a, b, c, d] = number.wrapping_mul(0x9e37_79b9).to_be_bytes();
        let mut packet = vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0];
        packet.extend([0x45, 0, 5, 0xdc, a, b, 0x40, 0, 64, 6, 0, 0, 10, b, c, d]);
        packet.extend([192, 168, c, a, c, d, 0, 80, a, b, c, d, 0, 0, 0, 1]);
        packet.extend([0x80, 0x10, 1, 0, 0, 0, 0, 0, 1, 1, 8, 10]);
        packet.resize(CAPTURED, 7);
        bytes.extend(packet);
    }
    bytes
}

fn time(bytes: &[u8], options: DecodeOptions, sum: fn(&Packet<'_>) -> u64) -> f64 {
    let start = cpu_seconds();
    let mut total = 0;
    for _ in 0..PACKETS / DISTINCT {
        for data in bytes.chunks_exact(CAPTURED) {
            let record = Record {
                time_ns: 0,
                wire_len: 1514,
                link_type: LinkType::ETHERNET,
                data: black_box(data),
            };
            total += sum(&decode(&record, options));
        }
    }
    black_box(total);
    cpu_seconds() - start
}

/// Time that this thread had on a core, so that a busy machine does not count; else the clock.
fn cpu_seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let on_core = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = on_core.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

fn ports(packet: &Packet<'_>) -> u64 {
    match &packet.network {
        Network::Ip(ip) => match &ip.transport {
            Transport::Tcp(tcp) => u64::from(tcp.src_port) + u64::from(ip.payload_len),
            other => u64::from(other.ports().0),
        },
        _ => 0,
    }
}

fn keep(packet: &Packet<'_>) -> u64 {
    black_box(packet).tunnels.iter().count() as u64
}
