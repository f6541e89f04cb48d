//! Bytes that stand for content: opaque, text, or TLS records; any range of them at once.

use crate::rng::Rng;

const POOL: usize = 1 << 16;
/// Plain bytes of a full TLS record.
const RECORD: u64 = 16_384;
const HEADER: u64 = 5;

/// What content looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes without pattern.
    Opaque,
    /// Lines of words.
    Text,
    /// TLS application data: records of at most 16 KiB with their headers, up to this total length.
    Tls {
        /// Length of all records with their headers.
        total: u64,
    },
}

/// The pools that content is cut from.
#[derive(Debug)]
pub struct Filler {
    opaque: Vec<u8>,
    text: Vec<u8>,
}

const WORDS: [&str; 16] = [
    "the", "wire", "tells", "who", "speaks", "and", "how", "well", "it", "is", "carried", "over",
    "every", "path", "from", "here",
];

impl Filler {
    /// Fills the pools; they are the same for every seed.
    pub fn new() -> Self {
        let mut rng = Rng::new(0x0077_6972_6574_656c);
        let mut opaque = Vec::with_capacity(POOL);
        while opaque.len() < POOL {
            opaque.extend_from_slice(&rng.bits().to_le_bytes());
        }
        let mut text = Vec::with_capacity(POOL + 16);
        while text.len() < POOL {
            text.extend_from_slice(rng.pick(&WORDS).as_bytes());
            text.extend_from_slice(if rng.chance(0.1) { b".\r\n" } else { b" " });
        }
        text.truncate(POOL);
        Self { opaque, text }
    }

    /// Appends the bytes from `offset` on, `len` of them, of the content named `key`.
    pub fn append(&self, out: &mut Vec<u8>, kind: Kind, key: u64, offset: u64, len: usize) {
        match kind {
            Kind::Opaque => copy(out, &self.opaque, key.wrapping_add(offset), len),
            Kind::Text => copy(out, &self.text, key.wrapping_add(offset), len),
            Kind::Tls { total } => self.records(out, total, key, offset, len),
        }
    }

    fn records(&self, out: &mut Vec<u8>, total: u64, key: u64, offset: u64, len: usize) {
        let (mut offset, mut left) = (offset, len as u64);
        while left > 0 {
            let within = offset % (RECORD + HEADER);
            let body = (total.saturating_sub(offset - within + HEADER)).min(RECORD);
            let take = if within < HEADER {
                let length = (body as u16).to_be_bytes();
                let header = [0x17, 3, 3, length[0], length[1]];
                let take = (HEADER - within).min(left);
                out.extend(header.iter().skip(within as usize).take(take as usize));
                take
            } else {
                let take = (RECORD + HEADER - within).min(left);
                copy(out, &self.opaque, key.wrapping_add(offset), take as usize);
                take
            };
            offset += take;
            left -= take;
        }
    }
}

/// The length on the wire of `plain` bytes inside TLS records.
pub fn tls_length(plain: u64) -> u64 {
    plain + plain.div_ceil(RECORD).max(1) * HEADER
}

fn copy(out: &mut Vec<u8>, pool: &[u8], from: u64, len: usize) {
    let mut at = from as usize % POOL;
    let mut left = len;
    while left > 0 {
        let take = left.min(POOL - at);
        if let Some(part) = pool.get(at..at + take) {
            out.extend_from_slice(part);
        }
        left -= take;
        at = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_tls_records_gives_the_same_bytes() {
        let filler = Filler::new();
        let total = tls_length(40_000);
        let kind = Kind::Tls { total };
        let mut whole = Vec::new();
        filler.append(&mut whole, kind, 7, 0, total as usize);
        let mut parts = Vec::new();
        let mut at = 0;
        while at < total {
            let take = 1_001.min(total - at);
            filler.append(&mut parts, kind, 7, at, take as usize);
            at += take;
        }
        assert_eq!(whole, parts);
        let mut rest = whole.as_slice();
        let mut records = 0;
        while let [0x17, 3, 3, high, low, after @ ..] = rest {
            rest = &after[usize::from(u16::from_be_bytes([*high, *low]))..];
            records += 1;
        }
        assert!(rest.is_empty());
        assert_eq!(records, 3);
    }
}
