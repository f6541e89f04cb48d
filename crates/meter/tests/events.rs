//! Whole exchanges through the event engine: what they raise, however they are cut, and what broken ones cannot do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod exchange;

use exchange::{EXCHANGES, Exchange, Transport, raised, run};
use meter::events::{Event, Name};

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

#[test]
fn every_exchange_raises_the_events_of_its_protocol_and_breaks_nothing() {
    for exchange in EXCHANGES {
        let (events, counters) = run(exchange, usize::MAX);
        let names = names(&events);
        for wanted in exchange.raises {
            assert!(
                names.contains(wanted),
                "{}: {wanted} not in {names:?}",
                exchange.name
            );
        }
        assert_eq!(counters.violations, 0, "{}: {names:?}", exchange.name);
        assert_eq!(counters.held_bytes, 0, "{}", exchange.name);
    }
}

#[test]
fn the_statistics_of_a_tcp_connection_are_told_once_before_it_goes() {
    for exchange in EXCHANGES {
        let (events, _) = run(exchange, usize::MAX);
        let told: Vec<_> = (0..events.len())
            .filter(|at| events[*at].name == Name::ConnStats)
            .collect();
        let is_tcp = exchange.transport == Transport::Tcp;
        assert_eq!(told.len(), usize::from(is_tcp), "{}", exchange.name);
        for at in told {
            assert_eq!(events[at + 1].name, Name::ConnectionStateRemove);
            let args = events[at].args.as_deref().unwrap();
            assert!(args.starts_with("{\"os\":{\"num_pkts\":"), "{args}");
            assert!(args.contains("},\"rs\":{\"num_pkts\":"), "{args}");
            assert!(events[at].size > 14 * 17, "{}", events[at].size);
        }
    }
}

#[test]
fn segments_of_one_byte_raise_the_same_events() {
    // What is raised per piece of a stream depends on the pieces.
    let by_piece = ["http_entity_data", "ssh_encrypted_packet", "conn_stats"];
    for exchange in EXCHANGES.iter().filter(|e| e.transport == Transport::Tcp) {
        let whole = run(exchange, usize::MAX).0;
        for size in [1, 2, 3, 7] {
            let cut = run(exchange, size).0;
            let app = |events: &[Event]| -> Vec<(&str, Option<Box<str>>)> {
                let events = events
                    .iter()
                    .filter(|event| !event.name.as_str().starts_with("connection_"));
                let events = events.filter(|event| !by_piece.contains(&event.name.as_str()));
                // Later segments are later in time.
                let timeless = |args: &str| match args.split_once("\"start\":") {
                    Some((head, tail)) => {
                        let tail = tail.split_once(',').map_or("", |(_, tail)| tail);
                        format!("{head}{tail}").into_boxed_str()
                    }
                    None => args.into(),
                };
                events
                    .map(|event| (event.name.as_str(), event.args.as_deref().map(timeless)))
                    .collect()
            };
            assert_eq!(
                app(&cut),
                app(&whole),
                "{} in segments of {size}",
                exchange.name
            );
        }
    }
}

#[test]
fn every_truncation_and_every_changed_byte_ends_well() {
    for exchange in EXCHANGES {
        for (turn, (_, text)) in exchange.turns.iter().enumerate() {
            let mut changed = exchange.owned();
            for at in 0..text.len() {
                changed[turn].1 = text[..at].to_vec();
                raised(exchange, &changed, usize::MAX);
                for value in [text[at] ^ 0xff, text[at] ^ 1, 0, 0x80, b'\n', 0xff] {
                    changed[turn].1 = text.to_vec();
                    changed[turn].1[at] = value;
                    let (_, counters) = raised(exchange, &changed, usize::MAX);
                    assert_eq!(counters.held_bytes, 0, "{}", exchange.name);
                }
            }
        }
    }
}

