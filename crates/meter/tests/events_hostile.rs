//! Streams made to hurt: whatever comes, what the event engine holds is bounded, and what it says is no larger than
//! what was sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    missing_docs
)]

mod exchange;

use exchange::{Exchange, Transport, packet, raised};
use meter::connections::Config;
use meter::events::{Event, EventConfig, EventEngine, Name};
use wire::{DecodeOptions, LinkType, Record, decode};

const START: u32 = 1000;

fn small_engine(max_connections: usize, max_held_bytes: usize) -> EventEngine {
    EventEngine::new(EventConfig {
        max_held_bytes,
        tracking: Config {
            ignore_checksums: true,
            quality: false,
            max_connections,
            ..Config::default()
        },
        ..EventConfig::default()
    })
}

struct Wire {
    engine: EventEngine,
    packets: i64,
    most_held: usize,
    most_open: usize,
}

impl Wire {
    fn new(engine: EventEngine) -> Self {
        Self {
            engine,
            packets: 0,
            most_held: 0,
            most_open: 0,
        }
    }

    fn send(&mut self, data: &[u8]) {
        self.packets += 1;
        let record = Record {
            time_ns: 1_700_000_000_000_000_000 + self.packets * 1000,
            wire_len: data.len() as u32,
            link_type: LinkType::RAW,
            data,
        };
        let packet = decode(&record, DecodeOptions::default());
        self.engine.observe(&record, &packet);
        self.most_held = self.most_held.max(self.engine.counters().held_bytes);
        self.most_open = self.most_open.max(self.engine.tracker().open());
        self.engine.batch().counts.clear();
    }

    /// A segment of the client at this port, `at` bytes behind its SYN.
    fn client(&mut self, port: u16, at: u32, flags: u8, text: &[u8]) {
        let seq = (START.wrapping_add(at), 1, flags);
        self.send(&packet(Transport::Tcp, (port, 80), true, seq, text));
    }

    fn handshake(&mut self, port: u16) {
        self.client(port, 0, 2, b"");
        let answer = (0, START + 1, 0x12);
        self.send(&packet(Transport::Tcp, (port, 80), false, answer, b""));
    }
}

#[test]
fn a_million_half_open_connections_hold_as_many_as_are_allowed() {
    let mut wire = Wire::new(small_engine(1000, 1 << 20));
    let mut syn = packet(Transport::Tcp, (40_000, 80), true, (START, 0, 2), b"");
    for n in 0..1_000_000u32 {
        syn[12..16].copy_from_slice(&(0x0a00_0000 + n).to_be_bytes());
        wire.send(&syn);
    }
    assert!(wire.most_open <= 1000, "{}", wire.most_open);
    assert_eq!(wire.most_held, 0);
}

#[test]
fn messages_that_never_end_are_held_up_to_the_limit_of_all_together() {
    let limit = 1 << 20;
    let mut wire = Wire::new(small_engine(1 << 20, limit));
    let mut text = b"GET / HTTP/1.1\r\nX: ".to_vec();
    text.resize(30_000, b'x');
    for port in 1..=1000 {
        wire.handshake(port);
        wire.client(port, 1, 0x18, &text);
    }
    assert!(wire.most_held <= limit, "{}", wire.most_held);
    assert!(wire.most_held > limit / 2, "{}", wire.most_held);
    let given_up = wire.engine.counters().given_up;
    assert!(given_up >= 900, "{given_up}");
    wire.engine.finish();
    assert_eq!(wire.engine.counters().held_bytes, 0);
}

#[test]
fn handshakes_of_tls_that_never_end_count_as_held() {
    let limit = 1 << 20;
    let mut wire = Wire::new(small_engine(1 << 20, limit));
    // A hello that announces 128 kB and brings 16 kB of them, in a whole record.
    let mut text = b"\x16\x03\x01\x40\x00\x01\x01\xff\xf0\x03\x03".to_vec();
    text.resize(5 + (1 << 14), 0);
    for port in 1..=500 {
        wire.handshake(port);
        wire.client(port, 1, 0x18, &text);
    }
    assert!(wire.most_held <= limit, "{}", wire.most_held);
    assert!(wire.most_held > limit / 2, "{}", wire.most_held);
    assert!(wire.engine.counters().given_up >= 400);
}

#[test]
fn holes_that_never_close_are_held_up_to_the_limit_of_each() {
    let mut wire = Wire::new(small_engine(1 << 20, 1 << 30));
    wire.handshake(1);
    for n in 0..100_000u32 {
        wire.client(1, 2 + 2 * n, 0x18, b"x");
    }
    let (held, counters) = (wire.most_held, wire.engine.counters());
    assert!(held > 0 && held <= 1 << 20, "{held}");
    assert_eq!(counters.held_bytes, 0);
}

#[test]
fn overlaps_and_repetitions_raise_the_events_of_the_first_bytes_once() {
    let text = b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut other = text.to_vec();
    other[5..10].copy_from_slice(b"OTHER");
    let mut wire = Wire::new(exchange::engine(false));
    wire.handshake(1);
    for _ in 0..3 {
        for at in (0..text.len()).rev() {
            let end = (at + 7).min(text.len());
            wire.client(1, 1 + at as u32, 0x18, &text[at..end]);
            wire.client(1, 1 + at as u32, 0x18, &other[at..end]);
        }
    }
    wire.engine.finish();
    let events = std::mem::take(&mut wire.engine.batch().events);
    let of = |name| events.iter().filter(move |event| event.name == name);
    let requests: Vec<&Event> = of(Name::HttpRequest).collect();
    assert_eq!(requests.len(), 1);
    let args = requests[0].args.as_deref().unwrap();
    assert!(args.contains("\"original_URI\":\"/first\""), "{args}");
    assert!(of(Name::RexmitInconsistency).count() > 0);
}

