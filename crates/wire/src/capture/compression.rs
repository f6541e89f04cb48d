//! Compressed files, recognized by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

/// A compression that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
    Xz,
    Lz4,
    Bzip2,
}

impl Compression {
    /// The compression that the first bytes tell.
    pub fn recognize(head: &[u8]) -> Option<Compression> {
        Some(match head {
            [0x1F, 0x8B, 8, ..] => Compression::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Compression::Zstd,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [0x04, 0x22, 0x4D, 0x18, ..] => Compression::Lz4,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Compression::Bzip2,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
            Compression::Lz4 => "lz4",
            Compression::Bzip2 => "bzip2",
        }
    }

    /// The reader of what is compressed; several streams one after the other are one.
    pub fn reader(self, compressed: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let compressed = BufReader::with_capacity(1 << 16, compressed);
        match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(compressed)),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(compressed)),
            Compression::Xz => Box::new(Pieces(lzma_rust2::XzReader::new(compressed, true))),
            Compression::Zstd => Box::new(Frames {
                rest: Some(compressed),
                open: None,
                start: zstd_frame,
            }),
            Compression::Lz4 => Box::new(Frames {
                rest: Some(compressed),
                open: None,
                start: lz4_frame,
            }),
        }
    }
}

/// Reads little at a time, for a decoder that loses what it decoded in the call in which it meets damage.
struct Pieces<R>(R);

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(512);
        self.0.read(buffer.get_mut(..most).unwrap_or(&mut []))
    }
}

type Rest = BufReader<Box<dyn Read + Send>>;

/// A decoder of one frame that gives its input back.
trait FrameDecoder: Read + Send {
    fn into_rest(self: Box<Self>) -> Rest;
}

/// Frames one after the other, for decoders that end with a frame.
struct Frames {
    rest: Option<Rest>,
    open: Option<Box<dyn FrameDecoder>>,
    start: fn(Rest) -> io::Result<Box<dyn FrameDecoder>>,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut frame) = self.open.take() {
                let read = frame.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    self.open = Some(frame);
                    return Ok(read);
                }
                self.rest = Some(frame.into_rest());
            }
            let Some(mut rest) = self.rest.take() else {
                return Ok(0);
            };
            if rest.fill_buf()?.is_empty() {
                return Ok(0);
            }
            if let [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] = rest.buffer() {
                skip_frame(&mut rest)?;
                self.rest = Some(rest);
            } else {
                self.open = Some((self.start)(rest)?);
            }
        }
    }
}

/// Passes over a skippable frame (the same in zstd and lz4): magic number, length, that many bytes.
fn skip_frame(rest: &mut Rest) -> io::Result<()> {
    let mut header = [0; 8];
    rest.read_exact(&mut header)?;
    let [_, _, _, _, l0, l1, l2, l3] = header;
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    let skipped = io::copy(&mut rest.by_ref().take(length), &mut io::sink())?;
    if skipped == length {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// The decoder keeps the last window of a frame back; at damage, that is given out before the error.
struct Zstd {
    decoder: ruzstd::decoding::StreamingDecoder<Rest, ruzstd::decoding::FrameDecoder>,
    damage: Option<io::Error>,
}

/// A last block that is empty, and a checksum.
const ZSTD_END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.damage.is_none() {
            match self.decoder.read(buffer) {
                Ok(read) => return Ok(read),
                Err(error) => {
                    self.damage = Some(zstd_error(&error));
                    let strategy = ruzstd::decoding::BlockDecodingStrategy::All;
                    let end = self
                        .decoder
                        .decoder
                        .decode_blocks(ZSTD_END.as_slice(), strategy);
                    end.map_err(|error| zstd_error(&error))?;
                }
            }
        }
        match (self.decoder.decoder.read(buffer)?, &self.damage) {
            (0, Some(damage)) => Err(io::Error::new(damage.kind(), damage.to_string())),
            (read, _) => Ok(read),
        }
    }
}

/// An error of the decoder; a cut file is told from a broken one by what is at the bottom of it.
fn zstd_error(error: &(dyn std::error::Error + 'static)) -> io::Error {
    let mut cause = Some(error);
    while let Some(at) = cause {
        let io = at.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof) {
            return io::ErrorKind::UnexpectedEof.into();
        }
        cause = at
            .source()
            .or_else(|| io.and_then(io::Error::get_ref).map(|inner| inner as _));
    }
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

impl FrameDecoder for Zstd {
    fn into_rest(self: Box<Self>) -> Rest {
        self.decoder.into_inner()
    }
}

fn zstd_frame(rest: Rest) -> io::Result<Box<dyn FrameDecoder>> {
    let decoder =
        ruzstd::decoding::StreamingDecoder::new(rest).map_err(|error| zstd_error(&error))?;
    Ok(Box::new(Zstd {
        decoder,
        damage: None,
    }))
}

/// The decoder takes the end of the file for the end of a frame: it is one only after an end mark.
struct Lz4(lz4_flex::frame::FrameDecoder<Watched>);

/// Input that tells whether its end was met.
struct Watched {
    rest: Rest,
    met_end: bool,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.met_end |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

impl Read for Lz4 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && self.0.get_ref().met_end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

impl FrameDecoder for Lz4 {
    fn into_rest(self: Box<Self>) -> Rest {
        self.0.into_inner().rest
    }
}

fn lz4_frame(rest: Rest) -> io::Result<Box<dyn FrameDecoder>> {
    let watched = Watched {
        rest,
        met_end: false,
    };
    Ok(Box::new(Lz4(lz4_flex::frame::FrameDecoder::new(watched))))
}
