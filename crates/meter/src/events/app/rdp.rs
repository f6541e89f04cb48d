//! The first exchange of RDP: cookie, and what security is negotiated. Then it is TLS, or not read.

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::{Bytes, line};
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Rdp;

impl StreamParser for Rdp {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let mut rest = Bytes(data);
        let (Some(version), Some(_), Some(len)) = (rest.u8(), rest.u8(), rest.u16()) else {
            return Step::More;
        };
        if version != 3 || len < 11 {
            return Step::Violation("not a packet of RDP");
        }
        let Some(body) = rest.take(usize::from(len) - 4) else {
            return Step::More;
        };
        let payload = body.get(7..).unwrap_or_default();
        let used = usize::from(len);
        match body.get(1) {
            Some(0xe0) if is_orig => {
                let first = line(payload).map_or(&b""[..], |(text, _)| text);
                let cookie = first.strip_prefix(b"Cookie: mstshash=").unwrap_or_default();
                // After the cookie, if there is one, a request to negotiate: its type and its flags.
                let asked = payload.get(payload.len().saturating_sub(8)..);
                let flags = match asked {
                    Some([1, flags, 8, 0, ..]) => *flags,
                    _ => 0,
                };
                let args = [Arg::Str(cookie), Arg::Count(flags.into())];
                out.event(Name::RdpConnectRequest, Some(true), &args);
                Step::Used(used)
            }
            Some(0xd0) if !is_orig => match *payload {
                [2, flags, _, _, security, ..] => {
                    let args = [Arg::Count(security.into()), Arg::Count(flags.into())];
                    out.event(Name::RdpNegotiationResponse, Some(false), &args);
                    if security != 0 {
                        let args = [Arg::Count(security.into())];
                        out.event(Name::RdpBeginEncryption, Some(false), &args);
                    }
                    if security == 0 {
                        Step::Stop
                    } else {
                        Step::Switch(used)
                    }
                }
                [3, flags, _, _, code, ..] => {
                    let args = [Arg::Count(code.into()), Arg::Count(flags.into())];
                    out.event(Name::RdpNegotiationFailure, Some(false), &args);
                    Step::Stop
                }
                _ => Step::Stop,
            },
            _ => Step::Stop,
        }
    }
}
