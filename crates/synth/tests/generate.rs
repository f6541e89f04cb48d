//! Traces as a whole: the same twice, ordered, cut, labeled, and right in the eyes of tshark.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use synth::{Options, Scenario, Tally};

fn make(options: &Options) -> (Vec<u8>, String, Tally) {
    let (mut capture, mut truth) = (Vec::new(), Vec::new());
    let tally = synth::generate(options, &mut capture, &mut truth, &mut |_| true).unwrap();
    (capture, String::from_utf8(truth).unwrap(), tally)
}

fn small(scenario: Scenario) -> Options {
    Options {
        packets: 20_000,
        scenario,
        ..Options::default()
    }
}

/// Time, captured length and wire length of every record.
fn records(capture: &[u8]) -> Vec<(u64, usize, usize)> {
    let word = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().unwrap());
    let mut list = Vec::new();
    let mut at = 24;
    while at < capture.len() {
        let time = u64::from(word(at)) * 1_000_000_000 + u64::from(word(at + 4));
        list.push((time, word(at + 8) as usize, word(at + 12) as usize));
        at += 16 + word(at + 8) as usize;
    }
    assert_eq!(at, capture.len());
    list
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for scenario in Scenario::ALL {
        let options = small(scenario);
        let first = make(&options);
        let second = make(&options);
        assert_eq!(hash(&first.0), hash(&second.0), "{scenario}");
        assert_eq!(first.1, second.1, "{scenario}");
        let other = make(&Options { seed: 2, ..options });
        assert_ne!(hash(&first.0), hash(&other.0), "{scenario}");
    }
}

#[test]
fn every_scenario_gives_all_packets_in_time_order_at_about_the_rate_asked_for() {
    for scenario in Scenario::ALL {
        let options = Options {
            packets: 60_000,
            ..small(scenario)
        };
        let (capture, _, tally) = make(&options);
        let records = records(&capture);
        assert_eq!(records.len(), 60_000, "{scenario}");
        assert_eq!(tally.packets, 60_000, "{scenario}");
        assert!(records.is_sorted_by_key(|record| record.0), "{scenario}");
        let wire: usize = records.iter().map(|record| record.2).sum();
        assert_eq!(tally.bytes, wire as u64, "{scenario}");
        let seconds = (records.last().unwrap().0 - records[0].0) as f64 / 1e9;
        assert!(
            (20.0..45.0).contains(&seconds),
            "{scenario}: {seconds} s instead of 30"
        );
    }
}

#[test]
fn snaplen_cuts_what_is_captured_and_changes_nothing_else() {
    let whole = records(&make(&small(Scenario::Mix)).0);
    let cut = records(
        &make(&Options {
            snaplen: 96,
            ..small(Scenario::Mix)
        })
        .0,
    );
    assert_eq!(whole.len(), cut.len());
    for (whole, cut) in whole.iter().zip(&cut) {
        assert_eq!((whole.0, whole.2), (cut.0, cut.2));
        assert_eq!(cut.1, whole.2.min(96));
    }
}

#[test]
fn duration_sets_the_rate() {
    let options = Options {
        duration: Some(300.0),
        ..Options::default()
    };
    assert!((options.packet_rate() - 100_000.0 / 300.0).abs() < 1e-9);
}

#[test]
fn progress_ends_a_trace_early() {
    let (mut capture, mut truth) = (Vec::new(), Vec::new());
    let tally = synth::generate(&Options::default(), &mut capture, &mut truth, &mut |done| {
        done < 30_000
    })
    .unwrap();
    assert_eq!(tally.packets, 30_000);
    assert_eq!(records(&capture).len(), 30_000);
}

#[test]
fn an_unknown_scenario_is_told_with_those_that_exist() {
    let error = "storm".parse::<Scenario>().unwrap_err().to_string();
    assert!(
        error.contains("storm") && error.contains("surge"),
        "{error}"
    );
}

