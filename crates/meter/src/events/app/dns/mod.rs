//! DNS (RFC 1035), over UDP and TCP, mDNS, LLMNR and NetBIOS names: Zeek's order of events.

mod names;
mod records;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use self::names::{MAX_NAME, lower_case, read_name};
use super::{Step, StreamParser};
use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Messages with their length before each.
#[derive(Debug, Default)]
pub(super) struct DnsStream {
    /// Sides of which something is missing: a segment may begin with a message.
    unsure: [bool; 2],
}

impl StreamParser for DnsStream {
    fn read(&mut self, is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Step {
        let [orig, resp] = &mut self.unsure;
        let unsure = if is_orig { orig } else { resp };
        if *unsure {
            let begins = data.get(2..).is_some_and(is_dns);
            if !begins {
                return Step::Used(data.len());
            }
            *unsure = false;
        }
        match Bytes(data).vec16() {
            Some(piece) => match message(is_orig, piece, out) {
                Ok(()) => Step::Used(piece.len() + 2),
                Err(reason) => Step::Violation(reason),
            },
            None => Step::More,
        }
    }

    fn gap(&mut self, is_orig: bool, _len: u64, _out: &mut Out<'_>) -> bool {
        let [orig, resp] = &mut self.unsure;
        *(if is_orig { orig } else { resp }) = true;
        true
    }

    fn finds_back(&self) -> bool {
        true
    }

    fn limit(&self) -> usize {
        2 + (1 << 16)
    }
}

/// A header of DNS whose counts and first name make sense.
pub(super) fn is_dns(data: &[u8]) -> bool {
    let mut rest = Bytes(data);
    let mut read = || {
        let (_, flags) = (rest.u16()?, rest.u16()?);
        let (questions, answers) = (rest.u16()?, rest.u16()?);
        let (authorities, additional) = (rest.u16()?, rest.u16()?);
        let response = flags & 0x8000 != 0;
        let sane = matches!(flags >> 11 & 15, 0 | 4 | 5)
            && questions == 1
            && (response || answers == 0)
            && answers < 256
            && authorities < 64
            && additional < 64
            && flags & 0x40 == 0;
        if !sane {
            return None;
        }
        let mut labels = 0;
        loop {
            match rest.u8()? {
                0 => break,
                len @ 1..=63 if labels < 64 => {
                    rest.take(usize::from(len))?;
                    labels += 1;
                }
                _ => return None,
            }
        }
        let (kind, class) = (rest.u16()?, rest.u16()?);
        (kind != 0 && kind < 300 && matches!(class & 0x7fff, 1 | 3 | 4 | 255)).then_some(())
    };
    read().is_some()
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

/// Fields of Zeek's `dns_msg`.
const MSG: &[&str] = &[
    "id",
    "opcode",
    "rcode",
    "QR",
    "AA",
    "TC",
    "RD",
    "RA",
    "Z",
    "AD",
    "CD",
    "num_queries",
    "num_answers",
    "num_auth",
    "num_addl",
    "is_netbios",
];
/// Fields of Zeek's `dns_answer`.
const ANSWER: &[&str] = &["answer_type", "query", "qtype", "qclass", "TTL"];

/// One message with its header as Zeek's record.
struct Message<'a> {
    header: Header,
    record: Arg<'a>,
    data: &'a [u8],
    is_orig: bool,
    is_netbios: bool,
}

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    let mut rest = Bytes(data);
    let header = Header::read(&mut rest).ok_or("DNS header cut short")?;
    let count = |n: u16| Arg::Count(u64::from(n));
    let (flags, (orig_p, resp_p)) = (header.flags, out.ports());
    let flag = |bit: u16| Arg::Bool(flags >> bit & 1 == 1);
    let is_netbios = orig_p == 137 || resp_p == 137;
    let fields = [
        count(header.id),
        count(flags >> 11 & 15),
        count(flags & 15),
        flag(15),
        flag(10),
        flag(9),
        flag(8),
        flag(7),
        count(flags >> 6 & 1),
        flag(5),
        flag(4),
        count(header.questions),
        count(header.answers),
        count(header.authorities),
        count(header.additional),
        Arg::Bool(is_netbios),
    ];
    let record = Arg::Record(MSG, &fields);
    let message = Message {
        header,
        record: Arg::Known(record.size(), &record),
        data,
        is_orig,
        is_netbios,
    };
    let args = [
        Arg::Bool(is_orig),
        message.record,
        Arg::Count(data.len() as u64),
    ];
    out.event(Name::DnsMessage, Some(is_orig), &args);
    let read = message
        .questions(&mut rest, out)
        .and_then(|()| message.answers(&mut rest, out));
    out.event(Name::DnsEnd, Some(is_orig), &[message.record]);
    read.ok_or("DNS record cut short")
}

