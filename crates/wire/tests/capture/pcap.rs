//! pcap in all its variants, and snoop.

use proptest::prelude::*;
use wire::capture::Warning;
use wire::capture::write::{PcapOptions, PcapWriter};
use wire::{LinkType, Record};

use super::support::pcapng::Kept;
use super::{read, refusal};

fn header(magic: u32, big_endian: bool, version: (u16, u16)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut put = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if !big_endian {
            bytes.reverse();
        }
        file.extend(bytes);
    };
    put(&magic.to_be_bytes());
    put(&version.0.to_be_bytes());
    put(&version.1.to_be_bytes());
    for word in [0_u32, 0, 65535, 1] {
        put(&word.to_be_bytes());
    }
    file
}

fn words(words: &[u32], big_endian: bool) -> Vec<u8> {
    let order = if big_endian {
        u32::to_be_bytes
    } else {
        u32::to_le_bytes
    };
    words.iter().flat_map(|word| order(*word)).collect()
}

#[test]
fn every_magic_number_tells_order_and_unit() {
    for (magic, unit_ns, extra, format) in [
        (0xA1B2_C3D4, 1000, 0, "pcap"),
        (0xA1B2_3C4D, 1, 0, "nanosecond pcap"),
        (0xA1B2_CD34, 1000, 8, "modified pcap"),
    ] {
        for big_endian in [false, true] {
            let mut file = header(magic, big_endian, (2, 4));
            file.extend(words(&[7, 9, 3, 60], big_endian));
            file.extend(vec![0xEE; extra]);
            file.extend(b"abc");
            let (records, facts) = read(&file);
            let expected = Kept {
                time_ns: 7_000_000_000 + 9 * unit_ns,
                wire_len: 60,
                link: 1,
                data: b"abc".to_vec(),
            };
            assert_eq!(records, [expected], "{format} {big_endian}");
            assert_eq!((facts.format, facts.big_endian), (format, big_endian));
            assert_eq!(facts.warnings, []);
        }
    }
}

#[test]
fn variants_that_share_a_magic_number_are_told_by_their_records() {
    for (magic, extra, format) in [
        (0xA1B2_C3D4, 0, "pcap"),
        (0xA1B2_C3D4, 4, "Nokia pcap"),
        (0xA1B2_C3D4, 8, "modified pcap"),
        (0xA1B2_CD34, 8, "modified pcap"),
        (0xA1B2_CD34, 12, "modified pcap"),
    ] {
        for (big_endian, count) in [(false, 1), (false, 2), (true, 3), (true, 5000)] {
            let mut file = header(magic, big_endian, (2, 4));
            for number in 0..count {
                file.extend(words(&[1_500_000_000 + number, 9, 42, 60], big_endian));
                file.extend(vec![0xEE; extra]);
                file.extend([number as u8; 42]);
            }
            let (records, facts) = read(&file);
            assert_eq!(records.len(), count as usize, "{format} {extra}");
            assert_eq!((facts.format, &facts.warnings[..]), (format, &[][..]));
            let last = records.last().expect("a record");
            assert_eq!(last.data, [(count - 1) as u8; 42], "{format} {extra}");
        }
    }
}

#[test]
fn a_file_that_fits_no_variant_is_what_its_magic_number_says() {
    let mut file = header(0xA1B2_C3D4, false, (2, 4));
    file.extend(words(&[1_500_000_000, 9, 42, 60], false));
    file.extend([7; 42]);
    file.extend([0xFF; 100]);
    let (records, facts) = read(&file);
    assert_eq!((records.len(), facts.format), (1, "pcap"));
    assert_eq!(facts.warnings.len(), 1);
}

#[test]
fn lengths_are_swapped_in_files_before_version_2_4() {
    for (minor, lengths) in [(2, [60, 3]), (3, [60, 3]), (3, [3, 60]), (4, [3, 60])] {
        let mut file = header(0xA1B2_C3D4, false, (2, minor));
        file.extend(words(&[1, 0, lengths[0], lengths[1]], false));
        file.extend(b"abc");
        let (records, _) = read(&file);
        assert_eq!(
            (records[0].data.len(), records[0].wire_len),
            (3, 60),
            "2.{minor}"
        );
    }
}

#[test]
fn the_upper_half_of_the_link_type_is_not_its() {
    let mut file = header(0xA1B2_C3D4, false, (2, 4));
    file[23] = 0xF4;
    file.extend(words(&[1, 0, 0, 0], false));
    assert_eq!(read(&file).0[0].link, 1);
}

#[test]
fn a_record_may_be_empty_or_longer_than_on_the_wire() {
    let mut file = header(0xA1B2_C3D4, false, (2, 4));
    file.extend(words(&[1, 0, 0, 0], false));
    file.extend(words(&[2, 0, 3, 1], false));
    file.extend(b"abc");
    let (records, facts) = read(&file);
    assert_eq!(records.len(), 2);
    assert_eq!((records[1].data.len(), records[1].wire_len), (3, 1));
    assert_eq!((facts.captured_bytes, facts.wire_bytes), (3, 1));
}

