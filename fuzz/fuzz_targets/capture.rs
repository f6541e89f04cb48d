//! Reads bytes as a capture file: no panic, counts that agree, at most one warning that ends the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::capture::{Block, Capture, MAX_RECORD_BYTES, Warning};

/// Compressed input may say much in few bytes: the rest of it is not read.
const MOST_BYTES: u64 = 16 << 20;

fuzz_target!(|input: &[u8]| {
    let bytes = std::io::Cursor::new(input.to_vec());
    let Ok(mut capture) = Capture::from_reader("fuzz", Box::new(bytes)) else {
        return;
    };
    let mut block = Block::default();
    let (mut records, mut captured, mut wire) = (0, 0, 0);
    loop {
        let more = capture.fill(&mut block);
        for record in block.iter() {
            assert!(record.data.len() <= MAX_RECORD_BYTES);
            records += 1;
            captured += record.data.len() as u64;
            wire += u64::from(record.wire_len);
        }
        if !more || captured > MOST_BYTES {
            break;
        }
    }
    let facts = capture.into_facts();
    assert_eq!(facts.records, records);
    assert_eq!(facts.captured_bytes, captured);
    assert_eq!(facts.wire_bytes, wire);
    assert_eq!(facts.link_types.values().sum::<u64>(), records);
    assert!(facts.span_ns.is_none_or(|(start, end)| start <= end));
    let ends = |warning: &&Warning| !matches!(warning, Warning::Skipped { .. });
    assert!(facts.warnings.iter().filter(ends).count() <= 1);
    if facts.compression.is_none() && facts.format != "pcapng" {
        assert!(captured <= input.len() as u64);
    }
});
