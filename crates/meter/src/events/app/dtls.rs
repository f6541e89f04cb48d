//! DTLS 1.0 and 1.2 (RFC 6347): TLS in datagrams. Hellos, certificates and records as in TLS; messages come in fragments
//! that may be lost, sent again, or out of order.

use super::tls::Tls;
use crate::events::bytes::Bytes;
use crate::events::out::Out;

/// Longest message that is put together.
const MAX_MESSAGE: usize = 1 << 16;

/// Whether a datagram begins with a hello, or a server's wish to see one again.
pub(super) fn is_dtls(data: &[u8]) -> bool {
    matches!(data, [22, 0xfe, 0xff | 0xfd, 0, 0, _, _, _, _, _, _, high, low, 1..=3, ..]
        if data.len() >= 13 + usize::from(u16::from_be_bytes([*high, *low])))
}

/// Both sides of a conversation.
#[derive(Debug, Default)]
pub(in crate::events) struct Dtls {
    tls: Tls,
    /// Whether the originator is the client: with WebRTC either side may be. The first hello tells.
    orig_is_client: Option<bool>,
    sides: [Side; 2],
}

/// The message that a side sends.
#[derive(Debug, Default)]
struct Side {
    /// Its number.
    number: u16,
    /// What has come of it, from its begin on.
    begun: Vec<u8>,
}

impl Dtls {
    pub(super) fn held_bytes(&self) -> usize {
        self.sides.iter().map(|side| side.begun.capacity()).sum()
    }

    /// Reads a datagram.
    pub(super) fn datagram(
        &mut self,
        is_orig: bool,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let orig_is_client = *self.orig_is_client.get_or_insert_with(|| {
            let says_hello = data.get(13) == Some(&1);
            says_hello == is_orig
        });
        out.sides_swapped = !orig_is_client;
        let read = self.records(is_orig == orig_is_client, data, out);
        out.sides_swapped = false;
        read
    }

    /// Others share ports with DTLS (RFC 7983): what they send begins with other numbers than its records.
    fn records(
        &mut self,
        is_client: bool,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let mut rest = Bytes(data);
        while let Some(kind @ 20..=25) = rest.u8() {
            let (Some(version), Some(epoch)) = (rest.u16(), rest.u16()) else {
                return Ok(());
            };
            let body = rest.take(6).and_then(|_| rest.vec16());
            // A version that is not known may have other headers.
            let (Some(body), 0xfeff | 0xfefd) = (body, version) else {
                return Ok(());
            };
            if epoch == 0 && kind == 22 {
                self.tls.plain(is_client, version, kind, body, out);
                self.fragments(is_client, version, body, out)?;
            } else {
                self.tls
                    .record(is_client, version, kind, body, epoch > 0, out)?;
            }
        }
        Ok(())
    }

    fn fragments(
        &mut self,
        is_client: bool,
        version: u16,
        body: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let [client, server] = &mut self.sides;
        let side = if is_client { client } else { server };
        let mut rest = Bytes(body);
        while !rest.is_empty() {
            let mut read = || {
                let (kind, len, number) = (rest.u8()?, rest.u24()?, rest.u16()?);
                let (at, piece_len) = (rest.u24()?, rest.u24()?);
                let piece = rest.take(piece_len as usize)?;
                Some((kind, len as usize, number, at as usize, piece))
            };
            let (kind, len, number, at, piece) = read().ok_or("a DTLS fragment cut short")?;
            if len > MAX_MESSAGE || at + piece.len() > len {
                return Err("a DTLS fragment that cannot be");
            }
            // Sent again, or of a message whose begin is missing.
            if number < side.number || number > side.number && at > 0 {
                continue;
            }
            if number > side.number {
                side.number = number;
                side.begun.clear();
            }
            let whole = if piece.len() == len {
                piece
            } else {
                let known = side.begun.len().checked_sub(at);
                let Some(news) = known.and_then(|known| piece.get(known..)) else {
                    continue;
                };
                side.begun.extend_from_slice(news);
                if side.begun.len() < len {
                    continue;
                }
                &side.begun
            };
            let read = self.tls.message(is_client, version, kind, whole, out);
            side.number = side.number.wrapping_add(1);
            side.begun = Vec::new();
            read?;
        }
        Ok(())
    }
}
