//! QUIC (RFC 9000, RFC 9369): the long headers of the handshake, and the hellos of TLS in Initial packets, which anyone
//! can open. What comes later is encrypted and not read.

mod frames;
mod keys;

use self::frames::{Frame, Frames};
use self::keys::{Keys, V2};
use super::StreamParser;
use super::tls::Tls;
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;
use crate::events::reassembly::{Piece, Stream};

/// Longest hello that is put together: what fits into one record of TLS, and its header.
const MAX_HELLO: u64 = (1 << 14) + 256;

/// Whether a datagram begins with a long header of a version that is known.
pub(super) fn is_quic(data: &[u8]) -> bool {
    matches!(data, [first, ..] if first & 0x40 != 0) && is_long(data)
}

/// The same within a conversation, where the second bit may be anything (RFC 9287).
fn is_long(data: &[u8]) -> bool {
    matches!(data, [first, a, b, c, d, len, ..] if first & 0x80 != 0 && *len <= 20
        && keys::is_known(u32::from_be_bytes([*a, *b, *c, *d])))
}

/// Both sides of a conversation until both hellos are read.
#[derive(Debug, Default)]
pub(in crate::events) struct Quic {
    /// By the version and the destination of the client's first Initial.
    keys: Option<Box<Keys>>,
    destination: Box<[u8]>,
    sides: [Side; 2],
    tls: Option<Box<Tls>>,
}

/// What a side says in CRYPTO frames.
#[derive(Debug, Default)]
struct Side {
    stream: Stream,
    done: bool,
}

/// What a long header says.
#[derive(Clone, Copy)]
struct Header<'a> {
    /// The number of the type in version 1.
    kind: u8,
    version: u32,
    destination: &'a [u8],
    source: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(rest: &mut Bytes<'a>) -> Option<Self> {
        let (first, version) = (rest.u8()?, rest.u32()?);
        let kind = first >> 4 & 3;
        Some(Header {
            kind: if version == V2 { (kind + 3) % 4 } else { kind },
            version,
            destination: rest.vec8()?,
            source: rest.vec8()?,
        })
    }

    fn raise(&self, name: Name, is_orig: bool, more: [Arg<'_>; 2], len: usize, out: &mut Out<'_>) {
        let [first, second] = more;
        let args = [
            Arg::Bool(is_orig),
            Arg::Count(self.version.into()),
            Arg::Str(self.destination),
            Arg::Str(self.source),
            first,
            second,
        ];
        out.event(name, Some(is_orig), args.get(..4 + len).unwrap_or_default());
    }
}

