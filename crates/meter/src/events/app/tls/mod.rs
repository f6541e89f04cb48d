//! TLS 1.0 to 1.3 and SSL 3 (RFC 8446, RFC 5246): records, hellos, extensions, certificates, alerts.

mod extensions;
mod old;
mod x509;

use self::extensions::extension;
use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Longest handshake message that is put together.
const MAX_MESSAGE: usize = 1 << 17;
/// Longest record: 2^14 and what encryption may add.
const MAX_RECORD: u16 = (1 << 14) + 2048;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Tls {
    sides: [Side; 2],
    established: bool,
    cipher: u16,
    version_13: bool,
    /// The server speaks SSL 2.
    old: bool,
}

#[derive(Debug, Default)]
struct Side {
    encrypted: bool,
    /// Bytes of an encrypted record that are left.
    skip: usize,
    handshake: Vec<u8>,
    /// Its hello was read.
    greeted: bool,
}

impl StreamParser for Tls {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let side = self.side(is_orig);
        if side.skip > 0 {
            let now = side.skip.min(data.len());
            side.skip -= now;
            return Step::Used(now);
        }
        let mut rest = Bytes(data);
        let (Some(kind), Some(version), Some(len)) = (rest.u8(), rest.u16(), rest.u16()) else {
            return Step::More;
        };
        if kind & 0x80 != 0 && !self.established {
            return self.old_message(is_orig, data, out);
        }
        if !(20..=24).contains(&kind) || version >> 8 != 3 || len > MAX_RECORD {
            return Step::Violation("not a TLS record");
        }
        let side = self.side(is_orig);
        let readable = !side.encrypted && kind != 23;
        if !readable && kind != 20 {
            side.skip = usize::from(len);
            self.ciphertext(is_orig, kind, version, len, out);
            return Step::Used(5);
        }
        let Some(body) = rest.take(usize::from(len)) else {
            return Step::More;
        };
        if readable {
            record(Name::SslPlaintextData, is_orig, version, kind, len, out);
        }
        let read = if kind == 22 {
            self.handshake(is_orig, version, body, out)
        } else {
            self.control(is_orig, kind, body, out)
        };
        match read {
            Ok(()) => Step::Used(5 + usize::from(len)),
            Err(reason) => Step::Violation(reason),
        }
    }

    fn gap(&mut self, is_orig: bool, len: u64, _out: &mut Out<'_>) -> bool {
        let side = self.side(is_orig);
        let inside = side.skip as u64 >= len;
        if inside {
            side.skip -= len as usize;
        }
        inside
    }

    fn limit(&self) -> usize {
        5 + MAX_RECORD as usize
    }

    fn held_bytes(&self) -> usize {
        let held = self.sides.iter().map(|side| side.handshake.capacity());
        held.sum()
    }
}

/// A record as such, readable or not.
fn record(name: Name, is_orig: bool, version: u16, kind: u8, len: u16, out: &mut Out<'_>) {
    let args = [
        Arg::Bool(is_orig),
        Arg::Count(version.into()),
        Arg::Count(kind.into()),
        Arg::Count(len.into()),
    ];
    out.event(name, Some(is_orig), &args);
}

