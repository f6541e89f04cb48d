//! pcapng files: several sections in either byte order, several interfaces, every kind of packet block.
//!
//! Source: draft-ietf-opsawg-pcapng.

mod descriptions;
mod interface;
mod packets;

use super::MAX_RECORD_BYTES;
use super::byte_order::ByteOrder;
use super::facts::FileFacts;
use super::frame::{Frame, NO_TIME};
use interface::Interface;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// Blocks that must be in memory as a whole are at most this long; others are passed over.
const MAX_BLOCK_BYTES: usize = 2 * MAX_RECORD_BYTES;

/// Whether a file starts with a section header.
pub fn recognize(head: &[u8]) -> bool {
    let magic = head.get(8..).and_then(|rest| rest.first_chunk());
    head.starts_with(&SECTION_HEADER.to_be_bytes())
        && magic.is_some_and(|magic| byte_order(*magic).is_some())
}

/// The byte order that the magic number of a section tells.
fn byte_order(magic: [u8; 4]) -> Option<ByteOrder> {
    match magic {
        [0x1A, 0x2B, 0x3C, 0x4D] => Some(ByteOrder::Big),
        [0x4D, 0x3C, 0x2B, 0x1A] => Some(ByteOrder::Little),
        _ => None,
    }
}

/// Where the reading of a pcapng file stands: the section that it is in.
#[derive(Debug)]
pub struct Pcapng {
    order: ByteOrder,
    sections: u64,
    interfaces: Vec<Interface>,
    /// Place of the first interface of this section in the facts.
    first_fact: usize,
    last_time_ns: i64,
}

impl Default for Pcapng {
    fn default() -> Self {
        Pcapng {
            order: ByteOrder::default(),
            sections: 0,
            interfaces: Vec::new(),
            first_fact: 0,
            last_time_ns: NO_TIME,
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
            match byte_order([m0, m1, m2, m3]) {
                Some(order) => self.order = order,
                None => return Frame::Broken("a section without a byte order"),
            }
        } else if self.sections == 0 {
            return Frame::Broken("a block before the first section");
        }
        let kind = self.order.long([t0, t1, t2, t3]);
        let size = self.order.long([l0, l1, l2, l3]) as usize;
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
        let block = bytes.get(..size);
        let Some((body, trailer)) = block.and_then(|block| block.split_last_chunk::<4>()) else {
            return Frame::Need(size);
        };
        let body = body.get(8..).unwrap_or(&[]);
        if *trailer != [l0, l1, l2, l3] && !size_fits(self.order.long(*trailer), size) {
            return Frame::Broken("a block whose two lengths differ");
        }
        match kind {
            ENHANCED_PACKET | OBSOLETE_PACKET => self.timed_packet(kind, body, size, facts),
            SIMPLE_PACKET => self.simple_packet(body, size, facts),
            SECTION_HEADER => self.section(body, size, facts),
            INTERFACE_DESCRIPTION => self.interface(body, size, facts),
            _ => self.statistics(body, size, facts),
        }
    }
}

fn too_short(size: usize, facts: &mut FileFacts) -> Frame {
    facts.skip("block too short for its kind");
    Frame::Other { size: size as u64 }
}

/// Whether a trailing length is that of the block, but for padding that the writer left out of it.
fn size_fits(trailer: u32, size: usize) -> bool {
    (trailer as usize).next_multiple_of(4) == size
}
