//! Every truncation, plain and compressed: what is before the cut comes out, with one warning.

use std::io::{Cursor, Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use wire::capture::write::{PcapOptions, PcapWriter};
use wire::capture::{Block, Capture};
use wire::{LinkType, Record};

use super::support::pcapng::Pcapng;
use super::{drain, read};

/// A file and the offsets at which its records end, the first being the shortest that is a capture.
struct Sample {
    bytes: Vec<u8>,
    /// Where a file may end without damage, and the records up to there.
    borders: Vec<(usize, usize)>,
    shortest: usize,
}

fn pcap(payloads: &[Vec<u8>]) -> Sample {
    let mut bytes = Vec::new();
    let mut writer = PcapWriter::new(&mut bytes, PcapOptions::default()).unwrap();
    let mut borders = vec![(24, 0)];
    for (at, data) in payloads.iter().enumerate() {
        let record = Record {
            time_ns: at as i64,
            wire_len: 99,
            link_type: LinkType::ETHERNET,
            data,
        };
        writer.write(&record).unwrap();
        borders.push((borders[at].0 + 16 + data.len(), at + 1));
    }
    writer.finish().unwrap();
    Sample {
        bytes,
        borders,
        shortest: 24,
    }
}

fn pcapng() -> Sample {
    let mut file = Pcapng::new(true);
    let mut borders = vec![(file.bytes.len(), 0)];
    let mut records = 0;
    for at in 0..12 {
        match at % 6 {
            0 => {
                file.section(at == 0);
                borders.push((file.bytes.len(), records));
                file.interface(LinkType::ETHERNET, Some(9), Some(1));
            }
            1 => file.enhanced(0, at, 9, b"abcde"),
            2 => file.simple(3, b"abc"),
            3 => file.obsolete(0, at, 9, b""),
            4 => file.block(0x77, b"something"),
            _ => file.statistics(0, 1, 1),
        }
        records += usize::from((1..=3).contains(&(at % 6)));
        borders.push((file.bytes.len(), records));
    }
    Sample {
        bytes: file.bytes,
        borders,
        shortest: 12,
    }
}

fn snoop() -> Sample {
    let mut bytes = b"snoop\0\0\0\0\0\0\x02\0\0\0\x04".to_vec();
    let mut borders = vec![(16, 0)];
    for second in 1..4_u32 {
        for word in [60, 3, 28, 0, second, 5] {
            bytes.extend(u32::to_be_bytes(word));
        }
        bytes.extend(b"abc\0");
        borders.push((bytes.len(), second as usize));
    }
    Sample {
        bytes,
        borders,
        shortest: 16,
    }
}

#[test]
fn every_truncation_yields_what_is_before_it_and_one_warning() {
    for sample in [pcap(&[vec![1; 5], vec![], vec![2; 40]]), pcapng(), snoop()] {
        for cut in 0..=sample.bytes.len() {
            let bytes = sample.bytes[..cut].to_vec();
            let opened = Capture::from_reader("cut", Box::new(Cursor::new(bytes)));
            if cut < sample.shortest {
                assert!(opened.is_err(), "cut at {cut}");
                continue;
            }
            let (records, facts) = drain(opened.unwrap());
            let whole = sample.borders.iter().rev().find(|(end, _)| *end <= cut);
            assert_eq!(
                records.len(),
                whole.map_or(0, |(_, count)| *count),
                "{} at {cut}",
                facts.format
            );
            let at_border = whole.is_some_and(|(end, _)| *end == cut);
            assert_eq!(
                facts.warnings.len(),
                usize::from(!at_border),
                "{} at {cut}",
                facts.format
            );
        }
    }
}

fn compressed(plain: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(plain).unwrap();
    let mut lz4 = lz4_flex::frame::FrameEncoder::with_frame_info(
        lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB),
        Vec::new(),
    );
    lz4.write_all(plain).unwrap();
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    xz.write_all(plain).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    vec![
        ("gzip", gzip.finish().unwrap()),
        ("bzip2", bzip2.finish().unwrap()),
        ("lz4", lz4.finish().unwrap()),
        ("xz", xz.finish().unwrap()),
        ("zstd", ruzstd::encoding::compress_to_vec(plain, level)),
    ]
}

