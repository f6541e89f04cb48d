//! What several tests share: where the real captures are, and a plain reader of them.
#![allow(dead_code)]

pub mod pcapng;

use std::path::PathBuf;

use wire::{LinkType, Record};

/// The folder with real captures: `WIRETELL_SHARED`, else `shared` beside the checkout.
pub fn shared_data() -> Option<PathBuf> {
    let shared = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let data = shared.join("data");
    data.join("INVENTORY.tsv").is_file().then_some(data)
}

/// One line of the inventory of captures.
pub struct Listed {
    pub path: String,
    pub category: String,
    pub format: String,
    pub bytes: u64,
    pub link_types: String,
}

/// The captures in the inventory.
pub fn inventory(data: &std::path::Path) -> Vec<Listed> {
    let text = std::fs::read_to_string(data.join("INVENTORY.tsv")).unwrap();
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t').skip(1);
            Some(Listed {
                path: columns.next()?.to_owned(),
                category: columns.next()?.to_owned(),
                format: columns.next()?.to_owned(),
                bytes: columns.next()?.parse().unwrap_or(u64::MAX),
                link_types: columns.next()?.to_owned(),
            })
        })
        .collect()
}

/// Calls `each` for every packet of a plain pcap or pcapng file; stops silently where the file breaks.
pub fn for_each_record(file: &[u8], mut each: impl FnMut(&Record<'_>)) {
    match file.get(..4) {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => read_pcapng(file, &mut each).unwrap_or(()),
        Some([0xd4 | 0x4d, 0xc3 | 0x3c, 0xb2, 0xa1]) => {
            read_pcap(file, u32::from_le_bytes, &mut each).unwrap_or(())
        }
        Some([0xa1, 0xb2, 0xc3 | 0x3c, 0xd4 | 0x4d]) => {
            read_pcap(file, u32::from_be_bytes, &mut each).unwrap_or(())
        }
        _ => {}
    }
}

fn read_pcap(
    file: &[u8],
    number: fn([u8; 4]) -> u32,
    each: &mut dyn FnMut(&Record<'_>),
) -> Option<()> {
    let u32_at = |at: usize| Some(number(file.get(at..at + 4)?.try_into().ok()?));
    let link_type = LinkType((u32_at(20)? & 0xffff) as u16);
    let mut at = 24;
    loop {
        let (captured, wire_len) = (u32_at(at + 8)?, u32_at(at + 12)?);
        let data = file.get(at + 16..at + 16 + captured as usize)?;
        each(&Record {
            time_ns: 0,
            wire_len,
            link_type,
            data,
        });
        at += 16 + captured as usize;
    }
}

fn read_pcapng(file: &[u8], each: &mut dyn FnMut(&Record<'_>)) -> Option<()> {
    let mut at = 0;
    let mut number: fn([u8; 4]) -> u32 = u32::from_le_bytes;
    let mut interfaces: Vec<(LinkType, u32)> = Vec::new();
    loop {
        let block = file.get(at..)?;
        let raw = |at: usize| <[u8; 4]>::try_from(block.get(at..at + 4)?).ok();
        if raw(0)? == [0x0a, 0x0d, 0x0d, 0x0a] {
            number = if raw(8)? == [0x1a, 0x2b, 0x3c, 0x4d] {
                u32::from_be_bytes
            } else {
                u32::from_le_bytes
            };
            interfaces.clear();
        }
        let u32_at = |at: usize| raw(at).map(number);
        let u16_of = |word: u32, first: bool| {
            let big = number([0, 0, 0, 1]) == 1;
            if first == big {
                word >> 16
            } else {
                word & 0xffff
            }
        };
        let total = u32_at(4)? as usize;
        let mut packet = |interface: u32, captured: u32, wire_len: u32, from: usize| {
            let link_type = interfaces.get(interface as usize)?.0;
            let data = block.get(from..from + captured as usize)?;
            each(&Record {
                time_ns: 0,
                wire_len,
                link_type,
                data,
            });
            Some(())
        };
        match u32_at(0)? {
            1 => interfaces.push((LinkType(u16_of(u32_at(8)?, true) as u16), u32_at(12)?)),
            6 => packet(u32_at(8)?, u32_at(20)?, u32_at(24)?, 28)?,
            2 => packet(u16_of(u32_at(8)?, true), u32_at(20)?, u32_at(24)?, 28)?,
            3 => {
                let snaplen = interfaces.first()?.1;
                let wire_len = u32_at(8)?;
                let limit = if snaplen == 0 { u32::MAX } else { snaplen };
                packet(0, wire_len.min(limit).min(total as u32 - 16), wire_len, 12)?;
            }
            _ => {}
        }
        if total < 12 {
            return None;
        }
        at += total.next_multiple_of(4);
    }
}
