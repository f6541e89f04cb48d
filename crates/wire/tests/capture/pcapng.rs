//! pcapng: sections, interfaces, resolutions, every kind of packet block, blocks that lie.

use proptest::prelude::*;
use wire::LinkType;
use wire::capture::Warning;

use super::read;
use super::support::pcapng::{Kept, Pcapng};

const SECOND: i64 = 1_000_000_000;

fn times(file: &Pcapng) -> Vec<i64> {
    read(&file.bytes)
        .0
        .iter()
        .map(|record| record.time_ns)
        .collect()
}

#[test]
fn every_packet_block_is_read_in_both_orders() {
    for big_endian in [false, true] {
        let mut file = Pcapng::new(big_endian);
        file.interface(LinkType::ETHERNET, None, None);
        file.interface(LinkType(101), Some(9), None);
        file.enhanced(1, 5, 70, b"abcde");
        file.obsolete(0, 6, 80, b"abc");
        file.simple(3, b"xyz");
        file.statistics(1, 100, 4);
        file.statistics(1, 200, 7);
        let (records, facts) = read(&file.bytes);
        let kept = |time_ns, wire_len, link, data: &[u8]| Kept {
            time_ns,
            wire_len,
            link,
            data: data.to_vec(),
        };
        assert_eq!(
            records,
            [
                kept(5, 70, 101, b"abcde"),
                kept(6000, 80, 1, b"abc"),
                kept(6000, 3, 1, b"xyz")
            ]
        );
        assert_eq!(facts.big_endian, big_endian);
        assert_eq!(facts.interfaces[1].received, Some(200));
        assert_eq!(facts.dropped(), Some(7));
        assert_eq!(facts.warnings, []);
    }
}

#[test]
fn resolution_and_offset_give_the_time() {
    for (resolution, offset, ticks, expected) in [
        (None, None, 3, 3000),
        (Some(0), None, 3, 3 * SECOND),
        (Some(3), Some(10), 3, 10 * SECOND + 3_000_000),
        (Some(9), Some(-1), 3, 3 - SECOND),
        (Some(12), None, 3999, 3),
        (Some(0x80), None, 3, 3 * SECOND),
        (Some(0x81), None, 3, 3 * SECOND / 2),
        (Some(0x80 | 20), None, 1 << 20, SECOND),
        (Some(0), None, u64::MAX, i64::MAX),
        (Some(0), Some(i64::MIN), 0, i64::MIN + 1),
        (Some(127), None, u64::MAX, 0),
        (Some(0xFF), None, u64::MAX, 0),
    ] {
        let mut file = Pcapng::new(false);
        file.interface(LinkType::ETHERNET, resolution, offset);
        file.enhanced(0, ticks, 1, b"a");
        assert_eq!(
            times(&file),
            [expected],
            "{resolution:?} {offset:?} {ticks}"
        );
    }
}

#[test]
fn simple_packets_have_the_time_of_their_neighbor() {
    let mut file = Pcapng::new(false);
    file.interface(LinkType::ETHERNET, None, None);
    file.simple(1, b"a");
    file.simple(1, b"b");
    file.enhanced(0, 5, 1, b"c");
    file.simple(1, b"d");
    assert_eq!(times(&file), [5000; 4]);
    assert_eq!(read(&file.bytes).1.span_ns, Some((5000, 5000)));
    let mut untimed = Pcapng::new(false);
    untimed.interface(LinkType::ETHERNET, None, None);
    untimed.simple(1, b"a");
    assert_eq!(times(&untimed), [0]);
    assert_eq!(read(&untimed.bytes).1.span_ns, None);
}

#[test]
fn a_section_has_its_own_order_and_interfaces() {
    let mut file = Pcapng::new(false);
    file.interface(LinkType::ETHERNET, None, None);
    file.enhanced(0, 1, 1, b"a");
    file.section(true);
    file.enhanced(0, 2, 1, b"lost");
    file.interface(LinkType(101), Some(9), None);
    file.enhanced(0, 3, 1, b"b");
    let (records, facts) = read(&file.bytes);
    assert_eq!(
        records.iter().map(|record| record.link).collect::<Vec<_>>(),
        [1, 101]
    );
    assert!(matches!(
        facts.warnings[..],
        [Warning::Skipped { count: 1, .. }]
    ));
    assert_eq!(facts.interfaces.len(), 2);
}