impl<'a> Message<'a> {
    fn questions(&self, rest: &mut Bytes<'a>, out: &mut Out<'_>) -> Option<()> {
        let header = &self.header;
        if header.questions == 0 {
            let name = if header.flags & 15 == 0 {
                Name::DnsQueryReply
            } else {
                Name::DnsRejected
            };
            self.question(name, (b"<no query>", b"<no query>"), (0, 0), out);
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
            let original = read_name(self.data, rest, &mut name)?;
            let (kind, class) = (rest.u16()?, rest.u16()?);
            let mut lower = [0; MAX_NAME];
            let query = lower_case(original, &mut lower);
            self.question(event, (query, original), (kind, class), out);
        }
        Some(())
    }

    fn question(
        &self,
        event: Name,
        (query, original): (&[u8], &[u8]),
        (kind, class): (u16, u16),
        out: &mut Out<'_>,
    ) {
        let args = [
            self.record,
            Arg::Str(query),
            Arg::Count(kind.into()),
            Arg::Count(class.into()),
            Arg::Str(original),
        ];
        out.event(event, Some(self.is_orig), &args);
    }

    /// The answers; authorities and additional records are skipped as Zeek does by default.
    fn answers(&self, rest: &mut Bytes<'a>, out: &mut Out<'_>) -> Option<()> {
        for _ in 0..self.header.answers {
            let (mut name, mut lower) = ([0; MAX_NAME], [0; MAX_NAME]);
            let query = lower_case(read_name(self.data, rest, &mut name)?, &mut lower);
            let (kind, class, ttl) = (rest.u16()?, rest.u16()?, rest.u32()?);
            let len = usize::from(rest.u16()?);
            let start = self.data.len() - rest.0.len();
            let body = rest.take(len)?;
            let fields = [
                // An answer, not an authority or an additional record.
                Arg::Count(1),
                Arg::Str(query),
                Arg::Count(kind.into()),
                Arg::Count(class.into()),
                Arg::Time(f64::from(ttl)),
            ];
            // Updates name what is not to be there by records without data.
            if !body.is_empty() {
                // The body ends where its record ends, but names in it point anywhere before.
                let whole = self.data.get(..start + len)?;
                self.answer(kind, &fields, whole, body, out)?;
            }
        }
        Some(())
    }