/// No more than what every header has.
const NONE: [Arg<'static>; 2] = [Arg::Bool(false); 2];

impl Quic {
    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        let streams = self.sides.iter().map(|side| side.stream.held_bytes());
        streams.sum::<usize>() + self.tls.as_ref().map_or(0, |tls| tls.held_bytes())
    }

    /// Reads the packets of a datagram.
    pub(super) fn datagram(
        &mut self,
        is_orig: bool,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let mut left = data;
        // What follows the last packet is filled up; short headers have no length.
        while is_long(left) {
            let mut rest = Bytes(left);
            let header = Header::read(&mut rest).ok_or("a QUIC header cut short")?;
            if header.kind == 3 {
                self.retry(&header, is_orig, rest.0, out)?;
                return Ok(());
            }
            let mut length = || {
                if header.kind == 0 {
                    let token = varint(&mut rest)?;
                    rest.take(usize::try_from(token).ok()?)?;
                }
                usize::try_from(varint(&mut rest)?).ok()
            };
            let len = length().ok_or("a QUIC header cut short")?;
            let name = match header.kind {
                0 => Name::QuicInitial,
                1 => Name::QuicZeroRtt,
                _ => Name::QuicHandshake,
            };
            header.raise(name, is_orig, NONE, 0, out);
            let number_at = left.len() - rest.0.len();
            rest.take(len).ok_or("a QUIC packet cut short")?;
            let packet = left.get(..number_at + len).unwrap_or_default();
            if header.kind == 0 {
                self.initial(&header, is_orig, packet, number_at, out)?;
            }
            left = rest.0;
        }
        Ok(())
    }

    /// A server that asks to be asked again: keys and hello begin anew.
    fn retry(
        &mut self,
        header: &Header<'_>,
        is_orig: bool,
        rest: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let tag_at = rest.len().checked_sub(16);
        let (token, tag) = tag_at
            .and_then(|at| rest.split_at_checked(at))
            .ok_or("a QUIC retry cut short")?;
        let more = [Arg::Str(token), Arg::Str(tag)];
        header.raise(Name::QuicRetry, is_orig, more, 2, out);
        *self = Quic::default();
        Ok(())
    }

    fn initial(
        &mut self,
        header: &Header<'_>,
        is_orig: bool,
        packet: &[u8],
        number_at: usize,
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        if self.side(is_orig).done {
            return Ok(());
        }
        if is_orig && self.keys.is_none() {
            self.destination = header.destination.into();
            self.keys = Keys::derive(header.version, header.destination).map(Box::new);
        }
        let Some(keys) = &self.keys else {
            // The client's first packet was missed: nothing can be opened.
            return Ok(());
        };
        let mut text = if keys.version() == header.version {
            keys.open(is_orig, packet, number_at)
        } else {
            // A server may go on in another version (RFC 9368), with keys by the same destination.
            let keys = Keys::derive(header.version, &self.destination);
            keys.and_then(|keys| keys.open(is_orig, packet, number_at))
        };
        if text.is_none() && is_orig && *header.destination != *self.destination {
            // The client begins anew.
            let keys = Keys::derive(header.version, header.destination).map(Box::new);
            text = keys
                .as_ref()
                .and_then(|keys| keys.open(true, packet, number_at));
            if text.is_some() {
                (self.keys, self.destination) = (keys, header.destination.into());
            }
        }
        let text = text.ok_or("a QUIC Initial that its keys do not open")?;
        self.frames(header, is_orig, &text, out)
    }

    fn frames(
        &mut self,
        header: &Header<'_>,
        is_orig: bool,
        text: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        for frame in Frames::of(text) {
            match frame? {
                Frame::Crypto { offset, data } => self.crypto(is_orig, offset, data, out)?,
                Frame::Close { code, reason } => {
                    let more = [Arg::Count(code), Arg::Str(reason)];
                    header.raise(Name::QuicClose, is_orig, more, 2, out);
                }
            }
        }
        Ok(())
    }

    /// Bytes of a side's hello, wherever they belong.
    fn crypto(
        &mut self,
        is_orig: bool,
        offset: u64,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        if offset + data.len() as u64 > MAX_HELLO {
            return Err("a TLS hello in QUIC that is too long");
        }
        let tls = self.tls.get_or_insert_default();
        let [orig, resp] = &mut self.sides;
        let side = if is_orig { orig } else { resp };
        side.stream.start(0);
        let mut read = Ok(false);
        side.stream
            .segment(offset as u32, data, true, &mut |piece| {
                if let (Piece::Data(data), Ok(false)) = (piece, read) {
                    read = tls.hello_piece(is_orig, data, out);
                }
            });
        if side.stream.gave_up() {
            return Err("a TLS hello in QUIC in too many pieces");
        }
        if read? {
            *side = Side {
                done: true,
                ..Side::default()
            };
            if self.sides.iter().all(|side| side.done) {
                (self.keys, self.tls) = (None, None);
            }
        }
        Ok(())
    }

    fn side(&mut self, is_orig: bool) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        if is_orig { orig } else { resp }
    }
}

/// A number of 1, 2, 4 or 8 bytes (RFC 9000, section 16).
fn varint(rest: &mut Bytes<'_>) -> Option<u64> {
    let first = rest.u8()?;
    let more = (1 << (first >> 6)) - 1;
    let tail = rest.take(more)?;
    let sum = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(tail.iter().fold(u64::from(first & 0x3f), sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_those_of_the_standard() {
        // RFC 9000, appendix A.1.
        let cases: [(&[u8], u64); 5] = [
            (
                &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c],
                151_288_809_941_952_652,
            ),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
            (&[0x40, 0x25], 37),
        ];
        for (bytes, number) in cases {
            assert_eq!(varint(&mut Bytes(bytes)), Some(number));
            let cut = &bytes[..bytes.len() - 1];
            assert_eq!(varint(&mut Bytes(cut)), None);
        }
    }
}
