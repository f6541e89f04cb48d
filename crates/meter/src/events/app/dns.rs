//! DNS (RFC 1035), over UDP and TCP, mDNS, LLMNR and NetBIOS names: Zeek's order of events.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Step, StreamParser};
use crate::events::bytes::Bytes;
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Messages with their length before each.
#[derive(Debug, Default)]
pub(super) struct DnsStream;

impl StreamParser for DnsStream {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        match Bytes(data).vec16() {
            Some(piece) => match message(is_orig, piece, out) {
                Ok(()) => Step::Used(piece.len() + 2),
                Err(reason) => Step::Violation(reason),
            },
            None => Step::More,
        }
    }

    fn limit(&self) -> usize {
        2 + (1 << 16)
    }
}

struct Header {
    id: u16,
    flags: u16,
    questions: u16,
    answers: u16,
    authorities: u16,
    additional: u16,
}

impl Header {
    fn read(rest: &mut Bytes<'_>) -> Option<Header> {
        Some(Header {
            id: rest.u16()?,
            flags: rest.u16()?,
            questions: rest.u16()?,
            answers: rest.u16()?,
            authorities: rest.u16()?,
            additional: rest.u16()?,
        })
    }

    fn is_answer(&self) -> bool {
        self.flags & 0x8000 != 0
    }
}

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let mut rest = Bytes(data);
    let header = Header::read(&mut rest).ok_or("DNS header cut short")?;
    let id = Arg::Count(u64::from(header.id));
    let count = |n: u16| Arg::Count(u64::from(n));
    let args = [
        Arg::Bool(is_orig),
        id,
        count(header.flags >> 11 & 15),
        count(header.flags & 15),
        count(header.flags),
        count(header.questions),
        count(header.answers),
        count(header.authorities),
        count(header.additional),
        Arg::Count(data.len() as u64),
    ];
    out.event(Name::DnsMessage, Some(is_orig), &args);
    let read = questions(&header, data, &mut rest, is_orig, out)
        .and_then(|()| answers(&header, data, &mut rest, is_orig, out));
    out.event(Name::DnsEnd, Some(is_orig), &[id]);
    read.ok_or("DNS record cut short")
}

fn questions<'a>(
    header: &Header,
    data: &'a [u8],
    rest: &mut Bytes<'a>,
    is_orig: bool,
    out: &mut Out<'_>,
) -> Option<()> {
    let id = Arg::Count(u64::from(header.id));
    if header.questions == 0 {
        let name = if header.flags & 15 == 0 {
            Name::DnsQueryReply
        } else {
            Name::DnsRejected
        };
        let none = Arg::Count(0);
        out.event(
            name,
            Some(is_orig),
            &[id, Arg::Str(b"<no query>"), none, none],
        );
        return Some(());
    }
    let bare = header.answers == 0 && header.authorities == 0 && header.additional == 0;
    let event = match (header.is_answer(), bare) {
        (false, _) => Name::DnsRequest,
        (true, true) => Name::DnsRejected,
        (true, false) => Name::DnsQueryReply,
    };
    for _ in 0..header.questions {
        let mut name = [0; MAX_NAME];
        let query = read_name(data, rest, &mut name)?;
        let (kind, class) = (rest.u16()?, rest.u16()?);
        let (kind, class) = (Arg::Count(u64::from(kind)), Arg::Count(u64::from(class)));
        out.event(event, Some(is_orig), &[id, Arg::Str(query), kind, class]);
    }
    Some(())
}

/// The answers; authorities and additional records are skipped as Zeek does by default.
fn answers<'a>(
    header: &Header,
    data: &'a [u8],
    rest: &mut Bytes<'a>,
    is_orig: bool,
    out: &mut Out<'_>,
) -> Option<()> {
    for _ in 0..header.answers {
        let mut name = [0; MAX_NAME];
        let query = read_name(data, rest, &mut name)?;
        let (kind, class, ttl) = (rest.u16()?, rest.u16()?, rest.u32()?);
        let len = usize::from(rest.u16()?);
        let start = data.len() - rest.0.len();
        let body = rest.take(len)?;
        let head = Head {
            id: header.id,
            query,
            kind,
            class,
            ttl,
            is_orig,
        };
        // The body ends where its record ends, but names in it point anywhere before.
        let whole = data.get(..start + len)?;
        answer(&head, whole, body, out)?;
    }
    Some(())
}

struct Head<'a> {
    id: u16,
    query: &'a [u8],
    kind: u16,
    class: u16,
    ttl: u32,
    is_orig: bool,
}

impl Head<'_> {
    fn raise(&self, name: Name, more: &[Arg<'_>], out: &mut Out<'_>) {
        let mut args = [Arg::Bool(false); 9];
        let head = [
            Arg::Count(u64::from(self.id)),
            Arg::Str(self.query),
            Arg::Count(u64::from(self.class)),
            Arg::Time(f64::from(self.ttl)),
        ];
        let mut len = 0;
        for (place, arg) in args.iter_mut().zip(head.iter().chain(more)) {
            *place = *arg;
            len += 1;
        }
        out.event(
            name,
            Some(self.is_orig),
            args.get(..len).unwrap_or_default(),
        );
    }
}

