//! What a real Bro 2.5.3 says of about 2,000 captures, row by row: connections and `conn_stats`.
//!
//! Differences are counted by capture and kind in `oracle/bro.tsv`, each with its reason. Run with `WIRETELL_BLESS=1`
//! to rewrite the counts; a new kind of difference stands there without a reason, and fails.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use meter::connections::{Config, ConnStats, ConnectionRecord, Proto, Tracker};
use wire::capture::Capture;
use wire::{DecodeOptions, Record, decode};

/// Columns that are compared, in Zeek's names.
const COLUMNS: [&str; 10] = [
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
];

type Row = HashMap<String, String>;

fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    path.join("data/oracles").is_dir().then_some(path)
}

fn table(path: &Path) -> Vec<Row> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| {
            names
                .iter()
                .map(|n| n.to_string())
                .zip(line.split('\t').map(str::to_string))
                .collect()
        })
        .collect()
}

/// Microseconds of a time in seconds, which may be in scientific notation.
fn micros(seconds: &str) -> i128 {
    match seconds.split_once('.') {
        Some((whole, part)) if !seconds.contains('e') => {
            let part = format!("{part:0<6}");
            whole.parse::<i128>().unwrap() * 1_000_000 + part[..6].parse::<i128>().unwrap()
        }
        _ => (seconds.parse::<f64>().unwrap() * 1e6) as i128,
    }
}

fn tracked(path: &Path) -> Vec<ConnectionRecord> {
    let mut records = vec![];
    let Ok(mut file) = Capture::open(path) else {
        return records;
    };
    let mut tracker = Tracker::new(Config {
        quality: false,
        ..Config::bro_2_5()
    });
    while let Some(record) = file.next_record() {
        // Bro's clock has microseconds.
        let record = Record {
            time_ns: record.time_ns.div_euclid(1000) * 1000,
            ..record
        };
        let packet = decode(&record, DecodeOptions::default());
        tracker.observe(&record, &packet, &mut |record| records.push(record));
    }
    tracker.finish(&mut |record| records.push(record));
    records
}

fn column(record: &ConnectionRecord, name: &str) -> String {
    let count = |count: Option<u64>| count.map_or("-".to_string(), |count| count.to_string());
    match name {
        "duration" => record
            .duration_ns
            .map_or("-".into(), |ns| (ns / 1000).to_string()),
        "orig_bytes" => count(record.orig.bytes),
        "resp_bytes" => count(record.resp.bytes),
        "conn_state" => record.conn_state.name().into(),
        "missed_bytes" => record.missed_bytes.to_string(),
        "history" if record.history.is_empty() => "-".into(),
        "history" => record.history.as_str().into(),
        "orig_pkts" => record.orig.pkts.to_string(),
        "orig_ip_bytes" => record.orig.ip_bytes.to_string(),
        "resp_pkts" => record.resp.pkts.to_string(),
        _ => record.resp.ip_bytes.to_string(),
    }
}

fn same(name: &str, bro: &str, ours: &str) -> bool {
    if name == "duration" && bro != "-" && ours != "-" {
        // It is printed from a binary fraction.
        return (micros(bro) - ours.parse::<i128>().unwrap()).abs() <= 1;
    }
    bro == ours
}

fn stats_equal(bro: &Row, record: &ConnectionRecord) -> bool {
    let side = |side: &str, stats: Option<ConnStats>| {
        let stats = stats.unwrap();
        let ours = [
            ("num_pkts", stats.num_pkts),
            ("num_rxmit", stats.num_rxmit),
            ("num_rxmit_bytes", stats.num_rxmit_bytes),
            ("num_in_order", stats.num_in_order),
            ("num_OO", stats.num_oo),
            ("num_repl", stats.num_repl),
            ("endian_type", u64::from(stats.endian_type)),
        ];
        ours.iter()
            .all(|(name, value)| bro[&format!("{side}_{name}")] == value.to_string())
    };
    side("orig", record.orig.conn_stats) && side("resp", record.resp.conn_stats)
}

/// The kind of difference between a row of Bro's and ours: the columns that differ.
fn difference(bro: &Row, record: &ConnectionRecord, stats: Option<&Row>) -> Option<String> {
    let mut kinds: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|name| !same(name, &bro[*name], &column(record, name)))
        .collect();
    if stats.is_some_and(|stats| !stats_equal(stats, record)) {
        kinds.push("conn_stats");
    }
    (!kinds.is_empty()).then(|| kinds.join(","))
}

