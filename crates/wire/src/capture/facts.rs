//! What a capture file says of itself and what reading it showed.

use std::collections::BTreeMap;
use std::fmt;

use crate::LinkType;

/// One capture file.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// Path as it was named, or `-`.
    pub name: String,
    /// `pcap`, `nanosecond pcap`, `modified pcap`, `Nokia pcap`, `pcapng`, `snoop`.
    pub format: &'static str,
    /// `gzip`, `zstd`, `xz`, `lz4`, `bzip2`.
    pub compression: Option<&'static str>,
    /// Whether the file's byte order is big-endian (that of the first section).
    pub big_endian: bool,
    /// The largest snapshot length that the file declares.
    pub snaplen: Option<u32>,
    /// Records by link type.
    pub link_types: BTreeMap<LinkType, u64>,
    /// Records in the file.
    pub records: u64,
    /// Bytes kept of the packets.
    pub captured_bytes: u64,
    /// Bytes that the packets had on the wire.
    pub wire_bytes: u64,
    /// Time of the earliest and the latest record.
    pub span_ns: Option<(i64, i64)>,
    /// Records whose time is before that of the record before them.
    pub backward_steps: u64,
    /// Size of the file as stored; `None` for a pipe.
    pub file_bytes: Option<u64>,
    /// Interfaces that a pcapng file describes.
    pub interfaces: Vec<InterfaceFacts>,
    /// Hardware, system, application and comments of the sections, as `(what, text)`.
    pub descriptions: Vec<(&'static str, String)>,
    /// What is wrong with the file.
    pub warnings: Vec<Warning>,
}

/// One interface of a pcapng file.
#[derive(Clone, Debug, Default)]
pub struct InterfaceFacts {
    /// Link type.
    pub link_type: Option<LinkType>,
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Bits per second.
    pub speed: Option<u64>,
    /// Packets received, by the last statistics.
    pub received: Option<u64>,
    /// Packets dropped by the interface and by the operating system, by the last statistics.
    pub dropped: Option<u64>,
}

/// Something wrong with a file; at most one that ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Warning {
    /// The file ends inside a record.
    Cut { offset: u64, missing: u64 },
    /// A record or block cannot be right; what follows it is not read.
    Broken { offset: u64, what: &'static str },
    /// Blocks, records or times that were passed over.
    Skipped { count: u64, what: &'static str },
    /// Reading failed.
    Io { offset: u64, error: String },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Cut { offset, missing } => {
                write!(
                    f,
                    "the file ends inside a record (at byte {offset}, {missing} bytes missing)"
                )
            }
            Warning::Broken { offset, what } => write!(
                f,
                "{what} at byte {offset}: the rest of the file is not read"
            ),
            Warning::Skipped { count, what } => write!(f, "{count} × {what}"),
            Warning::Io { offset, error } => write!(f, "reading failed at byte {offset}: {error}"),
        }
    }
}

impl FileFacts {
    /// Packets that the capturing side says it dropped; `None` if it does not say.
    pub fn dropped(&self) -> Option<u64> {
        self.interfaces
            .iter()
            .filter_map(|interface| interface.dropped)
            .reduce(u64::saturating_add)
    }

    pub(super) fn skip(&mut self, reason: &'static str) {
        for warning in &mut self.warnings {
            if let Warning::Skipped { count, what } = warning
                && *what == reason
            {
                *count += 1;
                return;
            }
        }
        self.warnings.push(Warning::Skipped {
            count: 1,
            what: reason,
        });
    }

    /// Keeps a text of the file: bounded in length and number.
    pub(super) fn describe(&mut self, what: &'static str, text: &[u8]) {
        const MOST_TEXTS: usize = 64;
        const MOST_BYTES: usize = 1024;
        let text = String::from_utf8_lossy(text.get(..MOST_BYTES).unwrap_or(text));
        let text = text.trim_end_matches('\0').to_owned();
        let known = self
            .descriptions
            .iter()
            .any(|(kind, old)| *kind == what && *old == text);
        if !text.is_empty() && !known && self.descriptions.len() < MOST_TEXTS {
            self.descriptions.push((what, text));
        }
    }
}
