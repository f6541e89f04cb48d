//! snoop files (RFC 1761), version 2.

use super::MAX_RECORD_BYTES;
use super::facts::FileFacts;
use super::frame::Frame;
use crate::LinkType;

/// Bytes of the file header.
pub const FILE_HEADER: usize = 16;
const RECORD_HEADER: usize = 24;

/// How the records of a snoop file are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Snoop {
    link_type: LinkType,
}

impl Snoop {
    /// Reads a file header; `None` if it is none, or of a datalink type without an equivalent.
    pub fn recognize(head: &[u8], facts: &mut FileFacts) -> Option<Snoop> {
        let &[
            b's',
            b'n',
            b'o',
            b'o',
            b'p',
            0,
            0,
            0,
            _,
            _,
            _,
            2,
            d0,
            d1,
            d2,
            d3,
        ] = head.first_chunk::<FILE_HEADER>()?
        else {
            return None;
        };
        // RFC 1761 datalink types: 802.3 and Ethernet, Token Ring, FDDI.
        let link_type = match u32::from_be_bytes([d0, d1, d2, d3]) {
            0 | 4 => LinkType::ETHERNET,
            2 => LinkType(6),
            8 => LinkType(10),
            _ => return None,
        };
        facts.format = "snoop";
        facts.big_endian = true;
        Some(Snoop { link_type })
    }

    /// The next record.
    pub fn next(&mut self, bytes: &[u8]) -> Frame {
        let Some(header) = bytes.first_chunk::<RECORD_HEADER>() else {
            return Frame::Need(RECORD_HEADER);
        };
        let (words, _) = header.as_chunks::<4>();
        let &[wire, captured, size, _drops, seconds, micros] = words else {
            return Frame::Need(RECORD_HEADER);
        };
        let wire_len = u32::from_be_bytes(wire);
        let (len, size) = (
            u32::from_be_bytes(captured) as usize,
            u32::from_be_bytes(size) as usize,
        );
        if len > MAX_RECORD_BYTES
            || size < RECORD_HEADER + len
            || size > RECORD_HEADER + MAX_RECORD_BYTES + 64
        {
            return Frame::Broken("a record length that cannot be right");
        }
        if bytes.len() < size {
            return Frame::Need(size);
        }
        let seconds = i64::from(u32::from_be_bytes(seconds));
        let time_ns = seconds * 1_000_000_000 + i64::from(u32::from_be_bytes(micros)) * 1000;
        Frame::Record {
            skip: RECORD_HEADER,
            len,
            size,
            time_ns,
            wire_len,
            link_type: self.link_type,
        }
    }
}
