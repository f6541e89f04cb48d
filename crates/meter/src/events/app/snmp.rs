//! SNMP (RFC 1157, RFC 3416, RFC 3412): which operation, of which version and community.

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// One element of BER with a definite length: its tag and its contents.
fn element<'a>(rest: &mut Bytes<'a>) -> Option<(u8, &'a [u8])> {
    let tag = rest.u8()?;
    let len = match rest.u8()? {
        len @ ..=0x7f => usize::from(len),
        0x81 => usize::from(rest.u8()?),
        0x82 => usize::from(rest.u16()?),
        0x83 => rest.u24()? as usize,
        _ => return None,
    };
    Some((tag, rest.take(len)?))
}

fn integer(rest: &mut Bytes<'_>) -> Option<u64> {
    match element(rest)? {
        (2, body) if body.len() <= 8 => {
            Some(body.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        }
        _ => None,
    }
}

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    read(is_orig, data, out).ok_or("not an SNMP message")
}

/// Fields of Zeek's records: `SNMP::Header` and what it holds, `SNMP::PDU`, `SNMP::BulkPDU`, `SNMP::TrapPDU`.
const HEADER: &[&str] = &["version", "v1", "v2", "v3"];
const COMMUNITY: &[&str] = &["community"];
const SECURE: &[&str] = &[
    "id",
    "max_size",
    "flags",
    "auth_flag",
    "priv_flag",
    "reportable_flag",
    "security_model",
    "security_params",
    "pdu_context",
];
const CONTEXT: &[&str] = &["engine_id", "name"];
const PDU: &[&str] = &["request_id", "error_status", "error_index", "bindings"];
const BULK: &[&str] = &["request_id", "non_repeaters", "max_repetitions", "bindings"];
const TRAP: &[&str] = &[
    "enterprise",
    "agent",
    "generic_trap",
    "specific_trap",
    "time_stamp",
    "bindings",
];
const BINDING: &[&str] = &["oid", "value"];
/// Bindings of one message that are told.
const MAX_BINDINGS: usize = 64;

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let (0x30, body) = element(&mut Bytes(data))? else {
        return None;
    };
    let mut rest = Bytes(body);
    let version = integer(&mut rest)?;
    let number = Arg::Count(version);
    if version != 3 {
        let community = [Arg::Str(element(&mut rest)?.1)];
        let record = Arg::Record(COMMUNITY, &community);
        let header = if version == 0 {
            [number, record, Arg::None, Arg::None]
        } else {
            [number, Arg::None, record, Arg::None]
        };
        return operation(&mut rest, is_orig, Arg::Record(HEADER, &header), out);
    }
    let mut head = Bytes(element(&mut rest)?.1);
    let (id, size) = (integer(&mut head)?, integer(&mut head)?);
    let flags = *element(&mut head)?.1.first()?;
    let model = integer(&mut head)?;
    let security = element(&mut rest)?.1;
    let (tag, scoped) = element(&mut rest)?;
    let mut fields = [
        Arg::Count(id),
        Arg::Count(size),
        Arg::Count(flags.into()),
        Arg::Bool(flags & 1 != 0),
        Arg::Bool(flags & 2 != 0),
        Arg::Bool(flags & 4 != 0),
        Arg::Count(model),
        Arg::Str(security),
        Arg::None,
    ];
    if tag == 4 {
        let header = [number, Arg::None, Arg::None, Arg::Record(SECURE, &fields)];
        let args = [Arg::Bool(is_orig), Arg::Record(HEADER, &header)];
        out.event(Name::SnmpEncryptedPdu, Some(is_orig), &args);
        return Some(());
    }
    rest = Bytes(scoped);
    let context = [
        Arg::Str(element(&mut rest)?.1),
        Arg::Str(element(&mut rest)?.1),
    ];
    if let Some(place) = fields.last_mut() {
        *place = Arg::Record(CONTEXT, &context);
    }
    let header = [number, Arg::None, Arg::None, Arg::Record(SECURE, &fields)];
    operation(&mut rest, is_orig, Arg::Record(HEADER, &header), out)
}

/// The operation and its bindings.
fn operation(
    rest: &mut Bytes<'_>,
    is_orig: bool,
    header: Arg<'_>,
    out: &mut Out<'_>,
) -> Option<()> {
    let (tag, pdu) = element(rest)?;
    let name = match tag {
        0xa0 => Name::SnmpGetRequest,
        0xa1 => Name::SnmpGetNextRequest,
        0xa2 => Name::SnmpResponse,
        0xa3 => Name::SnmpSetRequest,
        0xa4 => Name::SnmpTrap,
        0xa5 => Name::SnmpGetBulkRequest,
        0xa6 => Name::SnmpInformRequest,
        0xa7 => Name::SnmpTrapV2,
        0xa8 => Name::SnmpReport,
        _ => return None,
    };
    let mut rest = Bytes(pdu);
    let mut head = [Arg::None; 5];
    let (names, len) = match name {
        Name::SnmpTrap => {
            let enterprise = element(&mut rest)?.1;
            let agent = element(&mut rest)?.1.first_chunk::<4>()?;
            head = [
                Arg::Str(enterprise),
                Arg::Addr(std::net::IpAddr::from(*agent)),
                Arg::Count(integer(&mut rest)?),
                Arg::Count(integer(&mut rest)?),
                // Time ticks, with a tag of their own.
                Arg::Count(big_endian(element(&mut rest)?.1)),
            ];
            (TRAP, 5)
        }
        _ => {
            for place in head.iter_mut().take(3) {
                *place = Arg::Count(integer(&mut rest)?);
            }
            let bulk = name == Name::SnmpGetBulkRequest;
            (if bulk { BULK } else { PDU }, 3)
        }
    };
    let mut pairs = [[Arg::None; 2]; MAX_BINDINGS];
    let mut list = Bytes(element(&mut rest)?.1);
    let mut bindings = [Arg::None; MAX_BINDINGS];
    let mut found = 0;
    while !list.is_empty() {
        let mut binding = Bytes(element(&mut list)?.1);
        let (oid, value) = (element(&mut binding)?.1, element(&mut binding)?);
        if let Some(place) = pairs.get_mut(found) {
            *place = [Arg::Str(oid), self::value(value)];
            found += 1;
        }
    }
    for (place, pair) in bindings.iter_mut().zip(pairs.iter().take(found)) {
        *place = Arg::Record(BINDING, pair);
    }
    let mut fields = [Arg::None; 6];
    let list = [Arg::List(bindings.get(..found)?)];
    for (place, field) in fields.iter_mut().zip(head.iter().take(len).chain(&list)) {
        *place = *field;
    }
    let pdu = Arg::Record(names, fields.get(..=len)?);
    out.event(name, Some(is_orig), &[Arg::Bool(is_orig), header, pdu]);
    Some(())
}

/// A value, without its tag.
fn value<'a>((tag, body): (u8, &'a [u8])) -> Arg<'a> {
    match tag {
        2 | 0x41..=0x43 | 0x46 => Arg::Count(big_endian(body)),
        0x40 => body
            .first_chunk::<4>()
            .map_or(Arg::None, |bytes| Arg::Addr((*bytes).into())),
        _ => Arg::Str(body),
    }
}

fn big_endian(body: &[u8]) -> u64 {
    let sum = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    body.iter().fold(0, sum)
}
