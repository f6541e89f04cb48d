//! Planted truth: a sender, a receiver and a monitor between them, with losses on both sides of it, reordering and
//! copies. What the tracker says is compared with what was done.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod path;

use meter::connections::TcpQuality;
use path::{Ids, Path, Truth, run};

/// Precision and recall over many connections: agreeing counts of each connection are taken for the same packets.
fn score(name: &str, pairs: &[(u64, u64)]) -> (f64, f64, String) {
    let (mut both, mut said, mut true_) = (0, 0, 0);
    for (estimate, truth) in pairs {
        both += estimate.min(truth);
        said += estimate;
        true_ += truth;
    }
    let ratio = |part: u64, whole: u64| {
        if whole == 0 {
            1.0
        } else {
            part as f64 / whole as f64
        }
    };
    let (precision, recall) = (ratio(both, said), ratio(both, true_));
    (
        precision,
        recall,
        format!(
            "{name}: {true_} planted, {said} told, precision {precision:.4}, recall {recall:.4}"
        ),
    )
}

fn classes(results: &[(TcpQuality, Truth)]) -> Vec<(f64, f64, String)> {
    let pairs = |get: fn(&TcpQuality, &Truth) -> (u64, u64)| -> Vec<(u64, u64)> {
        results
            .iter()
            .map(|(quality, truth)| get(quality, truth))
            .collect()
    };
    vec![
        score(
            "retransmitted, original seen",
            &pairs(|q, t| (q.rexmit_seen_pkts, t.seen_before)),
        ),
        score(
            "lost upstream",
            &pairs(|q, t| (q.lost_upstream_pkts, t.lost_upstream)),
        ),
        score("reordered", &pairs(|q, t| (q.reordered_pkts, t.reordered))),
        score(
            "duplicated",
            &pairs(|q, t| (q.duplicate_pkts, t.duplicated)),
        ),
    ]
}

fn check(ids: Ids, v6: bool, timestamps: bool, least: f64) {
    let mut results = vec![];
    for seed in 0..60u64 {
        let path = Path {
            seed: seed * 7919 + 13,
            ids,
            v6,
            timestamps,
            sender_ns: [400_000, 3_000_000, 12_000_000, 40_000_000][(seed % 4) as usize],
            receiver_ns: [500_000, 2_000_000, 9_000_000, 30_000_000, 80_000_000]
                [(seed % 5) as usize],
            loss_upstream: 0.006,
            loss_downstream: 0.006,
            reorder: 0.006,
            duplicate: 0.006,
            segments: 1200,
        };
        results.push(run(&path));
    }
    let scores = classes(&results);
    let text: Vec<&str> = scores.iter().map(|score| score.2.as_str()).collect();
    let text = format!(
        "{ids:?} v6 {v6} timestamps {timestamps}\n{}",
        text.join("\n")
    );
    for (precision, recall, _) in scores {
        assert!(precision >= least && recall >= least, "{text}");
    }
}

#[test]
fn counting_ids_with_timestamps() {
    check(Ids::Counting, false, true, 0.99);
}

#[test]
fn counting_ids_without_timestamps() {
    check(Ids::Counting, false, false, 0.99);
}

#[test]
fn random_ids() {
    check(Ids::Random, false, true, 0.99);
}

#[test]
fn constant_ids() {
    check(Ids::Constant, false, true, 0.99);
}

#[test]
fn ipv6_with_timestamps() {
    check(Ids::Constant, true, true, 0.99);
}

#[test]
fn ipv6_without_timestamps() {
    check(Ids::Constant, true, false, 0.99);
}

#[test]
fn a_clean_path_shows_no_fault_and_its_round_trips() {
    let path = Path {
        seed: 5,
        ids: Ids::Counting,
        v6: false,
        timestamps: true,
        sender_ns: 4_000_000,
        receiver_ns: 11_000_000,
        loss_upstream: 0.0,
        loss_downstream: 0.0,
        reorder: 0.0,
        duplicate: 0.0,
        segments: 500,
    };
    let (quality, _) = run(&path);
    let faults = [
        quality.rexmit_pkts,
        quality.reordered_pkts,
        quality.duplicate_pkts,
        quality.unseen_bytes,
        quality.keep_alives,
        quality.zero_windows,
    ];
    assert_eq!(faults, [0; 6]);
    assert_eq!(quality.unique_bytes, 500 * 1000);
    assert_eq!(quality.payload_bytes, 500 * 1000);
}
