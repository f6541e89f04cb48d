//! The capture file: pcap with nanoseconds.

use std::io::{self, Write};

/// Writes records of Ethernet frames, cut at the snap length.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
    buffer: Vec<u8>,
    snaplen: usize,
}

const FLUSH: usize = 1 << 18;

impl<'a> Writer<'a> {
    /// Starts a capture.
    pub fn new(out: &'a mut dyn Write, snaplen: u32) -> Self {
        let mut buffer = Vec::with_capacity(FLUSH + (1 << 16));
        buffer.extend_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
        buffer.extend_from_slice(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        buffer.extend_from_slice(&snaplen.to_le_bytes());
        buffer.extend_from_slice(&1_u32.to_le_bytes());
        Self {
            out,
            buffer,
            snaplen: snaplen as usize,
        }
    }

    /// Appends one frame.
    pub fn write(&mut self, time_ns: i64, frame: &[u8]) -> io::Result<()> {
        let kept = frame.get(..self.snaplen).unwrap_or(frame);
        let seconds = time_ns.div_euclid(1_000_000_000) as u32;
        let nanos = time_ns.rem_euclid(1_000_000_000) as u32;
        self.buffer.extend_from_slice(&seconds.to_le_bytes());
        self.buffer.extend_from_slice(&nanos.to_le_bytes());
        self.buffer
            .extend_from_slice(&(kept.len() as u32).to_le_bytes());
        self.buffer
            .extend_from_slice(&(frame.len() as u32).to_le_bytes());
        self.buffer.extend_from_slice(kept);
        if self.buffer.len() >= FLUSH {
            self.flush_buffer()?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush_buffer()?;
        self.out.flush()
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
