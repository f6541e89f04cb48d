//! How often each event was raised by a real Bro 2.5.3, per capture, against the engine's counts.
//!
//! `oracle/events.tsv` holds, by name, both totals, the captures with that event, and in how many of them the counts
//! agree; each name that does not agree everywhere has its reasons. Run with `WIRETELL_BLESS=1` to rewrite the
//! figures; a name whose figures change, or that has no reason for its differences, fails.
#![allow(
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

use meter::connections::Config;
use meter::events::{EventConfig, EventEngine};
use wire::capture::Capture;
use wire::{DecodeOptions, Record, decode};

type Counts = HashMap<String, u64>;

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    path.join("data/oracles").is_dir().then_some(path)
}

fn of_bro(path: &Path) -> BTreeMap<String, Counts> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut captures = BTreeMap::<String, Counts>::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let counts = captures.entry(cells[0].into()).or_default();
        counts.insert(cells[1].into(), cells[2].parse().unwrap());
    }
    captures
}

fn ours(path: &Path) -> Counts {
    let mut counts = Counts::new();
    let Ok(mut file) = Capture::open(path) else {
        return counts;
    };
    let mut engine = EventEngine::new(EventConfig {
        // Bro does not read connections whose start was missed.
        partial: false,
        // Its analyzer of TCP statistics was on.
        conn_stats: true,
        tracking: Config {
            quality: false,
            ..Config::bro_2_5()
        },
        ..EventConfig::default()
    });
    while let Some(record) = file.next_record() {
        // Bro's clock has microseconds.
        let record = Record {
            time_ns: record.time_ns.div_euclid(1000) * 1000,
            ..record
        };
        engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
    engine.finish();
    for count in &engine.batch().counts {
        *counts.entry(count.name.as_str().into()).or_default() += count.count;
    }
    counts
}

#[test]
fn counts_per_event_and_capture_agree_with_bro_or_say_why_not() {
    let Some(shared) = shared() else {
        eprintln!("skipped: ../shared is not there");
        return;
    };
    let data = shared.join("data");
    let bro = of_bro(&data.join("oracles/events.tsv.gz"));
    if let Some(capture) = bro.keys().find(|capture| !data.join(capture).is_file()) {
        eprintln!("skipped: the totals are those of all captures, and {capture} is not there");
        return;
    }
    let mut known = BTreeSet::new();
    let mut pairs = BTreeMap::<String, [u64; 4]>::new();
    let mut all = Vec::new();
    for (capture, theirs) in bro {
        let ours = ours(&data.join(&capture));
        known.extend(theirs.keys().cloned());
        all.push((theirs, ours));
    }
    for (theirs, ours) in &all {
        for name in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            let count = |counts: &Counts| counts.get(name).copied().unwrap_or_default();
            let (a, b) = (count(theirs), count(ours));
            let row = pairs.entry(name.clone()).or_default();
            *row = [
                row[0] + a,
                row[1] + b,
                row[2] + 1,
                row[3] + u64::from(a == b),
            ];
        }
    }
    pairs.retain(|name, row| known.contains(name) && row[1] > 0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/events.tsv");
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let reasons: HashMap<&str, &str> = stored
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Some((*cells.first()?, *cells.get(5)?))
        })
        .collect();
    let mut text = String::from("event\tbro\tours\tcaptures\tequal\treasons\n");
    let mut unexplained = Vec::new();
    for (name, [theirs, ours, captures, equal]) in &pairs {
        let reason = reasons.get(name.as_str()).copied().unwrap_or_default();
        if equal < captures && reason.is_empty() {
            unexplained.push(name);
        }
        writeln!(
            text,
            "{name}\t{theirs}\t{ours}\t{captures}\t{equal}\t{reason}"
        )
        .unwrap();
    }
    if std::env::var_os("WIRETELL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let changed: Vec<_> = (text.lines().zip(stored.lines()))
        .filter(|(now, then)| now != then)
        .collect();
    assert!(
        stored == text,
        "rewrite with WIRETELL_BLESS=1 if this is meant: {changed:#?}"
    );
    assert!(unexplained.is_empty(), "without a reason: {unexplained:?}");
}