#[test]
fn sequence_numbers_may_wrap_in_the_middle_of_a_message() {
    let text = b"GET /wrapped HTTP/1.1\r\nHost: a\r\n\r\n";
    let start = u32::MAX - 9;
    let mut wire = Wire::new(exchange::engine(false));
    let ports = (1, 80);
    let tcp = |is_orig, seq, text: &[u8]| packet(Transport::Tcp, ports, is_orig, seq, text);
    wire.send(&tcp(true, (start, 0, 2), b""));
    wire.send(&tcp(false, (0, start.wrapping_add(1), 0x12), b""));
    for (at, piece) in text.chunks(4).enumerate() {
        let seq = start.wrapping_add(1 + 4 * at as u32);
        wire.send(&tcp(true, (seq, 1, 0x18), piece));
    }
    wire.engine.finish();
    let events = std::mem::take(&mut wire.engine.batch().events);
    assert!(
        events
            .iter()
            .any(|event| event.name == Name::HttpMessageDone)
    );
    assert!(!events.iter().any(|event| event.name == Name::ContentGap));
}

#[test]
fn compressed_bodies_are_not_expanded() {
    let http = Exchange {
        name: "bomb",
        transport: Transport::Tcp,
        ports: (40_000, 80),
        turns: &[],
        raises: &[],
    };
    // Ten megabytes of zeros.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 10 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 20_000);
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        bomb.len()
    )
    .into_bytes();
    answer.extend(&bomb);
    let turns = [
        (true, b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        (false, answer.clone()),
    ];
    let (events, counters) = raised(&http, &turns, 1400);
    let all: u64 = events.iter().map(|event| event.size).sum();
    assert!(all < 4 * answer.len() as u64, "{all}");
    let done = events
        .iter()
        .rfind(|event| event.name == Name::HttpMessageDone);
    let args = done.and_then(|event| event.args.as_deref()).unwrap();
    let body = format!("\"body_length\":{}", bomb.len());
    assert!(args.contains(&body), "{args}");
    assert_eq!(counters.violations, 0);
}

#[test]
fn a_violation_is_told_once_counted_and_ends_the_reading() {
    let http = Exchange {
        name: "broken",
        transport: Transport::Tcp,
        ports: (40_000, 80),
        turns: &[],
        raises: &[],
    };
    let turns = [
        (
            true,
            b"GET /1 HTTP/1.1\r\n\r\n\x01\x02 broken\r\nGET /2 HTTP/1.1\r\n\r\n".to_vec(),
        ),
        (false, b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
    ];
    let (events, counters) = raised(&http, &turns, usize::MAX);
    let count = |name| events.iter().filter(|event| event.name == name).count();
    assert_eq!(counters.violations, 1);
    assert_eq!(count(Name::AnalyzerViolation), 1);
    assert_eq!((count(Name::HttpRequest), count(Name::HttpReply)), (1, 0));
    assert_eq!(count(Name::ConnectionFinished), 1);
    // Datagrams likewise: what follows a broken message is not read.
    let dns = Exchange {
        name: "broken",
        transport: Transport::Udp,
        ports: (40_000, 53),
        ..http
    };
    let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01".to_vec();
    let broken = question[..15].to_vec();
    let turns = [(true, question.clone()), (true, broken), (true, question)];
    let (events, counters) = raised(&dns, &turns, usize::MAX);
    let count = |name| events.iter().filter(|event| event.name == name).count();
    assert_eq!(counters.violations, 1);
    assert_eq!((count(Name::DnsRequest), count(Name::UdpRequest)), (1, 3));
}

#[test]
fn who_never_spoke_the_protocol_does_not_end_the_reading_of_who_does() {
    let http = Exchange {
        name: "one side speaks",
        transport: Transport::Tcp,
        ports: (40_000, 80),
        turns: &[],
        raises: &[],
    };
    let turns = [
        (true, b"<PROBE> / HTTP/1.1\nHost: a\n".to_vec()),
        (
            false,
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno".to_vec(),
        ),
        (true, b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ];
    for segment in [1, 7, usize::MAX] {
        let (events, counters) = raised(&http, &turns, segment);
        let count = |name| events.iter().filter(|event| event.name == name).count();
        assert_eq!(counters.violations, 1, "{segment}");
        assert_eq!((count(Name::HttpRequest), count(Name::HttpReply)), (0, 1));
        assert_eq!(count(Name::HttpMessageDone), 1);
        assert_eq!(counters.held_bytes, 0);
    }
    // A datagram that only its port tells as DNS: one more guess is made.
    let dns = Exchange {
        transport: Transport::Udp,
        ports: (40_000, 53),
        ..http
    };
    let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01".to_vec();
    let junk = question[..15].to_vec();
    let read = |turns: &[(bool, Vec<u8>)]| {
        let (events, counters) = raised(&dns, turns, usize::MAX);
        let asked = events
            .iter()
            .filter(|event| event.name == Name::DnsRequest)
            .count();
        (asked, counters.violations)
    };
    let turns = [(true, junk.clone()), (true, question.clone())];
    assert_eq!(read(&turns), (1, 1));
    let turns = [(true, junk.clone()), (true, junk), (true, question)];
    assert_eq!(read(&turns), (0, 2));
}
