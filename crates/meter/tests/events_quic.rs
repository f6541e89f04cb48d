//! QUIC's long headers, hellos and closings in their order, and what the hellos name, against Zeek's quic.log beside its
//! captures.
#![allow(
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use meter::events::{Event, EventConfig, EventEngine, Name};
use wire::capture::Capture;
use wire::{DecodeOptions, decode};

/// Captures and a quic.log of each, in Zeek's tree of baselines.
const BASELINES: [(&str, &str); 9] = [
    (
        "chromium-115.0.5790.110-api-cirrus-com",
        "chromium/quic.log",
    ),
    ("curl-8.1.2-dev-http3-www-google-de", "curl-http3/quic.log"),
    ("quic-39264-rand", "39264-rand/quic.log"),
    (
        "quic-decrypt-fail-google-de-51833",
        "decrypt-fail-google-de-51833/quic.log.cut",
    ),
    (
        "quic-multiple-initial-fragmented-crypto",
        "multiple-initial-fragmented-crypto/quic.log.cut",
    ),
    (
        "quic-multiple-initial-fragmented-crypto-only-initial",
        "multiple-initial-fragmented-crypto-only-initial/quic.log.cut",
    ),
    ("quicdoq", "quicdoq/quic.log"),
    (
        "quicv2-echo-dpd-custom-port-4433",
        "dpd-v2-custom-port/quic.log",
    ),
    ("quicv2-http3-443", "quicv2-http3-443/quic.log"),
];

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = path.join("data/pcap/zeek/quic");
    path.is_dir().then_some(path)
}

fn events(path: &Path) -> Vec<Event> {
    let mut file = Capture::open(path).unwrap();
    let mut engine = EventEngine::new(EventConfig {
        rows: true,
        args: true,
        ..EventConfig::default()
    });
    while let Some(record) = file.next_record() {
        engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
    engine.finish();
    std::mem::take(&mut engine.batch().events)
}

/// The letter of an event in Zeek's history, upper case for the originator.
fn letter(event: &Event) -> Option<char> {
    let letter = match event.name {
        Name::QuicInitial => 'i',
        Name::QuicHandshake => 'h',
        Name::QuicZeroRtt => 'z',
        Name::QuicRetry => 'r',
        Name::QuicClose => 'c',
        Name::SslClientHello | Name::SslServerHello => 's',
        _ => return None,
    };
    Some(if event.is_orig == Some(true) {
        letter.to_ascii_uppercase()
    } else {
        letter
    })
}

fn named(events: &[Event], name: Name) -> String {
    let event = events
        .iter()
        .find(|event| event.name == name && event.is_orig == Some(true));
    let args = event.and_then(|event| event.args.as_deref());
    let text = args.and_then(|args| args.split_once("[\"")?.1.split_once('"'));
    text.map_or("-".into(), |(text, _)| text.to_owned())
}

#[test]
fn quic_is_told_as_zeek_tells_it() {
    let Some(folder) = shared() else {
        eprintln!("skipped: ../shared is not there");
        return;
    };
    for (capture, log) in BASELINES {
        let events = events(&folder.join(format!("{capture}.pcap")));
        let log = format!("{capture}.pcap.expected.zeek/scripts.base.protocols.quic.{log}");
        let log = std::fs::read_to_string(folder.join(log)).unwrap();
        let mut lines = log
            .lines()
            .filter(|line| line.contains("\tuid") || !line.starts_with('#'));
        let columns: Vec<&str> = lines
            .next()
            .unwrap()
            .trim_start_matches("#fields\t")
            .split('\t')
            .collect();
        let cells: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let cell = |name| {
            columns
                .iter()
                .position(|column| *column == name)
                .map(|at| cells[at])
        };
        // What comes under short headers, and what is no QUIC, has no event.
        let theirs: String = cell("history")
            .unwrap()
            .chars()
            .filter(|c| !"OoXx".contains(*c))
            .collect();
        let ours: String = events.iter().filter_map(letter).collect();
        assert_eq!(ours, theirs, "{capture}");
        if let Some(name) = cell("server_name") {
            assert_eq!(named(&events, Name::SslServerName), name, "{capture}");
        }
        if let Some(protocol) = cell("client_protocol") {
            assert_eq!(named(&events, Name::SslAlpn), protocol, "{capture}");
        }
    }
}