    fn answer(
        &self,
        kind: u16,
        fields: &[Arg<'_>; 5],
        whole: &'a [u8],
        body: &'a [u8],
        out: &mut Out<'_>,
    ) -> Option<()> {
        let mut raise = |event: Name, more: &[Arg<'_>]| {
            let mut args = [Arg::None; 6];
            let head = [self.record, Arg::Record(ANSWER, fields)];
            for (place, arg) in args.iter_mut().zip(head.iter().chain(more)) {
                *place = *arg;
            }
            let args = args.get(..2 + more.len()).unwrap_or_default();
            out.event(event, Some(self.is_orig), args);
        };
        let mut rest = Bytes(body);
        let (mut buffer, mut lower) = ([0; MAX_NAME], [0; MAX_NAME]);
        let number = |n: u16| Arg::Count(u64::from(n));
        match kind {
            1 => {
                let address = IpAddr::V4(Ipv4Addr::from(*body.first_chunk::<4>()?));
                raise(Name::DnsAReply, &[Arg::Addr(address)]);
            }
            28 => {
                let address = IpAddr::V6(Ipv6Addr::from(*body.first_chunk::<16>()?));
                raise(Name::DnsAaaaReply, &[Arg::Addr(address)]);
            }
            2 | 5 | 12 => {
                let event = match kind {
                    2 => Name::DnsNsReply,
                    5 => Name::DnsCnameReply,
                    _ => Name::DnsPtrReply,
                };
                let name = lower_case(read_name(whole, &mut rest, &mut buffer)?, &mut lower);
                raise(event, &[Arg::Str(name)]);
            }
            15 => {
                let preference = rest.u16()?;
                let name = lower_case(read_name(whole, &mut rest, &mut buffer)?, &mut lower);
                raise(Name::DnsMxReply, &[Arg::Str(name), number(preference)]);
            }
            6 => raise(
                Name::DnsSoaReply,
                &[Arg::Record(
                    records::SOA,
                    &records::soa(whole, &mut rest, &mut buffer, &mut lower)?,
                )],
            ),
            16 | 99 => {
                let event = if kind == 16 {
                    Name::DnsTxtReply
                } else {
                    Name::DnsSpfReply
                };
                let mut texts: [&[u8]; MAX_TEXTS] = [&[]; MAX_TEXTS];
                let texts = records::texts(rest, &mut texts)?;
                raise(event, &[Arg::Strs(texts)]);
            }
            // On the NetBIOS port this number is a node status.
            33 if !self.is_netbios => {
                let (priority, weight, port) = (rest.u16()?, rest.u16()?, rest.u16()?);
                let target = lower_case(read_name(whole, &mut rest, &mut buffer)?, &mut lower);
                let more = [
                    Arg::Str(target),
                    number(priority),
                    number(weight),
                    number(port),
                ];
                raise(Name::DnsSrvReply, &more);
            }
            257 => {
                let flags = rest.u8()?;
                let tag = rest.vec8()?;
                let more = [
                    Arg::Count(u64::from(flags)),
                    Arg::Str(tag),
                    Arg::Str(rest.0),
                ];
                raise(Name::DnsCaaReply, &more);
            }
            64 | 65 => {
                let event = if kind == 64 {
                    Name::DnsSvcb
                } else {
                    Name::DnsHttps
                };
                let priority = rest.u16()?;
                let target = read_name(whole, &mut rest, &mut buffer)?;
                let record = [number(priority), Arg::Str(target)];
                raise(event, &[Arg::Record(records::SVCB, &record)]);
            }
            43 => raise(
                Name::DnsDs,
                &[Arg::Record(records::DS, &records::ds(rest)?)],
            ),
            46 => {
                let record = records::rrsig(whole, rest, &mut buffer)?;
                raise(Name::DnsRrsig, &[Arg::Record(records::RRSIG, &record)]);
            }
            47 => {
                let next = lower_case(read_name(whole, &mut rest, &mut buffer)?, &mut lower);
                raise(Name::DnsNsec, &[Arg::Str(next), Arg::Strs(&[rest.0])]);
            }
            48 => {
                let record = records::dnskey(rest)?;
                raise(Name::DnsDnskey, &[Arg::Record(records::DNSKEY, &record)]);
            }
            50 => {
                let record = records::nsec3(rest)?;
                raise(Name::DnsNsec3, &[Arg::Record(records::NSEC3, &record)]);
            }
            // Known to Zeek, without an event.
            10..=14 | 32 | 33 => {}
            _ => raise(Name::DnsUnknownReply, &[]),
        }
        Some(())
    }
}

/// Texts of one record that are told.
const MAX_TEXTS: usize = 64;
