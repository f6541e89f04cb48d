//! VXLAN (RFC 7348), with group policy.

use crate::decode::cursor::Cursor;
use crate::decode::link::{Carried, ethernet};
use crate::{Fault, Layer, LinkHeader};

pub(super) const PORT: u16 = 4789;
/// What Linux used before the port was assigned.
pub(super) const LINUX_PORT: u16 = 8472;

const HAS_ID: u8 = 0x08;
const HAS_POLICY: u8 = 0x80;

/// Reads the header and the Ethernet header inside; `None` if the payload is not VXLAN.
pub(super) fn read<'a>(at: Cursor<'a>) -> Option<Result<Carried<'a>, Fault>> {
    let (&[flags, _, _, _, _, _, _, reserved], at) = at.take::<8>(Layer::Transport).ok()?;
    if flags & !HAS_POLICY != HAS_ID || reserved != 0 {
        return None;
    }
    Some(ethernet::read(at, &mut LinkHeader::default()))
}