impl Tls {
    /// Reads a piece of a hello that comes without records, as in QUIC; whether all of it was read.
    pub(super) fn hello_piece(
        &mut self,
        is_orig: bool,
        data: &[u8],
        out: &mut Out<'_>,
    ) -> Result<bool, &'static str> {
        self.handshake(is_orig, 0x0303, data, out)?;
        Ok(self.side(is_orig).greeted)
    }

    /// Reads a record of DTLS, where the epoch tells whether it is encrypted.
    pub(super) fn record(
        &mut self,
        is_orig: bool,
        version: u16,
        kind: u8,
        body: &[u8],
        encrypted: bool,
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let len = body.len() as u16;
        if encrypted || kind == 23 {
            self.ciphertext(is_orig, kind, version, len, out);
            return Ok(());
        }
        self.plain(is_orig, version, kind, body, out);
        self.control(is_orig, kind, body, out)
    }

    /// Tells of a record that can be read.
    pub(super) fn plain(
        &self,
        is_orig: bool,
        version: u16,
        kind: u8,
        body: &[u8],
        out: &mut Out<'_>,
    ) {
        let len = body.len() as u16;
        record(Name::SslPlaintextData, is_orig, version, kind, len, out);
    }

    /// A record that is neither of the handshake nor of data.
    fn control(
        &mut self,
        is_orig: bool,
        kind: u8,
        body: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        match (kind, body) {
            (20, _) => {
                let args = [Arg::Bool(is_orig)];
                out.event(Name::SslChangeCipherSpec, Some(is_orig), &args);
                self.side(is_orig).encrypted = true;
            }
            (21, [level, desc]) => {
                let args = [
                    Arg::Bool(is_orig),
                    Arg::Count((*level).into()),
                    Arg::Count((*desc).into()),
                ];
                out.event(Name::SslAlert, Some(is_orig), &args);
            }
            (21, _) => return Err("a TLS alert of a wrong length"),
            _ => {}
        }
        Ok(())
    }

    fn side(&mut self, is_orig: bool) -> &mut Side {
        let [orig, resp] = &mut self.sides;
        if is_orig { orig } else { resp }
    }

    fn ciphertext(&mut self, is_orig: bool, kind: u8, version: u16, len: u16, out: &mut Out<'_>) {
        if self.version_13 {
            self.side(is_orig).encrypted = true;
        }
        let [orig, resp] = &self.sides;
        if orig.encrypted && resp.encrypted && !std::mem::replace(&mut self.established, true) {
            out.event(Name::SslEstablished, None, &[]);
        }
        record(Name::SslEncryptedData, is_orig, version, kind, len, out);
    }

    /// A message of SSL 2: a hello, as old clients send it to any server, or what follows it until all is encrypted.
    fn old_message(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let mut rest = Bytes(data);
        let len = usize::from(rest.u16().unwrap_or_default() & 0x7fff);
        let Some(body) = rest.take(len) else {
            return Step::More;
        };
        let read = match (is_orig, body) {
            (true, [1, body @ ..]) => old::client_hello(body, out),
            (false, [4, body @ ..]) => {
                self.old = true;
                old::server_hello(body, out)
            }
            // The client's key: what comes after it is encrypted.
            (true, [2, ..]) if self.old => {
                out.event(Name::SslEstablished, None, &[]);
                return Step::Stop;
            }
            _ => None,
        };
        match read {
            Some(()) => Step::Used(len + 2),
            None => Step::Violation("not an SSL 2 hello"),
        }
    }

    /// Reads a whole handshake message.
    pub(super) fn message(
        &mut self,
        is_orig: bool,
        version: u16,
        kind: u8,
        message: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        self.side(is_orig).greeted |= matches!(kind, 1 | 2);
        let args = [
            Arg::Bool(is_orig),
            Arg::Count(kind.into()),
            Arg::Count(message.len() as u64),
        ];
        out.event(Name::SslHandshakeMessage, Some(is_orig), &args);
        let read = match kind {
            1 if is_orig => hello(true, version, message, out).map(|_| ()),
            2 if !is_orig => hello(false, version, message, out).map(|hello| {
                self.cipher = hello.cipher;
                self.version_13 = hello.version_13;
            }),
            11 if !self.version_13 => x509::certificates(is_orig, message, out),
            12 => {
                let ephemeral = matches!(self.cipher >> 8, 0xc0 | 0xcc);
                if let (true, [3, high, low, ..]) = (ephemeral, message) {
                    let curve = u64::from(u16::from_be_bytes([*high, *low]));
                    out.event(Name::SslServerCurve, Some(false), &[Arg::Count(curve)]);
                }
                Some(())
            }
            _ => Some(()),
        };
        read.ok_or("a TLS handshake message cut short")
    }

    /// Puts handshake messages together: they need not end where records end.
    fn handshake(
        &mut self,
        is_orig: bool,
        version: u16,
        body: &[u8],
        out: &mut Out<'_>,
    ) -> Result<(), &'static str> {
        let mut held = std::mem::take(&mut self.side(is_orig).handshake);
        let mut input = if held.is_empty() {
            body
        } else {
            held.extend_from_slice(body);
            &held
        };
        loop {
            let mut rest = Bytes(input);
            let (Some(kind), Some(len)) = (rest.u8(), rest.u24()) else {
                break;
            };
            let len = len as usize;
            if len > MAX_MESSAGE {
                return Err("a TLS handshake message that is too long");
            }
            let Some(message) = rest.take(len) else {
                break;
            };
            self.message(is_orig, version, kind, message, out)?;
            input = rest.0;
        }
        // Many small records may bring one large message: what waits is copied only after one was read.
        if held.is_empty() || input.len() < held.len() {
            held = input.to_vec();
        }
        self.side(is_orig).handshake = held;
        Ok(())
    }
}

