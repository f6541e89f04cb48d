//! The frames that Initial packets have (RFC 9000, section 12.4).

use super::varint;
use crate::events::bytes::Bytes;

/// A frame that says something.
pub(super) enum Frame<'a> {
    /// Bytes of the handshake, and where they belong.
    Crypto { offset: u64, data: &'a [u8] },
    /// The end of the connection, and why.
    Close { code: u64, reason: &'a [u8] },
}

/// The frames of a packet, one after the other; after an error there are none.
pub(super) struct Frames<'a>(Bytes<'a>);

impl<'a> Frames<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Frames(Bytes(text))
    }

    fn read(&mut self) -> Option<Result<Frame<'a>, &'static str>> {
        let rest = &mut self.0;
        loop {
            match rest.u8()? {
                // Padding, ping.
                0 | 1 => {}
                kind @ (2 | 3) => {
                    if acknowledgment(rest, kind == 3).is_none() {
                        return Some(Err("a QUIC frame cut short"));
                    }
                }
                6 => {
                    let mut crypto = || {
                        let (offset, len) = (varint(rest)?, varint(rest)?);
                        let data = rest.take(usize::try_from(len).ok()?)?;
                        Some(Frame::Crypto { offset, data })
                    };
                    return Some(crypto().ok_or("a QUIC frame cut short"));
                }
                0x1c => {
                    let mut close = || {
                        let (code, _, len) = (varint(rest)?, varint(rest)?, varint(rest)?);
                        let reason = rest.take(usize::try_from(len).ok()?)?;
                        Some(Frame::Close { code, reason })
                    };
                    return Some(close().ok_or("a QUIC frame cut short"));
                }
                _ => return Some(Err("a QUIC frame that no Initial has")),
            }
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.read();
        if let Some(Err(_)) = frame {
            self.0 = Bytes(&[]);
        }
        frame
    }
}

/// Skips the ranges of an acknowledgment; how many there are is bounded by the packet.
fn acknowledgment(rest: &mut Bytes<'_>, congestion: bool) -> Option<()> {
    let (_, _) = (varint(rest)?, varint(rest)?);
    let ranges = varint(rest)?;
    varint(rest)?;
    for _ in 0..ranges {
        let (_, _) = (varint(rest)?, varint(rest)?);
    }
    if congestion {
        let (_, _, _) = (varint(rest)?, varint(rest)?, varint(rest)?);
    }
    Some(())
}
