//! DHCP (RFC 2131).

use std::net::{IpAddr, Ipv4Addr};

use crate::events::bytes::Bytes;
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    read(is_orig, data, out).ok_or("a DHCP message cut short")
}

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(data);
    let op = rest.u8()?;
    rest.take(3)?;
    let xid = rest.u32()?;
    rest.take(4)?;
    let address = |bytes: u32| Arg::Addr(IpAddr::V4(Ipv4Addr::from(bytes)));
    let (client, yours) = (rest.u32()?, rest.u32()?);
    rest.take(8)?;
    let hardware = rest.take(16)?;
    rest.take(64 + 128)?;
    rest.u32()?;
    let options = rest.0;
    let mut kind = 0;
    loop {
        match rest.u8() {
            None | Some(255) => break,
            Some(0) => {}
            Some(code) => {
                let body = rest.vec8()?;
                if let (53, [value]) = (code, body) {
                    kind = *value;
                }
            }
        }
    }
    let args = [
        Arg::Bool(is_orig),
        Arg::Count(op.into()),
        Arg::Count(kind.into()),
        Arg::Count(xid.into()),
        Arg::Str(hardware.get(..6)?),
        address(client),
        address(yours),
        Arg::Str(options),
    ];
    out.event(Name::DhcpMessage, Some(is_orig), &args);
    Some(())
}
