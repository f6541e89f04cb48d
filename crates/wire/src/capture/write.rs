//! A writer of pcap files, for synthesized traces and for tests.

use std::io::{self, Write};

use crate::{LinkType, Record};

/// Writes a pcap file.
#[derive(Debug)]
pub struct PcapWriter<W> {
    out: W,
    big_endian: bool,
    unit_ns: i64,
}

/// How a pcap file is written.
#[derive(Clone, Copy, Debug)]
pub struct PcapOptions {
    /// Byte order.
    pub big_endian: bool,
    /// Nanoseconds, not microseconds.
    pub nanoseconds: bool,
    /// Snapshot length that the header declares.
    pub snaplen: u32,
    /// Link type.
    pub link_type: LinkType,
}

impl Default for PcapOptions {
    fn default() -> Self {
        PcapOptions {
            big_endian: false,
            nanoseconds: true,
            snaplen: 262_144,
            link_type: LinkType::ETHERNET,
        }
    }
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header.
    ///
    /// # Errors
    /// If writing fails.
    pub fn new(mut out: W, options: PcapOptions) -> io::Result<PcapWriter<W>> {
        let PcapOptions {
            big_endian,
            nanoseconds,
            snaplen,
            link_type,
        } = options;
        let magic: u32 = if nanoseconds {
            0xA1B2_3C4D
        } else {
            0xA1B2_C3D4
        };
        for word in [
            magic,
            if big_endian { 0x0002_0004 } else { 0x0004_0002 },
            0,
            0,
            snaplen,
            u32::from(link_type.0),
        ] {
            out.write_all(&order(word, big_endian))?;
        }
        Ok(PcapWriter {
            out,
            big_endian,
            unit_ns: if nanoseconds { 1 } else { 1000 },
        })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If writing fails.
    pub fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let seconds = record.time_ns.div_euclid(1_000_000_000) as u32;
        let fraction = (record.time_ns.rem_euclid(1_000_000_000) / self.unit_ns) as u32;
        let mut header = [0; 16];
        let words = [seconds, fraction, record.data.len() as u32, record.wire_len];
        for (place, word) in header.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *place = order(word, self.big_endian);
        }
        self.out.write_all(&header)?;
        self.out.write_all(record.data)
    }

    /// Flushes and gives back what was written to.
    ///
    /// # Errors
    /// If flushing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn order(word: u32, big_endian: bool) -> [u8; 4] {
    if big_endian {
        word.to_be_bytes()
    } else {
        word.to_le_bytes()
    }
}
