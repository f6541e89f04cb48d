//! pcapng files: several sections in either byte order, several interfaces, every kind of packet block.
//!
//! Source: draft-ietf-opsawg-pcapng.

use super::MAX_RECORD_BYTES;
use super::facts::{FileFacts, InterfaceFacts};
use super::frame::{Frame, NO_TIME};
use crate::LinkType;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// Blocks that must be in memory as a whole are at most this long; others are passed over.
const MAX_BLOCK_BYTES: usize = 2 * MAX_RECORD_BYTES;
/// Interfaces of a section that are kept; packets of further ones are passed over.
const MAX_INTERFACES: usize = 65_536;
/// Interfaces that are kept as facts.
const MAX_FACTS: usize = 256;

/// Whether a file starts with a section header.
pub fn recognize(head: &[u8]) -> bool {
    matches!(
        head,
        [
            0x0A,
            0x0D,
            0x0D,
            0x0A,
            _,
            _,
            _,
            _,
            0x1A,
            0x2B,
            0x3C,
            0x4D,
            ..
        ] | [
            0x0A,
            0x0D,
            0x0D,
            0x0A,
            _,
            _,
            _,
            _,
            0x4D,
            0x3C,
            0x2B,
            0x1A,
            ..
        ]
    )
}

/// Where the reading of a pcapng file stands: the section that it is in.
#[derive(Debug)]
pub struct Pcapng {
    big_endian: bool,
    sections: u64,
    interfaces: Vec<Interface>,
    /// Place of the first interface of this section in the facts.
    first_fact: usize,
    last_time_ns: i64,
}

impl Default for Pcapng {
    fn default() -> Self {
        Pcapng {
            big_endian: false,
            sections: 0,
            interfaces: Vec::new(),
            first_fact: 0,
            last_time_ns: NO_TIME,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link_type: LinkType,
    snaplen: u32,
    resolution: Resolution,
    offset_seconds: i64,
}

#[derive(Clone, Copy, Debug)]
enum Resolution {
    /// Nanoseconds in a unit.
    Nanoseconds(u64),
    /// Units in a second, as a power of ten above 9.
    PowerOfTen(u32),
    /// Units in a second, as a power of two.
    PowerOfTwo(u32),
}

impl Resolution {
    fn from_option(value: u8) -> Resolution {
        let exponent = u32::from(value & 0x7F);
        if value & 0x80 != 0 {
            Resolution::PowerOfTwo(exponent)
        } else if exponent <= 9 {
            Resolution::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            Resolution::PowerOfTen(exponent)
        }
    }

    fn nanoseconds(self, units: u64) -> i128 {
        match self {
            Resolution::Nanoseconds(factor) => i128::from(units) * i128::from(factor),
            Resolution::PowerOfTen(exponent) => 10_i128
                .checked_pow(exponent - 9)
                .map_or(0, |by| i128::from(units) / by),
            Resolution::PowerOfTwo(exponent) => {
                (i128::from(units) * 1_000_000_000) >> exponent.min(127)
            }
        }
    }
}

impl Pcapng {
    /// The next block as a frame.
    #[inline]
    pub fn next(&mut self, bytes: &[u8], facts: &mut FileFacts) -> Frame {
        let Some(&[t0, t1, t2, t3, l0, l1, l2, l3, m0, m1, m2, m3]) = bytes.first_chunk::<12>()
        else {
            return Frame::Need(12);
        };
        // The same in both byte orders.
        let is_section = [t0, t1, t2, t3] == SECTION_HEADER.to_be_bytes();
        if is_section {
            match [m0, m1, m2, m3] {
                [0x1A, 0x2B, 0x3C, 0x4D] => self.big_endian = true,
                [0x4D, 0x3C, 0x2B, 0x1A] => self.big_endian = false,
                _ => return Frame::Broken("a section without a byte order"),
            }
        } else if self.sections == 0 {
            return Frame::Broken("a block before the first section");
        }
        let kind = self.long([t0, t1, t2, t3]);
        let size = self.long([l0, l1, l2, l3]) as usize;
        if size < 12 {
            return Frame::Broken("a block length that cannot be right");
        }
        let size = size.next_multiple_of(4);
        let wanted = matches!(
            kind,
            SECTION_HEADER
                | INTERFACE_DESCRIPTION
                | OBSOLETE_PACKET
                | SIMPLE_PACKET
                | INTERFACE_STATISTICS
                | ENHANCED_PACKET
        );
        if !wanted {
            return Frame::Other { size: size as u64 };
        }
        if size > MAX_BLOCK_BYTES {
            return Frame::Broken("a block length that cannot be right");
        }
        let Some(block) = bytes.get(..size) else {
            return Frame::Need(size);
        };
        let (body, trailer) = block.split_at(size - 4);
        let body = body.get(8..).unwrap_or(&[]);
        if trailer != [l0, l1, l2, l3] && !size_fits(self.long(to_four(trailer)), size) {
            return Frame::Broken("a block whose two lengths differ");
        }
        match kind {
            ENHANCED_PACKET => self.enhanced_packet(body, size, facts),
            SIMPLE_PACKET => self.simple_packet(body, size, facts),
            OBSOLETE_PACKET => self.obsolete_packet(body, size, facts),
            SECTION_HEADER => self.section(body, size, facts),
            INTERFACE_DESCRIPTION => self.interface(body, size, facts),
            _ => self.statistics(body, size, facts),
        }
    }

    #[inline]
    fn enhanced_packet(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, _)) = body.split_first_chunk::<20>() else {
            return short(size, facts);
        };
        let &[id, high, low, len, wire_len] = header.as_chunks::<4>().0 else {
            return short(size, facts);
        };
        let ticks = u64::from(self.long(high)) << 32 | u64::from(self.long(low));
        self.packet(
            self.long(id),
            Some(ticks),
            self.long(len),
            self.long(wire_len),
            (28, size),
            facts,
        )
    }