struct Hello {
    cipher: u16,
    version_13: bool,
}

/// Versions of DTLS are counted downwards.
fn is_datagram(version: u16) -> bool {
    version >> 8 == 0xfe
}

fn hello(is_client: bool, record: u16, message: &[u8], out: &mut Out<'_>) -> Option<Hello> {
    let mut rest = Bytes(message);
    let version = rest.u16()?;
    let random = rest.take(32)?;
    let time = u32::from_be_bytes(*random.first_chunk()?);
    let id = rest.vec8()?;
    let mut cipher = 0;
    let mut args = [Arg::Count(0); 7];
    let head = [
        Arg::Count(version.into()),
        Arg::Count(record.into()),
        Arg::Time(f64::from(time)),
        Arg::Str(random.get(4..)?),
        Arg::Str(id),
    ];
    if is_client && is_datagram(record) {
        let _cookie = rest.vec8()?;
    }
    let tail = if is_client {
        [Arg::Pairs(rest.vec16()?), Arg::Octets(rest.vec8()?)]
    } else {
        cipher = rest.u16()?;
        [Arg::Count(cipher.into()), Arg::Count(rest.u8()?.into())]
    };
    for (place, arg) in args.iter_mut().zip(head.iter().chain(&tail)) {
        *place = *arg;
    }
    let name = if is_client {
        Name::SslClientHello
    } else {
        Name::SslServerHello
    };
    out.event(name, Some(is_client), &args);
    let mut version_13 = false;
    if !rest.is_empty() {
        let mut extensions = Bytes(rest.vec16()?);
        while !extensions.is_empty() {
            let code = extensions.u16()?;
            let body = extensions.vec16()?;
            let args = [
                Arg::Bool(is_client),
                Arg::Count(code.into()),
                Arg::Str(body),
            ];
            out.event(Name::SslExtension, Some(is_client), &args);
            version_13 |= code == 43 && !is_client && body == [3, 4];
            // An extension that cannot be read is no reason to stop.
            let _ = extension(is_client, code, body, out);
        }
    }
    Some(Hello { cipher, version_13 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::out::Sink;

    #[test]
    fn a_record_that_ends_no_message_does_not_copy_what_waits() {
        let (mut sink, mut tls) = (Sink::default(), Tls::default());
        let mut out = Out::without_conn(0, &mut sink);
        let mut read = |body: &[u8]| {
            tls.handshake(true, 0x0303, body, &mut out).unwrap();
            let held = &tls.side(true).handshake;
            (held.as_ptr(), held.len())
        };
        let begun = read(&[&[1, 1, 0, 0][..], &[0; 1 << 14]].concat());
        assert_eq!(read(&[]), begun);
        let rest = vec![0; (1 << 16) - (1 << 14)];
        assert_eq!(read(&rest).1, 0);
    }
}
