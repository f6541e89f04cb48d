//! Events by host and by connection: sums of the rows of events, whole where there is room, the heaviest where not.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::HashMap;
use std::net::IpAddr;

use meter::events::{Batch, EventConfig, EventEngine, HostCount, TalkerConfig};
use synth::{Options, generate};
use wire::capture::Capture;
use wire::{DecodeOptions, decode};

fn raised(config: TalkerConfig) -> Batch {
    let options = Options {
        seed: 5,
        packets: 20_000,
        ..Options::default()
    };
    let mut file = Vec::new();
    generate(&options, &mut file, &mut Vec::new(), &mut |_| true).unwrap();
    let mut capture = Capture::from_reader("synth", Box::new(std::io::Cursor::new(file))).unwrap();
    let mut engine = EventEngine::new(EventConfig {
        rows: true,
        talkers: Some(config),
        ..EventConfig::default()
    });
    while let Some(record) = capture.next_record() {
        engine.observe(&record, &decode(&record, DecodeOptions::default()));
    }
    engine.finish();
    std::mem::take(engine.batch())
}

type Sums<K> = HashMap<K, (u64, u64)>;

fn add<K: std::hash::Hash + Eq>(sums: &mut Sums<K>, key: K, (count, bytes): (u64, u64)) {
    let sum = sums.entry(key).or_default();
    *sum = (sum.0 + count, sum.1 + bytes);
}

/// Hosts of seconds and of all.
fn host_rows(batch: &Batch) -> Vec<HostCount> {
    let (totals, left_out) = batch.host_totals.as_ref().unwrap().rows(None);
    assert!(left_out.iter().all(|rest| rest.hosts == 0));
    [totals, batch.hosts.clone()].concat()
}

#[test]
fn with_room_they_are_the_sums_of_the_rows() {
    let room = TalkerConfig {
        top_of_second: usize::MAX / 4,
        seconds: usize::MAX / 4,
        connections: usize::MAX / 4,
        hosts: usize::MAX / 4,
    };
    let batch = raised(room);
    let mut hosts = Sums::<(Option<i64>, Option<IpAddr>, bool)>::new();
    let mut conns = Sums::new();
    for event in &batch.events {
        let Some(conn) = event.conn else { continue };
        let second = event.time_ns.div_euclid(1_000_000_000);
        for second in [None, Some(second)] {
            add(&mut conns, (second, conn.uid), (1, event.size));
            add(
                &mut hosts,
                (second, Some(conn.orig_h), true),
                (1, event.size),
            );
            add(
                &mut hosts,
                (second, Some(conn.resp_h), false),
                (1, event.size),
            );
        }
    }
    let (mut said_hosts, mut said_conns) = (Sums::new(), Sums::new());
    for row in &host_rows(&batch) {
        let key = (row.second, row.host, row.is_orig);
        add(&mut said_hosts, key, (row.count, row.bytes));
    }
    for row in &batch.conns {
        let key = (row.second, row.conn.uid);
        add(&mut said_conns, key, (row.count, row.bytes));
    }
    assert!(conns.len() > 1000 && hosts.len() > 1000);
    assert!(said_conns == conns);
    assert!(said_hosts == hosts);
}

#[test]
fn without_room_the_heaviest_stay_and_nothing_is_lost_from_the_sum() {
    let whole = raised(TalkerConfig::default());
    let tight = raised(TalkerConfig {
        top_of_second: 2,
        seconds: 3,
        connections: 5,
        hosts: 20,
    });
    let all: u64 = whole.events.iter().filter(|e| e.conn.is_some()).count() as u64;
    for is_orig in [true, false] {
        let totals = |batch: &Batch| -> Vec<(Option<IpAddr>, u64)> {
            let rows = host_rows(batch).into_iter();
            let rows = rows.filter(|row| row.second.is_none() && row.is_orig == is_orig);
            rows.map(|row| (row.host, row.count)).collect()
        };
        let (most, few) = (totals(&whole), totals(&tight));
        assert_eq!(few.iter().map(|row| row.1).sum::<u64>(), all);
        assert!(few.len() <= 41, "{}", few.len());
        let heaviest = most.iter().max_by_key(|row| row.1).unwrap();
        // A host that was let go counts anew when it comes back.
        let kept = few.iter().find(|row| row.0 == heaviest.0).unwrap().1;
        assert!(kept <= heaviest.1 && kept * 10 >= heaviest.1 * 9);
    }
    let total = |batch: &Batch| -> Vec<u64> {
        let rows = batch.conns.iter().filter(|row| row.second.is_none());
        let mut counts: Vec<u64> = rows.map(|row| row.count).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    };
    assert_eq!(total(&tight)[..5], total(&whole)[..5]);
    assert!(total(&tight).len() <= 10);
    let seconds = |batch: &Batch| -> HashMap<i64, usize> {
        let mut seconds = HashMap::new();
        for row in &batch.conns {
            if let Some(second) = row.second {
                *seconds.entry(second).or_default() += 1;
            }
        }
        seconds
    };
    assert_eq!(seconds(&tight).len(), 3);
    assert!(seconds(&tight).values().all(|rows| *rows == 2));
}