/// Differences by capture and kind, and how many rows there are, are equal, and of these have `conn_stats`.
fn compare(shared: &Path) -> (BTreeMap<(String, String), u64>, [usize; 3]) {
    let data = shared.join("data");
    let mut by_capture: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in table(&data.join("oracles/conn.tsv.gz")) {
        by_capture
            .entry(row["capture"].clone())
            .or_default()
            .push(row);
    }
    let stats: HashMap<(String, String), Row> = table(&data.join("oracles/conn_stats.tsv.gz"))
        .into_iter()
        .map(|row| ((row["capture"].clone(), row["uid"].clone()), row))
        .collect();
    let mut differences: BTreeMap<(String, String), u64> = BTreeMap::new();
    let (mut rows, mut equal, mut with_stats) = (0, 0, 0);
    for (capture, bros) in by_capture {
        if !data.join(&capture).is_file() {
            continue;
        }
        let mut ours: HashMap<_, Vec<ConnectionRecord>> = HashMap::new();
        for record in tracked(&data.join(&capture)) {
            let ends = (record.orig_h, record.orig_p, record.resp_h, record.resp_p);
            // Bro knows no other protocols.
            if record.proto != Proto::Unknown {
                ours.entry((record.proto.name(), ends, i128::from(record.ts_ns) / 1000))
                    .or_default()
                    .push(record);
            }
        }
        let mut differ = |kind: &str| {
            *differences
                .entry((capture.clone(), kind.to_string()))
                .or_default() += 1
        };
        for bro in bros {
            rows += 1;
            if bro["tunnel_parents"] != "(empty)" {
                differ("in a tunnel");
                continue;
            }
            let proto = ["tcp", "udp", "icmp"]
                .into_iter()
                .find(|name| *name == bro["proto"])
                .unwrap();
            let ends = (
                bro["id.orig_h"].parse().unwrap(),
                bro["id.orig_p"].parse().unwrap(),
                bro["id.resp_h"].parse().unwrap(),
                bro["id.resp_p"].parse().unwrap(),
            );
            let found = ours
                .get_mut(&(proto, ends, micros(&bro["ts"])))
                .filter(|list| !list.is_empty());
            let Some(record) = found.map(|list| list.remove(0)) else {
                differ("only Bro's");
                continue;
            };
            let stats = stats.get(&(capture.clone(), bro["uid"].clone()));
            match difference(&bro, &record, stats) {
                Some(kind) => differ(&kind),
                None => {
                    equal += 1;
                    with_stats += usize::from(stats.is_some());
                }
            }
        }
        for _ in ours.values().flatten() {
            differ("only ours");
        }
    }
    (differences, [rows, equal, with_stats])
}

#[test]
fn connections_equal_bros_save_named_differences() {
    let Some(shared) = shared() else {
        writeln!(
            std::io::stderr(),
            "skipped: the shared data is not beside the checkout"
        )
        .unwrap();
        return;
    };
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/bro.tsv");
    let text = std::fs::read_to_string(&golden).unwrap_or_default();
    let mut known: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [capture, kind, rows, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        known.insert(
            (capture.into(), kind.into()),
            (rows.parse().unwrap(), reason.into()),
        );
    }
    let data = shared.join("data");
    let (found, [rows, equal, with_stats]) = compare(&shared);
    if std::env::var_os("WIRETELL_BLESS").is_some() {
        let mut out = String::from("# capture\tdiffering columns\trows\treason\n");
        for ((capture, kind), rows) in &found {
            let reason = known
                .get(&(capture.clone(), kind.clone()))
                .map_or("", |known| &known.1);
            out += &format!("{capture}\t{kind}\t{rows}\t{reason}\n");
        }
        std::fs::write(&golden, out).unwrap();
    }
    let summary = format!("{equal} of {rows} rows are equal, {with_stats} of them with conn_stats");
    writeln!(std::io::stderr(), "{summary}").unwrap();
    let mut wrong = vec![];
    for (key, rows) in &found {
        match known.get(key) {
            Some((told, reason)) if told == rows && !reason.is_empty() => {}
            Some((told, reason)) => {
                wrong.push(format!("{key:?}: {rows} rows, {told} named ({reason:?})"))
            }
            None => wrong.push(format!("{key:?}: {rows} rows, not named")),
        }
    }
    wrong.extend(
        known
            .keys()
            .filter(|key| !found.contains_key(*key) && data.join(&key.0).is_file())
            .map(|key| format!("{key:?}: gone")),
    );
    assert!(wrong.is_empty(), "{summary}\n{}", wrong.join("\n"));
    // A capture that is not there is left out; most are.
    assert!(rows > 70_000, "{summary}");
    assert!(equal * 1000 > rows * 995, "{summary}");
}
