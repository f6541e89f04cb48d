//! Exchanges of two hosts as packets made in memory, and what the event engine says of them.

mod spoken;

use meter::connections::Config;
use meter::events::{Event, EventConfig, EventCount, EventCounters, EventEngine};
use wire::{DecodeOptions, LinkType, Record, decode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// Who says what, in order.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub name: &'static str,
    pub transport: Transport,
    pub ports: (u16, u16),
    pub turns: &'static [(bool, &'static [u8])],
    pub raises: &'static [&'static str],
}

impl Exchange {
    pub fn owned(&self) -> Vec<(bool, Vec<u8>)> {
        self.turns
            .iter()
            .map(|(side, text)| (*side, text.to_vec()))
            .collect()
    }
}

pub use spoken::EXCHANGES;

pub fn packet(
    transport: Transport,
    ports: (u16, u16),
    is_orig: bool,
    tcp: (u32, u32, u8),
    data: &[u8],
) -> Vec<u8> {
    let (source, destination) = if is_orig { ports } else { (ports.1, ports.0) };
    let header = if transport == Transport::Tcp { 20 } else { 8 };
    let total = (20 + header + data.len()) as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([
        0,
        1,
        0x40,
        0,
        64,
        if transport == Transport::Tcp { 6 } else { 17 },
        0,
        0,
    ]);
    let (a, b) = if is_orig { (1, 2) } else { (2, 1) };
    bytes.extend([10, 0, 0, a, 10, 0, 0, b]);
    bytes.extend(source.to_be_bytes());
    bytes.extend(destination.to_be_bytes());
    if transport == Transport::Tcp {
        bytes.extend(tcp.0.to_be_bytes());
        bytes.extend(tcp.1.to_be_bytes());
        bytes.extend([0x50, tcp.2, 0xff, 0, 0, 0, 0, 0]);
    } else {
        bytes.extend((8 + data.len() as u16).to_be_bytes());
        bytes.extend([0, 0]);
    }
    bytes.extend(data);
    bytes
}

/// The packets of an exchange in segments of that size, with handshake and end.
pub fn packets(exchange: &Exchange, turns: &[(bool, Vec<u8>)], size: usize) -> Vec<Vec<u8>> {
    let Exchange {
        transport, ports, ..
    } = *exchange;
    if transport == Transport::Udp {
        let packet =
            |(side, text): &(bool, Vec<u8>)| packet(transport, ports, *side, (0, 0, 0), text);
        return turns.iter().map(packet).collect();
    }
    let mut seq = [1000_u32, 5000];
    let mut all = vec![
        packet(transport, ports, true, (seq[0], 0, 2), b""),
        packet(transport, ports, false, (seq[1], seq[0] + 1, 0x12), b""),
        packet(transport, ports, true, (seq[0] + 1, seq[1] + 1, 0x10), b""),
    ];
    seq = [seq[0] + 1, seq[1] + 1];
    for (is_orig, text) in turns {
        let (mine, other) = if *is_orig { (0, 1) } else { (1, 0) };
        for piece in text.chunks(size.min(60_000)) {
            all.push(packet(
                transport,
                ports,
                *is_orig,
                (seq[mine], seq[other], 0x18),
                piece,
            ));
            seq[mine] += piece.len() as u32;
        }
    }
    all.push(packet(transport, ports, true, (seq[0], seq[1], 0x11), b""));
    all.push(packet(
        transport,
        ports,
        false,
        (seq[1], seq[0] + 1, 0x11),
        b"",
    ));
    all.push(packet(
        transport,
        ports,
        true,
        (seq[0] + 1, seq[1] + 1, 0x10),
        b"",
    ));
    all
}

pub fn engine(counts: bool) -> EventEngine {
    EventEngine::new(EventConfig {
        rows: true,
        args: true,
        counts,
        conn_stats: true,
        tracking: Config {
            ignore_checksums: true,
            quality: false,
            ..Config::default()
        },
        ..EventConfig::default()
    })
}

fn feed(engine: &mut EventEngine, packets: &[Vec<u8>]) {
    for (n, data) in packets.iter().enumerate() {
        let record = Record {
            time_ns: 1_700_000_000_000_000_000 + n as i64 * 100_000,
            wire_len: data.len() as u32,
            link_type: LinkType::RAW,
            data,
        };
        engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
    engine.finish();
}

pub fn raised(
    exchange: &Exchange,
    turns: &[(bool, Vec<u8>)],
    size: usize,
) -> (Vec<Event>, EventCounters) {
    let mut engine = engine(false);
    feed(&mut engine, &packets(exchange, turns, size));
    (
        std::mem::take(&mut engine.batch().events),
        engine.counters(),
    )
}

pub fn run(exchange: &Exchange, size: usize) -> (Vec<Event>, EventCounters) {
    raised(exchange, &exchange.owned(), size)
}

pub fn rows_and_counts(exchange: &Exchange) -> (Vec<Event>, Vec<EventCount>) {
    let mut engine = engine(true);
    feed(
        &mut engine,
        &packets(exchange, &exchange.owned(), usize::MAX),
    );
    let batch = std::mem::take(engine.batch());
    (batch.events, batch.counts)
}

/// Two answers; a segment in the middle of the body of the first was not captured.
pub fn with_lost_body_segment() -> (Vec<Event>, EventCounters) {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n".to_vec();
    answer.extend(vec![b'x'; 3000]);
    answer.extend(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    let ask = b"GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n".to_vec();
    let turns = [
        (true, ask),
        (false, answer),
        (true, b"GET /3 HTTP/1.1\r\n\r\n".to_vec()),
    ];
    let mut all = packets(&EXCHANGES[0], &turns, 500);
    all.remove(6);
    let mut engine = engine(false);
    feed(&mut engine, &all);
    (
        std::mem::take(&mut engine.batch().events),
        engine.counters(),
    )
}
