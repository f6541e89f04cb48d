//! SNMP (RFC 1157, RFC 3416, RFC 3412): which operation, of which version and community.

use crate::events::bytes::Bytes;
use crate::events::event::Arg;
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

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let (0x30, body) = element(&mut Bytes(data))? else {
        return None;
    };
    let mut rest = Bytes(body);
    let version = integer(&mut rest)?;
    let community = if version == 3 {
        element(&mut rest)?;
        element(&mut rest)?;
        let (tag, scoped) = element(&mut rest)?;
        if tag == 4 {
            let args = [Arg::Bool(is_orig), Arg::Count(version)];
            out.event(Name::SnmpEncryptedPdu, Some(is_orig), &args);
            return Some(());
        }
        rest = Bytes(scoped);
        element(&mut rest)?;
        element(&mut rest)?.1
    } else {
        element(&mut rest)?.1
    };
    let (tag, pdu) = element(&mut rest)?;
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
    let head = [Arg::Bool(is_orig), Arg::Count(version), Arg::Str(community)];
    if name == Name::SnmpTrap {
        out.event(name, Some(is_orig), &head);
        return Some(());
    }
    let [side, version, community] = head;
    let id = Arg::Count(integer(&mut Bytes(pdu))?);
    out.event(name, Some(is_orig), &[side, version, community, id]);
    Some(())
}