#[test]
fn a_header_without_end_is_a_violation_and_stops_growing() {
    let endless = Exchange {
        name: "endless",
        transport: Transport::Tcp,
        ports: (40_000, 80),
        turns: &[],
        raises: &[],
    };
    let mut text = b"GET / HTTP/1.1\r\nX: ".to_vec();
    text.resize(1 << 20, b'x');
    let (events, counters) = raised(&endless, &[(true, text)], 1400);
    assert_eq!(counters.violations, 1);
    assert!(names(&events).contains(&"analyzer_violation_info"));
}

#[test]
fn a_lost_segment_inside_a_body_is_a_gap_and_the_next_message_is_read() {
    let (events, _) = exchange::with_lost_body_segment();
    let names = names(&events);
    assert_eq!(
        names.iter().filter(|name| **name == "content_gap").count(),
        1,
        "{names:?}"
    );
    assert_eq!(
        names.iter().filter(|name| **name == "http_reply").count(),
        2,
        "{names:?}"
    );
    let done = events
        .iter()
        .rfind(|event| event.name.as_str() == "http_message_done");
    let args = done.and_then(|event| event.args.as_deref()).unwrap();
    assert!(args.contains("\"interrupted\":false"), "{args}");
}

#[test]
fn a_dhcp_message_has_the_fields_of_the_message() {
    let dhcp = EXCHANGES
        .iter()
        .find(|exchange| exchange.name == "dhcp")
        .unwrap();
    let (events, _) = run(dhcp, usize::MAX);
    let event = events
        .iter()
        .find(|event| event.name.as_str() == "dhcp_message");
    let args = event.and_then(|event| event.args.as_deref()).unwrap();
    for part in [
        "\"op\":1",
        "\"m_type\":3",
        "\"xid\":119",
        "\"ciaddr\":\"10.0.0.1\"",
        "\"yiaddr\":\"10.0.0.9\"",
    ] {
        assert!(args.contains(part), "{part} not in {args}");
    }
}

#[test]
fn sizes_and_counts_agree_with_the_rows() {
    for exchange in EXCHANGES {
        let (events, counts) = exchange::rows_and_counts(exchange);
        let (n, bytes) = counts
            .iter()
            .fold((0, 0), |(n, b), c| (n + c.count, b + c.bytes));
        assert_eq!(n, events.len() as u64, "{}", exchange.name);
        assert_eq!(
            bytes,
            events.iter().map(|event| event.size).sum::<u64>(),
            "{}",
            exchange.name
        );
    }
}

/// Ports of `fuzz/fuzz_targets/events.rs`.
const PORTS: [u16; 21] = [
    80, 443, 22, 25, 21, 110, 143, 6667, 1883, 3306, 3389, 53, 5060, 161, 514, 1812, 67, 123, 137,
    5353, 5222,
];

#[test]
fn fuzz_targets_begin_with_an_exchange_of_every_parser() {
    let fuzz = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let targets = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for exchange in EXCHANGES {
        let port = exchange.ports.1;
        let choice = PORTS.iter().position(|own| *own == port).unwrap_or(0) as u8;
        let udp = exchange.transport == Transport::Udp;
        let mut bytes = vec![choice | u8::from(udp) << 7];
        for (is_orig, text) in exchange.turns {
            bytes.push(u8::from(*is_orig));
            bytes.extend((text.len() as u16).to_be_bytes());
            bytes.extend(*text);
        }
        let name = |name: &&Name| exchange.raises.contains(&name.as_str());
        let own = Name::ALL.iter().filter(name).map(|name| name.protocol());
        let own = own.filter(|protocol| *protocol != "mime");
        for target in own.chain(["events"]) {
            let wanted = format!("name = \"{target}\"");
            assert!(targets.contains(&wanted), "no target {target}");
            let corpus = fuzz.join("corpus").join(target);
            let path = corpus.join(exchange.name.replace(' ', "-"));
            if std::env::var_os("WIRETELL_BLESS").is_some() {
                std::fs::create_dir_all(&corpus).unwrap();
                std::fs::write(&path, &bytes).unwrap();
            }
            let stored = std::fs::read(&path).unwrap_or_default();
            assert!(stored == bytes, "{}: WIRETELL_BLESS=1", exchange.name);
        }
    }
}
