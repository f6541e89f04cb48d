//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): what is asked for and how it goes; then what is carried is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Both sides of a connection.
#[derive(Debug, Default)]
pub(super) struct Socks {
    client: Client,
    server: Server,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Client {
    #[default]
    Greeting,
    Request,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Server {
    #[default]
    Method,
    Login,
    Reply,
}

/// Fields of Zeek's `SOCKS::Address`.
const ADDRESS: &[&str] = &["host", "name"];

impl StreamParser for Socks {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let mut rest = Bytes(data);
        let read = if is_orig {
            self.client(&mut rest, out)
        } else {
            self.server(&mut rest, out)
        };
        let used = data.len() - rest.0.len();
        match read {
            None => Step::More,
            Some(Ok(true)) => Step::Switch(used),
            Some(Ok(false)) => Step::Used(used),
            Some(Err(reason)) => Step::Violation(reason),
        }
    }

    fn limit(&self) -> usize {
        1024
    }
}

/// Whether what follows is carried; none if there is too little.
type Read = Option<Result<bool, &'static str>>;

impl Socks {
    fn client(&mut self, rest: &mut Bytes<'_>, out: &mut Out<'_>) -> Read {
        match (self.client, rest.u8()?) {
            (Client::Greeting, 5) => {
                rest.vec8()?;
                self.client = Client::Request;
            }
            (Client::Greeting, 4) => {
                let (command, port) = (rest.u8()?, rest.u16()?);
                let address = rest.u32()?;
                let user = until_zero(rest)?;
                // A name behind an address that cannot be (4a).
                let name = if address >> 8 == 0 && address != 0 {
                    Some(until_zero(rest)?)
                } else {
                    None
                };
                let host = Some(IpAddr::V4(Ipv4Addr::from(address)));
                request((4, command), (host, name), (port, user), out);
                self.client = Client::Done;
                self.server = Server::Reply;
            }
            (Client::Request, 1) => {
                let (user, password) = (rest.vec8()?, rest.vec8()?);
                let args = [Arg::Str(user), Arg::Str(password)];
                out.event(Name::SocksLogin, Some(true), &args);
            }
            (Client::Request, 5) => {
                let command = rest.u8()?;
                rest.u8()?;
                let place = address(rest)?;
                let port = rest.u16()?;
                request((5, command), place, (port, b""), out);
                self.client = Client::Done;
            }
            // What is carried, before the proxy has agreed: it waits.
            (Client::Done, _) => return None,
            _ => return Some(Err("not a SOCKS request")),
        }
        Some(Ok(false))
    }

    fn server(&mut self, rest: &mut Bytes<'_>, out: &mut Out<'_>) -> Read {
        match (self.server, rest.u8()?) {
            (Server::Method, 5) => {
                self.server = match rest.u8()? {
                    2 => Server::Login,
                    _ => Server::Reply,
                };
            }
            (Server::Login, 1) => {
                let args = [Arg::Count(rest.u8()?.into())];
                out.event(Name::SocksLoginReply, Some(false), &args);
                self.server = Server::Reply;
            }
            (Server::Reply, 0) if self.client == Client::Done => {
                let (code, port, host) = (rest.u8()?, rest.u16()?, rest.u32()?);
                let host = Some(IpAddr::V4(Ipv4Addr::from(host)));
                reply((4, code), (host, None), port, out);
                return Some(Ok(code == 0x5a));
            }
            (Server::Reply, 5) => {
                let code = rest.u8()?;
                rest.u8()?;
                let place = address(rest)?;
                let port = rest.u16()?;
                reply((5, code), place, port, out);
                return Some(Ok(code == 0));
            }
            _ => return Some(Err("not a SOCKS reply")),
        }
        Some(Ok(false))
    }
}

/// Address or name.
type Place<'a> = (Option<IpAddr>, Option<&'a [u8]>);

fn fields<'a>((host, name): Place<'a>) -> [Arg<'a>; 2] {
    [
        host.filter(|_| name.is_none()).map_or(Arg::None, Arg::Addr),
        name.map_or(Arg::None, Arg::Str),
    ]
}

fn request(
    (version, command): (u8, u8),
    place: Place<'_>,
    (port, user): (u16, &[u8]),
    out: &mut Out<'_>,
) {
    let fields = fields(place);
    let args = [
        Arg::Count(version.into()),
        Arg::Count(command.into()),
        Arg::Record(ADDRESS, &fields),
        Arg::Count(port.into()),
        Arg::Str(user),
    ];
    out.event(Name::SocksRequest, Some(true), &args);
}

fn reply((version, code): (u8, u8), place: Place<'_>, port: u16, out: &mut Out<'_>) {
    let fields = fields(place);
    let args = [
        Arg::Count(version.into()),
        Arg::Count(code.into()),
        Arg::Record(ADDRESS, &fields),
        Arg::Count(port.into()),
    ];
    out.event(Name::SocksReply, Some(false), &args);
}

fn address<'a>(rest: &mut Bytes<'a>) -> Option<Place<'a>> {
    Some(match rest.u8()? {
        1 => (Some(IpAddr::V4(Ipv4Addr::from(rest.u32()?))), None),
        4 => {
            let bytes = rest.take(16)?.first_chunk::<16>().copied()?;
            (Some(IpAddr::V6(Ipv6Addr::from(bytes))), None)
        }
        _ => (None, Some(rest.vec8()?)),
    })
}

fn until_zero<'a>(rest: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let len = rest.0.iter().position(|byte| *byte == 0)?;
    let text = rest.take(len)?;
    rest.u8()?;
    Some(text)
}