fn answer<'a>(head: &Head<'_>, whole: &'a [u8], body: &'a [u8], out: &mut Out<'_>) -> Option<()> {
    // Updates name what is not to be there by records without data.
    if body.is_empty() {
        return Some(());
    }
    let mut rest = Bytes(body);
    let mut names = [[0; MAX_NAME]; 2];
    let [first, second] = &mut names;
    let number = |n: u16| Arg::Count(u64::from(n));
    match head.kind {
        1 => {
            let address = IpAddr::V4(Ipv4Addr::from(*body.first_chunk::<4>()?));
            head.raise(Name::DnsAReply, &[Arg::Addr(address)], out);
        }
        28 => {
            let address = IpAddr::V6(Ipv6Addr::from(*body.first_chunk::<16>()?));
            head.raise(Name::DnsAaaaReply, &[Arg::Addr(address)], out);
        }
        2 | 5 | 12 => {
            let event = match head.kind {
                2 => Name::DnsNsReply,
                5 => Name::DnsCnameReply,
                _ => Name::DnsPtrReply,
            };
            let name = read_name(whole, &mut rest, first)?;
            head.raise(event, &[Arg::Str(name)], out);
        }
        15 => {
            let preference = rest.u16()?;
            let name = read_name(whole, &mut rest, first)?;
            head.raise(Name::DnsMxReply, &[Arg::Str(name), number(preference)], out);
        }
        6 => {
            let mname = read_name(whole, &mut rest, first)?;
            let rname = read_name(whole, &mut rest, second)?;
            let serial = Arg::Count(u64::from(rest.u32()?));
            head.raise(
                Name::DnsSoaReply,
                &[Arg::Str(mname), Arg::Str(rname), serial],
                out,
            );
        }
        16 | 99 => {
            let event = if head.kind == 16 {
                Name::DnsTxtReply
            } else {
                Name::DnsSpfReply
            };
            head.raise(event, &[Arg::Str(body)], out);
        }
        // On the NetBIOS port this number is a node status.
        33 if out.ports().1 != 137 => {
            let (priority, weight, port) = (rest.u16()?, rest.u16()?, rest.u16()?);
            let target = read_name(whole, &mut rest, first)?;
            let more = [
                Arg::Str(target),
                number(priority),
                number(weight),
                number(port),
            ];
            head.raise(Name::DnsSrvReply, &more, out);
        }
        257 => {
            let flags = rest.u8()?;
            let tag = rest.vec8()?;
            let more = [
                Arg::Count(u64::from(flags)),
                Arg::Str(tag),
                Arg::Str(rest.0),
            ];
            head.raise(Name::DnsCaaReply, &more, out);
        }
        64 | 65 => {
            let event = if head.kind == 64 {
                Name::DnsSvcb
            } else {
                Name::DnsHttps
            };
            let priority = rest.u16()?;
            let target = read_name(whole, &mut rest, first)?;
            head.raise(event, &[number(priority), Arg::Str(target)], out);
        }
        43 => head.raise(Name::DnsDs, &[Arg::Str(body)], out),
        46 => head.raise(Name::DnsRrsig, &[Arg::Str(body)], out),
        47 => head.raise(Name::DnsNsec, &[Arg::Str(body)], out),
        48 => head.raise(Name::DnsDnskey, &[Arg::Str(body)], out),
        50 => head.raise(Name::DnsNsec3, &[Arg::Str(body)], out),
        // Known to Zeek, without an event.
        10..=14 | 32 | 33 => {}
        kind => {
            let args = [
                Arg::Count(u64::from(head.id)),
                Arg::Str(head.query),
                number(kind),
                number(head.class),
                Arg::Time(f64::from(head.ttl)),
            ];
            out.event(Name::DnsUnknownReply, Some(head.is_orig), &args);
        }
    }
    Some(())
}

/// Longest name with its dots.
const MAX_NAME: usize = 256;

/// Reads a name, following pointers backwards only; its text is lower case.
fn read_name<'a, 'n>(
    whole: &'a [u8],
    rest: &mut Bytes<'a>,
    name: &'n mut [u8; MAX_NAME],
) -> Option<&'n [u8]> {
    let mut len = 0;
    let mut jumped: Option<Bytes<'a>> = None;
    let mut limit = whole.len();
    loop {
        let from = match &mut jumped {
            Some(from) => from,
            None => &mut *rest,
        };
        match from.u8()? {
            0 => break,
            high @ 0xc0.. => {
                let at = usize::from(high & 0x3f) << 8 | usize::from(from.u8()?);
                if at >= limit {
                    return None;
                }
                limit = at;
                jumped = Some(Bytes(whole.get(at..)?));
            }
            size @ 1..=63 => {
                let label = from.take(usize::from(size))?;
                if len > 0 {
                    *name.get_mut(len)? = b'.';
                    len += 1;
                }
                let place = name.get_mut(len..len + label.len())?;
                for (to, letter) in place.iter_mut().zip(label) {
                    *to = letter.to_ascii_lowercase();
                }
                len += label.len();
            }
            _ => return None,
        }
    }
    name.get(..len)
}