#[test]
fn every_attack_of_a_scenario_is_in_the_truth_with_its_sources() {
    for (scenario, names) in [
        (
            Scenario::Mix,
            vec!["horizontal-scan", "vertical-scan", "worm", "syn-flood"],
        ),
        (Scenario::Scan, vec!["horizontal-scan", "vertical-scan"]),
        (Scenario::Worm, vec!["worm"]),
        (Scenario::Flood, vec!["syn-flood"]),
        (
            Scenario::Reflection,
            vec!["dns-reflection", "ntp-reflection"],
        ),
        (Scenario::Flash, vec!["flash-crowd"]),
        (
            Scenario::Surge,
            vec!["syn-flood", "worm", "dns-reflection", "flash-crowd"],
        ),
        (Scenario::Benign, vec![]),
        (Scenario::Losses, vec![]),
    ] {
        let (_, truth, _) = make(&Options {
            packets: 60_000,
            ..small(scenario)
        });
        let attacks: Vec<&str> = truth
            .lines()
            .filter(|line| line.contains(r#""kind":"attack""#))
            .collect();
        assert_eq!(attacks.len(), names.len(), "{scenario}");
        for (line, name) in attacks.iter().zip(names) {
            assert!(
                line.contains(&format!(r#""name":"{name}""#)) && !line.contains(r#""sources":[]"#),
                "{scenario}: {line}"
            );
        }
    }
}

#[test]
fn a_surge_has_more_flood_packets_at_the_larger_factor() {
    let flood = |surge_factor| {
        let (_, truth, _) = make(&Options {
            packets: 60_000,
            surge_factor,
            ..small(Scenario::Surge)
        });
        let line = truth
            .lines()
            .find(|line| line.contains(r#""name":"syn-flood""#))
            .unwrap()
            .to_owned();
        let count = line
            .split(r#""packets":"#)
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        count.parse::<u64>().unwrap()
    };
    let (ten, hundred) = (flood(10), flood(100));
    assert!(hundred > ten * 3, "{ten} {hundred}");
}

fn capture_file(name: &str, options: &Options) -> (PathBuf, String, Tally) {
    let (capture, truth, tally) = make(options);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, capture).unwrap();
    (path, truth, tally)
}

fn tool(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(name).args(arguments).output();
    let Ok(output) = output else {
        eprintln!("skipped: {name} is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn frames(path: &Path, filter: &str) -> Option<BTreeSet<u64>> {
    let checks = ["ip", "tcp", "udp"].map(|protocol| format!("{protocol}.check_checksum:TRUE"));
    let [ip, tcp, udp] = &checks;
    let path = path.to_str().unwrap();
    let arguments = [
        "-r",
        path,
        "-o",
        ip,
        "-o",
        tcp,
        "-o",
        udp,
        "-Y",
        filter,
        "-T",
        "fields",
        "-e",
        "frame.number",
    ];
    Some(
        tool("tshark", &arguments)?
            .lines()
            .map(|line| line.parse().unwrap())
            .collect(),
    )
}

#[test]
fn tshark_finds_every_checksum_right() {
    let filter = "ip.checksum.status==0 || tcp.checksum.status==0 || udp.checksum.status==0 || icmp.checksum.status==0 || icmpv6.checksum.status==0";
    for scenario in [Scenario::Mix, Scenario::Losses, Scenario::Reflection] {
        let (path, _, _) = capture_file(&format!("sums-{scenario}.pcap"), &small(scenario));
        let Some(wrong) = frames(&path, filter) else {
            return;
        };
        assert_eq!(wrong, BTreeSet::new(), "{scenario}");
        let right = frames(&path, "tcp.checksum.status==1 || udp.checksum.status==1").unwrap();
        assert!(
            right.len() > 10_000,
            "{scenario}: only {} were checked",
            right.len()
        );
    }
}

#[test]
fn tshark_finds_the_payloads_well_formed() {
    let (path, _, _) = capture_file("formed.pcap", &small(Scenario::Mix));
    let Some(broken) = frames(&path, "_ws.malformed") else {
        return;
    };
    assert_eq!(broken, BTreeSet::new());
    for filter in [
        "http.request",
        "tls.handshake.type==1 && tls.handshake.extensions_server_name",
        "tls.handshake.type==2",
        "dns.flags.rcode==3",
        "dns.aaaa",
        "smtp.req.command",
        "ssh.message_code==20",
        "ntp",
        "quic",
        "arp",
        "icmp.type==3",
        "icmpv6.type==128",
        "ip.flags.mf==1",
        "vlan.id==107",
        "ipv6 && tcp",
    ] {
        assert!(
            !frames(&path, filter).unwrap().is_empty(),
            "no packet with {filter}"
        );
    }
}

#[test]
fn capinfos_counts_the_totals_of_the_truth() {
    let (path, truth, tally) = capture_file("totals.pcap", &small(Scenario::Mix));
    let Some(text) = tool(
        "capinfos",
        &["-M", "-T", "-r", "-c", "-d", path.to_str().unwrap()],
    ) else {
        return;
    };
    let counts: Vec<u64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    assert_eq!(counts, [tally.packets, tally.bytes]);
    let totals = truth.lines().last().unwrap();
    assert!(
        totals.contains(&format!(
            r#""packets":{},"bytes":{}"#,
            tally.packets, tally.bytes
        )),
        "{totals}"
    );
}

/// Packet numbers of a class, over all connections and both sides.
fn planted(truth: &str, class: &str) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for line in truth.lines() {
        for part in line.split(&format!(r#"_{class}_frames":["#)).skip(1) {
            let list = part.split(']').next().unwrap();
            all.extend(
                list.split(',')
                    .filter_map(|number| number.trim().parse::<u64>().ok()),
            );
        }
    }
    all
}

#[test]
fn tshark_sees_the_planted_losses_and_no_others() {
    let (path, truth, _) = capture_file(
        "losses.pcap",
        &Options {
            packets: 60_000,
            ..small(Scenario::Losses)
        },
    );
    let Some(again) = frames(&path, "tcp.analysis.retransmission && tcp.flags.syn==0") else {
        return;
    };
    let late = frames(&path, "tcp.analysis.out_of_order").unwrap();
    let sent_again: BTreeSet<u64> = ["lost_before", "lost_after", "spurious"]
        .iter()
        .flat_map(|class| planted(&truth, class))
        .collect();
    let (reordered, duplicated) = (planted(&truth, "reordered"), planted(&truth, "duplicated"));
    assert!(sent_again.len() > 100 && reordered.len() > 50 && duplicated.len() > 20);

    let unplanted: Vec<&u64> = again
        .iter()
        .filter(|n| !sent_again.contains(n) && !duplicated.contains(n))
        .collect();
    assert!(
        unplanted.len() * 100 <= again.len(),
        "tshark calls them retransmissions: {unplanted:?}"
    );
    let unseen = sent_again
        .iter()
        .filter(|n| !again.contains(n) && !late.contains(n))
        .count();
    assert!(
        unseen * 50 <= sent_again.len(),
        "{unseen} of {} unseen",
        sent_again.len()
    );
    let in_order = reordered.difference(&late).count();
    assert!(
        in_order * 20 <= reordered.len(),
        "{in_order} of {} in order",
        reordered.len()
    );
}

#[test]
fn tshark_sees_the_zero_windows_that_the_truth_counts() {
    let (path, truth, _) = capture_file(
        "windows.pcap",
        &Options {
            packets: 60_000,
            ..small(Scenario::Losses)
        },
    );
    let Some(seen) = frames(&path, "tcp.window_size_value==0 && tcp.flags.reset==0") else {
        return;
    };
    let count = |name: &str| -> u64 {
        let parts = truth.lines().flat_map(|line| {
            line.split(&format!(r#""{name}":"#))
                .skip(1)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        parts
            .map(|part| {
                part.split([',', '}'])
                    .next()
                    .unwrap()
                    .parse::<u64>()
                    .unwrap()
            })
            .sum()
    };
    assert!(seen.len() > 5);
    assert_eq!(
        seen.len() as u64,
        count("orig_zero_window_pkts") + count("resp_zero_window_pkts")
    );
}
