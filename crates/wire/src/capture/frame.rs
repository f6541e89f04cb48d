//! What framing the bytes of a file yields.

use super::facts::FileFacts;
use super::{pcap, pcapng, snoop};
use crate::LinkType;

/// Time of a record before which nothing in the file told a time.
pub const NO_TIME: i64 = i64::MIN;

/// The next thing in the bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A packet: its data stand `skip` bytes on, the next frame `size` bytes on.
    Record {
        skip: usize,
        len: usize,
        size: usize,
        time_ns: i64,
        wire_len: u32,
        link_type: LinkType,
    },
    /// Nothing of interest, of that size; it may be larger than what was read.
    Other { size: u64 },
    /// At least that many bytes are needed to go on.
    Need(usize),
    /// This cannot be right; nothing can follow.
    Broken(&'static str),
}

/// The format of a file and where its reading stands.
#[derive(Debug)]
pub enum Format {
    Pcap(pcap::Pcap),
    Pcapng(pcapng::Pcapng),
    Snoop(snoop::Snoop),
}

/// Bytes of a file that tell its format.
pub const HEAD_BYTES: usize = 24;

impl Format {
    /// The format that the first bytes tell, with the length of the file header; `None` if they tell none.
    pub fn recognize(head: &[u8], facts: &mut FileFacts) -> Option<(Format, usize)> {
        if let Some(pcap) = pcap::Pcap::recognize(head, facts) {
            return Some((Format::Pcap(pcap), pcap::FILE_HEADER));
        }
        if pcapng::recognize(head) {
            facts.format = "pcapng";
            return Some((Format::Pcapng(pcapng::Pcapng::default()), 0));
        }
        let snoop = snoop::Snoop::recognize(head, facts)?;
        Some((Format::Snoop(snoop), snoop::FILE_HEADER))
    }

    /// How many of the bytes after the file header tell variants that its magic number does not.
    pub fn looks_at(&self) -> usize {
        match self {
            Format::Pcap(_) => pcap::LOOK_BYTES,
            _ => 0,
        }
    }

    /// Tells the variant by these bytes; `whole`: there are no others.
    pub fn settle(&mut self, bytes: &[u8], whole: bool, facts: &mut FileFacts) {
        if let Format::Pcap(pcap) = self {
            pcap.settle(bytes, whole, facts);
        }
    }

    /// The next frame in `bytes`.
    #[inline]
    pub fn next(&mut self, bytes: &[u8], facts: &mut FileFacts) -> Frame {
        match self {
            Format::Pcap(pcap) => pcap.next(bytes),
            Format::Pcapng(pcapng) => pcapng.next(bytes, facts),
            Format::Snoop(snoop) => snoop.next(bytes),
        }
    }
}