#[test]
fn every_truncation_of_a_compressed_file_ends_with_one_warning_or_one_line() {
    let sample = pcapng();
    for (name, stored) in compressed(&sample.bytes) {
        let (all, facts) = read(&stored);
        assert_eq!((facts.compression, facts.warnings.len()), (Some(name), 0));
        let mut most = 0;
        for cut in 0..stored.len() {
            let bytes = Box::new(Cursor::new(stored[..cut].to_vec()));
            let Ok(capture) = Capture::from_reader("cut", bytes) else {
                continue;
            };
            let (records, facts) = drain(capture);
            assert_eq!(
                facts.warnings.len(),
                1,
                "{name} at {cut}: {:?}",
                facts.warnings
            );
            assert_eq!(records, all[..records.len()], "{name} at {cut}");
            assert!(records.len() >= most, "{name} at {cut}");
            most = records.len();
        }
    }
}

/// Bytes that hardly compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(len)
    .collect()
}

#[test]
fn what_was_decompressed_before_a_cut_comes_out() {
    let sample = pcap(
        &noise(3_000_000)
            .chunks(1000)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
    );
    for (name, stored) in compressed(&sample.bytes) {
        let (all, _) = read(&stored);
        assert_eq!(all.len(), 3000, "{name}");
        let (records, facts) = read(&stored[..stored.len() * 9 / 10]);
        // At most a block of the compression is lost.
        assert!(records.len() > 2500, "{name}: {}", records.len());
        let [warning] = &facts.warnings[..] else {
            panic!("{name}: {:?}", facts.warnings)
        };
        assert!(warning.to_string().contains("is cut"), "{name}: {warning}");
    }
}

#[test]
fn corruption_in_a_compressed_file_is_a_warning_and_what_is_before_it_comes_out() {
    let sample = pcap(
        &noise(3_000_000)
            .chunks(1000)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
    );
    for (name, mut stored) in compressed(&sample.bytes) {
        let at = stored.len() * 9 / 10;
        for byte in &mut stored[at..at + 64] {
            *byte = !*byte;
        }
        let (records, facts) = read(&stored);
        assert!(records.len() > 2300, "{name}: {}", records.len());
        assert!(facts.warnings.len() <= 1, "{name}: {:?}", facts.warnings);
    }
}

#[test]
fn streams_one_after_the_other_are_one_file() {
    let sample = pcap(&[vec![1; 5], vec![], vec![2; 40]]);
    let (head, tail) = sample.bytes.split_at(50);
    for ((name, mut stored), (_, more)) in compressed(head).into_iter().zip(compressed(tail)) {
        if name == "zstd" || name == "lz4" {
            stored.extend([0x51, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        }
        stored.extend(more);
        let (records, facts) = read(&stored);
        assert_eq!((records.len(), facts.warnings.len()), (3, 0), "{name}");
    }
}

/// A pipe: what was sent is there, the rest is waited for.
struct Slow {
    pieces: Receiver<Vec<u8>>,
    rest: Vec<u8>,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.recv().unwrap_or_default();
        }
        let read = self.rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&self.rest[..read]);
        self.rest.drain(..read);
        Ok(read)
    }
}

#[test]
fn a_slow_pipe_delivers_without_waiting() {
    let sample = pcap(&[vec![1; 5], vec![2; 7]]);
    let (sender, pieces) = channel();
    let (done, results) = channel();
    std::thread::spawn(move || {
        let pipe = Box::new(Slow {
            pieces,
            rest: Vec::new(),
        });
        let mut capture = Capture::from_pipe("pipe", pipe).unwrap();
        let mut block = Block::default();
        loop {
            let more = capture.fill(&mut block);
            done.send((block.len(), more)).unwrap();
            if !more {
                return;
            }
        }
    });
    let wait = || results.recv_timeout(Duration::from_secs(20)).unwrap();
    sender.send(sample.bytes[..24 + 21 + 3].to_vec()).unwrap();
    assert_eq!(wait(), (1, true));
    sender.send(sample.bytes[48..].to_vec()).unwrap();
    assert_eq!(wait(), (1, true));
    drop(sender);
    assert_eq!(wait(), (0, false));
}

#[test]
fn a_stream_of_unknown_blocks_takes_no_memory() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let block = [0x77, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0];
            let read = buffer.len().min(1200) / 12 * 12;
            for place in buffer[..read].chunks_mut(12) {
                place.copy_from_slice(&block[..place.len()]);
            }
            self.0 = self.0.saturating_sub(read as u64);
            Ok(if self.0 == 0 { 0 } else { read.max(1) })
        }
    }
    let head = Pcapng::new(false).bytes;
    let pipe = Box::new(Cursor::new(head).chain(Endless(40_000_000)));
    let mut capture = Capture::from_pipe("pipe", pipe).unwrap();
    let (mut block, mut fills) = (Block::default(), 0);
    while capture.fill(&mut block) {
        fills += 1;
    }
    assert!(fills > 20, "read in {fills} pieces");
}
