//! PPPoE session frames (RFC 2516).

use super::{Carried, malformed, no_network, ppp};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

/// Version 1, type 1.
const VERSION_AND_TYPE: u8 = 0x11;
const SESSION_DATA: u8 = 0;

/// Reads a PPPoE session header and the PPP header in it.
pub(crate) fn read<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[version_and_type, code, s0, s1, l0, l1], at) = start.take::<6>(Layer::Link)?;
    if version_and_type != VERSION_AND_TYPE {
        return Err(malformed(start, 6));
    }
    if link.pppoe_session.is_none() {
        link.pppoe_session = Some(u16::from_be_bytes([s0, s1]));
    }
    if code != SESSION_DATA {
        return Err(no_network(start));
    }
    let len = u32::from(u16::from_be_bytes([l0, l1]));
    ppp::read_protocol(at.cut_within(len), link)
}
