//! The planted truth of the synthesizer: what the network did to long transfers, and what the tracker says of it.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::collections::{HashMap, HashSet};

use meter::connections::{Config, ConnectionRecord, TcpQuality, Tracker};
use synth::{Options, Scenario, generate};
use wire::capture::Capture;
use wire::{DecodeOptions, decode};

use wire::{Network, Transport};

type Ends = (String, u16, String, u16);

/// One line of the truth about a connection.
struct Truth(String);

impl Truth {
    fn field(&self, name: &str) -> Option<&str> {
        let start = self.0.find(&format!("\"{name}\":"))? + name.len() + 3;
        let rest = &self.0[start..];
        let end = rest.find([',', '}'])?;
        Some(rest[..end].trim_matches('"'))
    }

    fn number(&self, name: &str) -> u64 {
        self.field(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    fn frames(&self, name: &str) -> Vec<u64> {
        let Some(start) = self.0.find(&format!("\"{name}\":[")) else {
            return vec![];
        };
        let rest = &self.0[start + name.len() + 4..];
        let list = &rest[..rest.find(']').unwrap_or(0)];
        list.split(',')
            .filter_map(|text| text.trim().parse().ok())
            .collect()
    }

    fn ends(&self) -> Ends {
        let text = |name| self.field(name).unwrap_or_default().to_string();
        let port = |name| self.number(name) as u16;
        (
            text("orig_h"),
            port("orig_p"),
            text("resp_h"),
            port("resp_p"),
        )
    }
}

/// A trace of the scenario, tracked; the records by their ends, and the truth.
fn tracked(
    scenario: Scenario,
    seed: u64,
    packets: u64,
) -> (HashMap<Ends, ConnectionRecord>, Vec<Truth>, HashSet<u64>) {
    let options = Options {
        seed,
        packets,
        scenario,
        ..Options::default()
    };
    let (mut capture, mut truth) = (vec![], vec![]);
    generate(&options, &mut capture, &mut truth, &mut |_| true).unwrap();
    let mut file = Capture::from_reader("synth", Box::new(std::io::Cursor::new(capture))).unwrap();
    let mut tracker = Tracker::new(Config::default());
    let mut records = HashMap::new();
    let mut sink = |record: ConnectionRecord| {
        let ends = (
            record.orig_h.to_string(),
            record.orig_p,
            record.resp_h.to_string(),
            record.resp_p,
        );
        records.insert(ends, record);
    };
    // A segment that was lost before the monitor shows only when a later one has passed.
    let (mut tops, mut number) = (HashMap::new(), 0u64);
    let mut hidden = HashSet::new();
    while let Some(record) = file.next_record() {
        let packet = decode(&record, DecodeOptions::default());
        number += 1;
        if let Network::Ip(ip) = packet.network
            && let Transport::Tcp(tcp) = ip.transport
        {
            let top = tops
                .entry((ip.src, tcp.src_port, ip.dst, tcp.dst_port))
                .or_insert(tcp.seq);
            let ahead = |seq: u32, of: u32| seq.wrapping_sub(of) as i32;
            if ahead(tcp.seq, *top) >= 0 {
                hidden.insert(number);
            }
            let end = tcp
                .seq
                .wrapping_add(ip.payload_len + u32::from(tcp.flags & 2 != 0));
            if ahead(end, *top) > 0 {
                *top = end;
            }
        }
        tracker.observe(&record, &packet, &mut sink);
    }
    tracker.finish(&mut sink);
    let truth = String::from_utf8(truth).unwrap();
    let lines = truth
        .lines()
        .filter(|line| line.contains("\"kind\":\"connection\""));
    (
        records,
        lines.map(|line| Truth(line.to_string())).collect(),
        hidden,
    )
}

#[test]
fn losses_reordering_and_copies_are_told_apart() {
    type Said = fn(&TcpQuality) -> u64;
    let classes: [(&str, Said); 5] = [
        ("lost_before", |q| q.lost_upstream_pkts),
        ("lost_after", |q| q.lost_downstream_pkts),
        ("spurious", |q| q.spurious_pkts.unwrap_or(0)),
        ("reordered", |q| q.reordered_pkts),
        ("duplicated", |q| q.duplicate_pkts),
    ];
    let mut sums = [[0u64; 3]; 5];
    let mut wrong = vec![];
    for seed in [1, 2, 3] {
        let (records, truths, hidden) = tracked(Scenario::Losses, seed, 150_000);
        assert!(truths.len() > 20);
        for truth in truths {
            let Some(record) = records.get(&truth.ends()) else {
                panic!("not found: {}", truth.0)
            };
            for (side, endpoint) in [("orig", &record.orig), ("resp", &record.resp)] {
                let quality = endpoint.tcp.as_deref().unwrap();
                for ((name, said), sum) in classes.iter().zip(&mut sums) {
                    let frames = truth.frames(&format!("{side}_{name}_frames"));
                    let shows = |frame: &&u64| *name != "lost_before" || !hidden.contains(*frame);
                    let planted = frames.iter().filter(shows).count() as u64;
                    let told = said(quality);
                    sum[0] += planted;
                    sum[1] += told;
                    sum[2] += planted.min(told);
                    if planted != told {
                        wrong.push(format!(
                            "{name} {side} planted {planted} told {told}: {:?}",
                            truth.ends()
                        ));
                    }
                }
            }
        }
    }
    let ratio = |part: u64, whole: u64| {
        if whole == 0 {
            1.0
        } else {
            part as f64 / whole as f64
        }
    };
    let table: Vec<String> = classes
        .iter()
        .zip(&sums)
        .map(|((name, _), [planted, told, both])| {
            let (precision, recall) = (ratio(*both, *told), ratio(*both, *planted));
            format!("{name}: planted {planted}, told {told}, precision {precision:.4}, recall {recall:.4}")
        })
        .collect();
    let text = format!("{}\n{}", table.join("\n"), wrong.join("\n"));
    for [planted, told, both] in sums {
        assert!(planted > 50, "{text}");
        assert!(
            ratio(both, told) >= 0.99 && ratio(both, planted) >= 0.99,
            "{text}"
        );
    }
}

#[test]
fn the_handshake_gives_the_round_trip_on_either_side_of_the_monitor() {
    let (records, truths, _) = tracked(Scenario::Losses, 4, 40_000);
    let mut compared = 0;
    for truth in truths {
        if truth.number("orig_syn_retries") + truth.number("resp_syn_retries") > 0 {
            continue;
        }
        let record = &records[&truth.ends()];
        let (orig, resp) = (
            record.orig.tcp.as_deref().unwrap(),
            record.resp.tcp.as_deref().unwrap(),
        );
        if let (Some(to_orig), Some(to_resp)) = (orig.handshake_rtt_ns, resp.handshake_rtt_ns) {
            assert_eq!(
                to_orig as u64,
                truth.number("handshake_client_ns"),
                "{}",
                truth.0
            );
            assert_eq!(
                to_resp as u64,
                truth.number("handshake_server_ns"),
                "{}",
                truth.0
            );
            compared += 1;
        }
    }
    assert!(compared > 10);
}
