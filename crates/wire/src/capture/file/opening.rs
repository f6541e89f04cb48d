//! What a file is by its first bytes: compressed or not, which format, or what else.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::{BLOCK_BYTES, Capture};
use crate::capture::block::Block;
use crate::capture::compression::Compression;
use crate::capture::error::{OpenError, Reason};
use crate::capture::facts::FileFacts;
use crate::capture::frame::{Format, HEAD_BYTES};
use crate::capture::source::Opened;

impl Capture {
    pub(super) fn new(opened: Opened, count: Arc<AtomicU64>) -> Result<Capture, OpenError> {
        let Opened {
            name,
            mut bytes,
            size,
            is_pipe,
        } = opened;
        let mut facts = FileFacts {
            name: name.clone(),
            file_bytes: size,
            ..FileFacts::default()
        };
        let mut head = read_head(&mut bytes).map_err(|error| OpenError::io(&name, error))?;
        if head.is_empty() {
            return Err(OpenError::new(name, Reason::Empty));
        }
        if let Some(compression) = Compression::recognize(&head) {
            bytes = compression.reader(Box::new(std::io::Cursor::new(head).chain(bytes)));
            facts.compression = Some(compression.name());
            head = read_head(&mut bytes)
                .map_err(|error| OpenError::compressed(&name, compression.name(), error))?;
            if head.is_empty() {
                return Err(OpenError::new(name, Reason::Empty));
            }
        }
        let Some((mut format, header)) = Format::recognize(&head, &mut facts) else {
            let looks_like = looks_like(&head, facts.compression);
            return Err(OpenError::new(name, Reason::NoCapture { looks_like }));
        };
        let mut rest = head.get(header..).unwrap_or(&[]).to_vec();
        let look = format.looks_at();
        if look > 0 && !is_pipe {
            // What a pipe holds back is not waited for.
            match bytes.by_ref().take(look as u64).read_to_end(&mut rest) {
                Ok(read) => format.settle(&rest, read < look, &mut facts),
                Err(error) => bytes = Box::new(Fails(Some(error))),
            }
        }
        Ok(Capture {
            bytes,
            format,
            is_pipe,
            rest,
            to_skip: 0,
            offset: header as u64,
            ended: false,
            block_bytes: BLOCK_BYTES,
            dated: false,
            last_ns: i64::MIN,
            facts,
            count,
            single: Block::default(),
            position: 0,
        })
    }
}

/// Tells an error that was met while looking ahead, once what came before it was read.
struct Fails(Option<std::io::Error>);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn read_head(bytes: &mut Box<dyn Read + Send>) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    match bytes
        .by_ref()
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
    {
        // A compressed file that is cut may still show what it is.
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(head),
    }
}

/// What a file that is no capture looks like.
fn looks_like(head: &[u8], compression: Option<&'static str>) -> Option<&'static str> {
    let is_text = head
        .iter()
        .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let plain = match head {
        [0x7F, b'E', b'L', b'F', ..] => "a program",
        [b'P', b'K', 3, 4, ..] => "a zip archive: unpack it first",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file",
        [b'#', b's', b'e', b'p', b'a', b'r', ..] => "a Zeek log",
        [b'{', ..] | [b'[', ..] if is_text => "JSON",
        [b'G', b'M', b'B', b'U', ..] => "a Network Monitor capture: convert it with editcap",
        [b'X', b'C', b'P', 0, ..] => "a NetXRay capture: convert it with editcap",
        [b's', b'n', b'o', b'o', b'p', 0, 0, 0, ..] if head.len() >= 16 => {
            "a snoop file of a version or link that is not known"
        }
        [b's', b'n', b'o', b'o', b'p', 0, ..] => "a snoop file that ends inside its header",
        [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0xA1, 0xB2, 0x3C, 0x4D, ..]
        | [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0x4D, 0x3C, 0xB2, 0xA1, ..] => "a pcap file that ends inside its header",
        [0x0A, 0x0D, 0x0D, 0x0A, ..] if head.len() < 12 => {
            "a pcapng file that ends inside its header"
        }
        _ if is_text => "text",
        _ => return compression.map(|_| "a compressed file of something else"),
    };
    Some(plain)
}