#[test]
fn blocks_that_lie_end_the_file_or_are_passed_over() {
    let mut good = Pcapng::new(false);
    good.interface(LinkType::ETHERNET, None, None);
    good.enhanced(0, 1, 1, b"a");
    let lie = |change: &dyn Fn(&mut Pcapng)| {
        let mut file = good.clone();
        change(&mut file);
        file.enhanced(0, 2, 1, b"b");
        let (records, facts) = read(&file.bytes);
        assert!(facts.warnings.len() <= 1, "{:?}", facts.warnings);
        (
            records.len(),
            facts
                .warnings
                .first()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
    };
    for (what, change) in [
        (
            "length of zero",
            (&|file: &mut Pcapng| file.bytes.extend([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
                as &dyn Fn(&mut Pcapng),
        ),
        ("trailer differs", &|file| {
            file.enhanced(0, 2, 1, b"x");
            let at = file.bytes.len() - 4;
            file.bytes[at] = 99;
        }),
        ("packet longer than its block", &|file| {
            let at = file.bytes.len();
            file.enhanced(0, 2, 1, b"x");
            file.bytes[at + 20] = 200;
        }),
        ("huge packet block", &|file| {
            file.bytes.extend([6, 0, 0, 0, 0, 0, 0, 0x7F, 0, 0, 0, 0])
        }),
        ("section without order", &|file| {
            file.block(0x0A0D_0D0A, &[0; 16])
        }),
        ("section of version 9", &|file| {
            let at = file.bytes.len();
            file.section(false);
            file.bytes[at + 12] = 9;
        }),
        ("huge unknown block", &|file| {
            file.bytes
                .extend([0xAB, 0, 0, 0, 0, 0, 0, 0xF0, 0, 0, 0, 0])
        }),
    ] {
        let (records, warning) = lie(change);
        assert_eq!(records, 1, "{what}");
        assert!(!warning.is_empty(), "{what}");
    }
    for (what, change) in [
        (
            "short packet block",
            (&|file: &mut Pcapng| file.block(6, b"abcd")) as &dyn Fn(&mut Pcapng),
        ),
        ("unknown interface", &|file| file.enhanced(7, 1, 1, b"a")),
        ("short interface", &|file| file.block(1, b"")),
    ] {
        let (records, warning) = lie(change);
        assert_eq!(records, 2, "{what}");
        assert!(warning.starts_with("1 × "), "{what} {warning}");
    }
    for (what, change) in [
        (
            "custom block",
            (&|file: &mut Pcapng| file.block(0xBAD, b"abcdef")) as &dyn Fn(&mut Pcapng),
        ),
        ("unknown empty block", &|file| file.block(0x8000_0001, b"")),
        ("options that run out", &|file| {
            file.block(5, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 99, 0])
        }),
        ("unaligned length", &|file| {
            file.bytes
                .extend([0xAB, 0, 0, 0, 14, 0, 0, 0, 1, 2, 0, 0, 14, 0, 0, 0]);
        }),
    ] {
        assert_eq!(lie(change), (2, String::new()), "{what}");
    }
}

/// What a file is made of.
#[derive(Clone, Debug)]
enum Step {
    Section(bool),
    Interface(u16, u8, i64),
    Enhanced(u32, u64, Vec<u8>),
    Obsolete(u16, u64, Vec<u8>),
    Simple(Vec<u8>),
    Statistics(u32),
    Unknown(u32, Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let data = || prop::collection::vec(any::<u8>(), 0..40);
    let ticks = || prop_oneof![0..2_000_000_000_u64, any::<u64>()];
    prop_oneof![
        1 => any::<bool>().prop_map(Step::Section),
        2 => (any::<u16>(), prop_oneof![0..13_u8, 0x80..0xC0_u8], -10_000_000_000..10_000_000_000_i64)
            .prop_map(|(link, resolution, offset)| Step::Interface(link, resolution, offset)),
        6 => (0..3_u32, ticks(), data()).prop_map(|(id, ticks, data)| Step::Enhanced(id, ticks, data)),
        2 => (0..3_u16, ticks(), data()).prop_map(|(id, ticks, data)| Step::Obsolete(id, ticks, data)),
        2 => data().prop_map(Step::Simple),
        1 => (0..3_u32).prop_map(Step::Statistics),
        1 => (0x40..0x60_u32, data()).prop_map(|(kind, body)| Step::Unknown(kind, body)),
    ]
}

/// The time by the definition, in other words than the reader's, and whether 64 bits hold it.
fn expected_time(resolution: u8, offset: i64, ticks: u64) -> (i64, bool) {
    let exponent = u32::from(resolution & 0x7F);
    let per_second: i128 = if resolution & 0x80 != 0 {
        1 << exponent
    } else {
        10_i128.pow(exponent)
    };
    let (whole, part) = (
        i128::from(ticks) / per_second,
        i128::from(ticks) % per_second,
    );
    let time = (whole + i128::from(offset)) * 1_000_000_000 + part * 1_000_000_000 / per_second;
    (
        time.clamp(i128::from(i64::MIN + 1), i128::from(i64::MAX)) as i64,
        i64::try_from(time).is_ok_and(|time| time > i64::MIN),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read(steps in prop::collection::vec(step(), 0..40), big_endian: bool) {
        let mut file = Pcapng::new(big_endian);
        let mut interfaces: Vec<(u16, u8, i64)> = Vec::new();
        let (mut expected, mut last, mut untimed): (Vec<Kept>, Option<i64>, usize) = (Vec::new(), None, 0);
        let mut skipped = 0;
        for step in steps {
            let (id, ticks, data) = match step {
                Step::Section(big_endian) => {
                    file.section(big_endian);
                    interfaces.clear();
                    continue;
                }
                Step::Interface(link, resolution, offset) => {
                    file.interface(LinkType(link), Some(resolution), Some(offset));
                    interfaces.push((link, resolution, offset));
                    continue;
                }
                Step::Statistics(id) => {
                    file.statistics(id, 1, 2);
                    continue;
                }
                Step::Unknown(kind, body) => {
                    file.block(kind, &body);
                    continue;
                }
                Step::Enhanced(id, ticks, data) => {
                    file.enhanced(id, ticks, 99, &data);
                    (id, Some(ticks), data)
                }
                Step::Obsolete(id, ticks, data) => {
                    file.obsolete(id, ticks, 99, &data);
                    (u32::from(id), Some(ticks), data)
                }
                Step::Simple(data) => {
                    file.simple(data.len() as u32, &data);
                    (0, None, data)
                }
            };
            let Some((link, resolution, offset)) = interfaces.get(id as usize).copied() else {
                skipped += 1;
                continue;
            };
            if let Some((time, is_told)) = ticks.map(|ticks| expected_time(resolution, offset, ticks)) {
                last = Some(time);
                skipped += u64::from(!is_told);
            }
            if last.is_none() {
                untimed += 1;
            }
            let wire_len = if ticks.is_some() { 99 } else { data.len() as u32 };
            expected.push(Kept { time_ns: last.unwrap_or(0), wire_len, link, data });
        }
        let first = expected.get(untimed).map_or(0, |record| record.time_ns);
        for record in expected.iter_mut().take(untimed) {
            record.time_ns = first;
        }
        let (records, facts) = read(&file.bytes);
        prop_assert_eq!(&records, &expected);
        prop_assert_eq!(facts.records, expected.len() as u64);
        let counted: u64 = facts.warnings.iter().map(|warning| match warning {
            Warning::Skipped { count, .. } => *count,
            _ => 1000,
        }).sum();
        prop_assert_eq!(counted, skipped);
    }
}