#[test]
fn an_absurd_length_ends_the_file_with_one_warning() {
    let mut file = header(0xA1B2_C3D4, false, (2, 4));
    file.extend(words(&[1, 0, 0, 0], false));
    file.extend(words(&[2, 0, u32::MAX, u32::MAX], false));
    file.extend(vec![0; 5000]);
    let (records, facts) = read(&file);
    assert_eq!(records.len(), 1);
    assert!(
        matches!(facts.warnings[..], [Warning::Broken { offset: 40, .. }]),
        "{:?}",
        facts.warnings
    );
}

#[test]
fn files_that_were_joined_are_read_to_the_end() {
    for big_endian in [false, true] {
        let mut file = header(0xA1B2_C3D4, big_endian, (2, 4));
        file.extend(words(&[1, 0, 3, 3], big_endian));
        file.extend(b"abc");
        let joined = [&file[..], &file, &file[..24]].concat();
        let (records, facts) = read(&joined);
        assert_eq!((records.len(), facts.warnings), (2, vec![]));

        let mut other = file.clone();
        *other[20..24].iter_mut().max().unwrap() = 101;
        let (records, facts) = read(&[file, other].concat());
        assert_eq!(records.len(), 1);
        assert!(matches!(
            facts.warnings[..],
            [Warning::Broken { offset: 43, .. }]
        ));
    }
}

#[test]
fn times_may_be_absurd_and_go_backward() {
    let mut file = header(0xA1B2_C3D4, false, (2, 4));
    file.extend(words(&[u32::MAX, u32::MAX, 0, 0], false));
    file.extend(words(&[5, 0, 0, 0], false));
    let (records, facts) = read(&file);
    let first = i64::from(u32::MAX) * 1_000_001_000;
    assert_eq!(records[0].time_ns, first);
    assert_eq!(facts.span_ns, Some((5_000_000_000, first)));
    assert_eq!(facts.backward_steps, 1);
}

#[test]
fn snoop_records_are_padded_and_their_links_translated() {
    for (datalink, link) in [(0_u32, 1), (4, 1), (2, 6), (8, 10)] {
        let mut file = b"snoop\0\0\0\0\0\0\x02".to_vec();
        file.extend(datalink.to_be_bytes());
        for second in [3, 4] {
            file.extend(words(&[60, 3, 28, 0, second, 5], true));
            file.extend(b"abc\0");
        }
        let (records, facts) = read(&file);
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].time_ns, 4_000_005_000);
        assert_eq!((records[1].link, records[1].wire_len), (link, 60));
        assert_eq!(records[1].data, b"abc");
        assert_eq!((facts.format, facts.warnings.len()), ("snoop", 0));
    }
}

#[test]
fn what_is_no_capture_is_named_in_one_line() {
    let gzip = |bytes: &[u8]| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    for (bytes, expected) in [
        (b"".to_vec(), "is empty"),
        (
            b"hello, this is some text, no capture".to_vec(),
            "looks like text",
        ),
        (
            b"{\"a\": 1, \"b\": [1, 2, 3, 4, 5, 6]}".to_vec(),
            "looks like JSON",
        ),
        (
            b"{\x01\x02\xFF\xFE\xFD----------------------".to_vec(),
            "is no capture (pcap, pcapng or snoop)",
        ),
        (
            b"PK\x03\x04...............................".to_vec(),
            "zip archive",
        ),
        (
            header(0xA1B2_C3D4, false, (2, 4))[..23].to_vec(),
            "ends inside its header",
        ),
        (
            header(0xA1B2_3C4D, true, (2, 4))[..9].to_vec(),
            "ends inside its header",
        ),
        (vec![0x0A, 0x0D, 0x0D, 0x0A, 0, 0], "ends inside its header"),
        (b"snoop\0\0\0\0\0\0\x02\0\0\0\x63".to_vec(), "not known"),
        (vec![0; 64], "is no capture (pcap, pcapng or snoop)"),
        (gzip(b""), "is empty"),
        (gzip(b"hello"), "looks like text"),
        (gzip(&[0; 99]), "a compressed file of something else"),
        (gzip(b"hello")[..10].to_vec(), "gzip file is cut"),
        (
            vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF],
            "broken gzip file",
        ),
    ] {
        let line = refusal(&bytes);
        assert!(
            line.starts_with("x.pcap: ") && line.contains(expected),
            "{line} not {expected}"
        );
        assert!(!line.contains('\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        packets in prop::collection::vec(
            (0..4_000_000_000_i64, 0..1_000_000_i64, prop::collection::vec(any::<u8>(), 0..80), 0..9000_u32), 0..40),
        big_endian: bool, nanoseconds: bool, link: u16,
    ) {
        let options = PcapOptions { big_endian, nanoseconds, link_type: LinkType(link), ..PcapOptions::default() };
        let mut writer = PcapWriter::new(Vec::new(), options).unwrap();
        let mut expected = Vec::new();
        for (seconds, micros, data, beyond) in &packets {
            let record = Record {
                time_ns: seconds * 1_000_000_000 + micros * 1000 + i64::from(nanoseconds) * 7,
                wire_len: data.len() as u32 + beyond,
                link_type: LinkType(link),
                data,
            };
            writer.write(&record).unwrap();
            expected.push(Kept::from(record));
        }
        let (records, facts) = read(&writer.finish().unwrap());
        prop_assert_eq!(records, expected);
        prop_assert_eq!(facts.records, packets.len() as u64);
        prop_assert_eq!(facts.warnings, []);
    }
}