    fn obsolete_packet(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, _)) = body.split_first_chunk::<20>() else {
            return short(size, facts);
        };
        let &[id, high, low, len, wire_len] = header.as_chunks::<4>().0 else {
            return short(size, facts);
        };
        let [i0, i1, _, _] = id;
        let ticks = u64::from(self.long(high)) << 32 | u64::from(self.long(low));
        let id = u32::from(self.short([i0, i1]));
        self.packet(
            id,
            Some(ticks),
            self.long(len),
            self.long(wire_len),
            (28, size),
            facts,
        )
    }

    fn simple_packet(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((wire_len, data)) = body.split_first_chunk::<4>() else {
            return short(size, facts);
        };
        let wire_len = self.long(*wire_len);
        let snaplen = self
            .interfaces
            .first()
            .map_or(0, |interface| interface.snaplen);
        let kept = if snaplen == 0 {
            wire_len
        } else {
            wire_len.min(snaplen)
        };
        let len = kept.min(data.len() as u32);
        self.packet(0, None, len, wire_len, (12, size), facts)
    }

    /// A packet block; a simple one tells no time: it gets that of the packet before it, if there is one.
    #[inline]
    fn packet(
        &mut self,
        id: u32,
        ticks: Option<u64>,
        len: u32,
        wire_len: u32,
        (skip, size): (usize, usize),
        facts: &mut FileFacts,
    ) -> Frame {
        let Some(interface) = self.interfaces.get(id as usize) else {
            facts.skip("packet of an interface that is not described");
            return Frame::Other { size: size as u64 };
        };
        let len = len as usize;
        if len > MAX_RECORD_BYTES || skip + len + 4 > size {
            return Frame::Broken("a packet longer than its block");
        }
        if let Some(ticks) = ticks {
            let time = interface.resolution.nanoseconds(ticks)
                + i128::from(interface.offset_seconds) * 1_000_000_000;
            let told = time.clamp(i128::from(NO_TIME + 1), i128::from(i64::MAX));
            if told != time {
                facts.skip(
                    "time of a packet before 1677 or after 2262, told as the nearest in between",
                );
            }
            self.last_time_ns = told as i64;
        }
        let time_ns = self.last_time_ns;
        Frame::Record {
            skip,
            len,
            size,
            time_ns,
            wire_len,
            link_type: interface.link_type,
        }
    }

    fn section(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        if body
            .get(4..6)
            .is_none_or(|major| self.short(to_two(major)) != 1)
        {
            return Frame::Broken("a section of a version that is not known");
        }
        if self.sections == 0 {
            facts.big_endian = self.big_endian;
        }
        self.sections += 1;
        self.interfaces.clear();
        self.first_fact = facts.interfaces.len();
        for (code, value) in self.options(body.get(16..).unwrap_or(&[])) {
            match code {
                1 => facts.describe("comment", value),
                2 => facts.describe("hardware", value),
                3 => facts.describe("system", value),
                4 => facts.describe("application", value),
                _ => {}
            }
        }
        Frame::Other { size: size as u64 }
    }

    fn interface(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, options)) = body.split_first_chunk::<8>() else {
            return short(size, facts);
        };
        let &[t0, t1, _, _, s0, s1, s2, s3] = header;
        let link_type = LinkType(self.short([t0, t1]));
        let snaplen = self.long([s0, s1, s2, s3]);
        let mut interface = Interface {
            link_type,
            snaplen,
            resolution: Resolution::Nanoseconds(1000),
            offset_seconds: 0,
        };
        let mut fact = InterfaceFacts {
            link_type: Some(link_type),
            ..InterfaceFacts::default()
        };
        let text = |value: &[u8]| {
            Some(String::from_utf8_lossy(value.get(..256).unwrap_or(value)).into_owned())
        };
        for (code, value) in self.options(options) {
            match (code, value) {
                (1, _) => facts.describe("comment", value),
                (2, _) => fact.name = text(value),
                (3, _) => fact.description = text(value),
                (8, _) => fact.speed = self.longlong(value),
                (9, [resolution, ..]) => {
                    interface.resolution = Resolution::from_option(*resolution)
                }
                (12, _) => facts.describe("system", value),
                (14, _) => {
                    interface.offset_seconds =
                        self.longlong(value).map_or(0, |seconds| seconds as i64)
                }
                (15, _) => facts.describe("hardware", value),
                _ => {}
            }
        }
        facts.snaplen = facts.snaplen.max((snaplen > 0).then_some(snaplen));
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(interface);
        }
        if facts.interfaces.len() < MAX_FACTS {
            facts.interfaces.push(fact);
        }
        Frame::Other { size: size as u64 }
    }

    fn statistics(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, options)) = body.split_first_chunk::<12>() else {
            return short(size, facts);
        };
        let &[i0, i1, i2, i3, ..] = header;
        let at = self.first_fact + self.long([i0, i1, i2, i3]) as usize;
        let (mut received, mut dropped) = (None, None::<u64>);
        for (code, value) in self.options(options) {
            match code {
                4 => received = self.longlong(value),
                5 | 7 => {
                    // Dropped by the interface and by the system, each counted since the start.
                    dropped = self
                        .longlong(value)
                        .map(|count| dropped.unwrap_or(0).saturating_add(count))
                        .or(dropped);
                }
                _ => {}
            }
        }
        if let Some(fact) = facts.interfaces.get_mut(at) {
            fact.received = received.or(fact.received);
            fact.dropped = dropped.or(fact.dropped);
        }
        Frame::Other { size: size as u64 }
    }

    /// The options of a block: code and value; ends at what does not fit.
    fn options<'a>(&self, mut rest: &'a [u8]) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let big_endian = self.big_endian;
        let short = move |b: [u8; 2]| {
            if big_endian {
                u16::from_be_bytes(b)
            } else {
                u16::from_le_bytes(b)
            }
        };
        std::iter::from_fn(move || {
            let (&[c0, c1, l0, l1], after) = rest.split_first_chunk::<4>()?;
            let (code, len) = (short([c0, c1]), usize::from(short([l0, l1])));
            let value = after.get(..len)?;
            rest = after.get(len.next_multiple_of(4)..).unwrap_or(&[]);
            (code != 0).then_some((code, value))
        })
    }

    #[inline]
    fn long(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    fn short(&self, bytes: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    fn longlong(&self, bytes: &[u8]) -> Option<u64> {
        let bytes = *bytes.first_chunk::<8>()?;
        Some(if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        })
    }
}

fn short(size: usize, facts: &mut FileFacts) -> Frame {
    facts.skip("block too short for its kind");
    Frame::Other { size: size as u64 }
}

/// Whether a trailing length is that of the block, but for padding that the writer left out of it.
fn size_fits(trailer: u32, size: usize) -> bool {
    (trailer as usize).next_multiple_of(4) == size
}

fn to_two(bytes: &[u8]) -> [u8; 2] {
    bytes.first_chunk::<2>().copied().unwrap_or_default()
}

fn to_four(bytes: &[u8]) -> [u8; 4] {
    bytes.first_chunk::<4>().copied().unwrap_or_default()
}
