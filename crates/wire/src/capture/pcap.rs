//! pcap files: both byte orders, micro- and nanoseconds, and the variants with longer record headers.
//!
//! Source: draft-ietf-opsawg-pcap; for versions before 2.4, the notes in tcpdump's file format page. Variants that write the
//! magic number of another are told by their first records, as Wireshark does.

use super::MAX_RECORD_BYTES;
use super::byte_order::ByteOrder;
use super::facts::FileFacts;
use super::frame::Frame;
use crate::LinkType;

/// Bytes of the file header.
pub const FILE_HEADER: usize = 24;

/// How the records of a pcap file are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Pcap {
    header: [u8; FILE_HEADER],
    order: ByteOrder,
    /// Nanoseconds in a unit of the fraction.
    unit_ns: i64,
    record_header: usize,
    lengths: Lengths,
    max_len: usize,
    link_type: LinkType,
}

/// Lengths of record headers, the usual one first, that files with the same magic number have.
const PLAIN: [(usize, &str); 3] = [(16, "pcap"), (20, "Nokia pcap"), (24, "modified pcap")];
const MODIFIED: [(usize, &str); 2] = [(24, "modified pcap"), (28, "modified pcap")];
/// Bytes of records that are looked at to tell variants.
pub const LOOK_BYTES: usize = 1 << 16;
/// Records of one file are not farther apart, seconds: 40 years, since files are merged.
const APART: u32 = 40 * 366 * 86_400;

/// The order of the two lengths of a record changed with version 2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    Either,
}

impl Pcap {
    /// Reads a file header; `None` if it is none.
    pub fn recognize(head: &[u8], facts: &mut FileFacts) -> Option<Pcap> {
        let header = head.first_chunk::<FILE_HEADER>()?;
        let [m0, m1, m2, m3, v0, v1, w0, w1, ..] = *header;
        let magic = u32::from_be_bytes([m0, m1, m2, m3]);
        let (order, magic) = match magic {
            0xA1B2_C3D4 | 0xA1B2_3C4D | 0xA1B2_CD34 => (ByteOrder::Big, magic),
            _ => (ByteOrder::Little, magic.swap_bytes()),
        };
        let (format, unit_ns, record_header) = match magic {
            0xA1B2_C3D4 => ("pcap", 1000, 16),
            0xA1B2_3C4D => ("nanosecond pcap", 1, 16),
            0xA1B2_CD34 => ("modified pcap", 1000, 24),
            _ => return None,
        };
        let (major, minor) = (order.short([v0, v1]), order.short([w0, w1]));
        let lengths = match (major, minor) {
            (2, 0..3) => Lengths::WireFirst,
            (2, 3) => Lengths::Either,
            _ => Lengths::CapturedFirst,
        };
        let &[.., s0, s1, s2, s3, n0, n1, n2, n3] = header;
        let snaplen = order.long([s0, s1, s2, s3]);
        facts.format = format;
        facts.big_endian = order == ByteOrder::Big;
        facts.snaplen = (snaplen > 0).then_some(snaplen);
        // The upper half holds the length of the frame check sequence.
        let link_type = LinkType((order.long([n0, n1, n2, n3]) & 0xFFFF) as u16);
        Some(Pcap {
            header: *header,
            order,
            unit_ns,
            record_header,
            lengths,
            max_len: MAX_RECORD_BYTES,
            link_type,
        })
    }

    /// Tells variants by the first bytes after the file header; `whole`: there are no others.
    pub fn settle(&mut self, bytes: &[u8], whole: bool, facts: &mut FileFacts) {
        let variants: &[(usize, &'static str)] = match facts.format {
            "pcap" => &PLAIN,
            "modified pcap" => &MODIFIED,
            _ => return,
        };
        let fitting = |(header, _): &&(usize, &str)| self.fits(bytes, *header, whole);
        if let Some((header, format)) = variants.iter().find(fitting) {
            self.record_header = *header;
            facts.format = format;
        }
    }

    /// Whether these are records with headers of that length: two or more that can be, or the one that there is.
    fn fits(&self, bytes: &[u8], header: usize, whole: bool) -> bool {
        let mut rest = bytes;
        let mut first = None;
        for record in 0.. {
            if self.is_joined(rest) {
                return record > 0;
            }
            let Some([seconds, fraction, len, wire_len]) = self.words(rest) else {
                return record > 1 || record == 1 && whole && rest.is_empty();
            };
            let since = seconds.abs_diff(*first.get_or_insert(seconds));
            let (shorter, longer) = (len.min(wire_len), len.max(wire_len));
            let swapped = self.lengths != Lengths::CapturedFirst;
            if i64::from(fraction) * self.unit_ns >= 1_000_000_000
                || since > APART
                || longer as usize > self.max_len
                || !swapped && len > wire_len
            {
                return false;
            }
            let captured = if swapped { shorter } else { len };
            match rest.get(header + captured as usize..) {
                Some(after) => rest = after,
                None => return record > 0,
            }
        }
        false
    }

    /// The four numbers that every record header begins with.
    #[inline]
    fn words(&self, bytes: &[u8]) -> Option<[u32; 4]> {
        let words = bytes.first_chunk::<16>()?.as_chunks::<4>().0;
        let &[a, b, c, d] = words else {
            return None;
        };
        let order = self.order;
        Some([order.long(a), order.long(b), order.long(c), order.long(d)])
    }

    /// Whether the header of another file begins here, as in files that `cat` joined.
    #[inline]
    fn is_joined(&self, bytes: &[u8]) -> bool {
        bytes.first_chunk::<8>() == self.header.first_chunk()
    }

    /// That header is passed over, or ends the file.
    #[cold]
    fn joined(&self, bytes: &[u8]) -> Frame {
        match bytes.first_chunk::<FILE_HEADER>() {
            None => Frame::Need(FILE_HEADER),
            Some(header) if header.last_chunk::<4>() == self.header.last_chunk() => Frame::Other {
                size: FILE_HEADER as u64,
            },
            Some(_) => Frame::Broken("another file with another link type"),
        }
    }

    /// The next record.
    #[inline]
    pub fn next(&mut self, bytes: &[u8]) -> Frame {
        let Some([seconds, fraction, mut len, mut wire_len]) = self.words(bytes) else {
            return Frame::Need(16);
        };
        if self.is_joined(bytes) {
            return self.joined(bytes);
        }
        if self.lengths == Lengths::WireFirst || self.lengths == Lengths::Either && len > wire_len {
            std::mem::swap(&mut len, &mut wire_len);
        }
        let len = len as usize;
        if len > self.max_len {
            return Frame::Broken("a record length that cannot be right");
        }
        let size = self.record_header + len;
        if bytes.len() < size {
            return Frame::Need(size);
        }
        let time_ns = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.unit_ns;
        Frame::Record {
            skip: self.record_header,
            len,
            size,
            time_ns,
            wire_len,
            link_type: self.link_type,
        }
    }
}
