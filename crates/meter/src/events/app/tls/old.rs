//! The hellos of SSL 2: a client's may begin a connection of any later version, too.

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Ciphers of a hello that are told.
const MAX_CIPHERS: usize = 64;

/// A client's hello, after its type.
pub(super) fn client_hello(body: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(body);
    let version = rest.u16()?;
    let (ciphers, id, challenge) = (rest.u16()?, rest.u16()?, rest.u16()?);
    let ciphers = rest.take(ciphers.into())?;
    let id = rest.take(id.into())?;
    let random = rest.take(challenge.into())?;
    let mut list = [Arg::None; MAX_CIPHERS];
    let mut found = 0;
    for (place, cipher) in list.iter_mut().zip(ciphers.chunks_exact(3)) {
        *place = number(cipher);
        found += 1;
    }
    let args = [
        Arg::Count(version.into()),
        Arg::Count(0),
        Arg::Count(0),
        Arg::Str(random),
        Arg::Str(id),
        Arg::List(list.get(..found).unwrap_or_default()),
        Arg::List(&[]),
    ];
    out.event(Name::SslClientHello, Some(true), &args);
    Some(())
}

/// A server's hello, after its type: the first of its ciphers stands for all.
pub(super) fn server_hello(body: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(body);
    let (_session_known, _certificate_type, version) = (rest.u8()?, rest.u8()?, rest.u16()?);
    let (certificate, ciphers, id) = (rest.u16()?, rest.u16()?, rest.u16()?);
    rest.take(certificate.into())?;
    let ciphers = rest.take(ciphers.into())?;
    let random = rest.take(id.into())?;
    let args = [
        Arg::Count(version.into()),
        Arg::Count(0),
        Arg::Count(0),
        Arg::Str(random),
        Arg::Str(&[]),
        number(ciphers.get(..3).unwrap_or_default()),
        Arg::Count(0),
    ];
    out.event(Name::SslServerHello, Some(false), &args);
    Some(())
}

/// In this form a cipher has three bytes.
fn number(cipher: &[u8]) -> Arg<'static> {
    let number = cipher
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    Arg::Count(number)
}
