//! Ethernet with the tags that switch chips put into it (Distributed Switch Architecture).

use super::{Carried, ethernet};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

/// Reads a frame with a Broadcom tag after the addresses.
pub(crate) fn read_broadcom<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    let at = ethernet::read_addresses(at, link)?;
    ethernet::read_type(at.skip(4, Layer::Link)?, link)
}

/// Reads a frame with a Marvell tag after the addresses.
pub(crate) fn read_dsa<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let at = ethernet::read_addresses(at, link)?;
    marvell_tag(at, link)
}

/// Reads a frame with a Marvell tag that has an EtherType and two reserved bytes before it.
pub(crate) fn read_edsa<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let at = ethernet::read_addresses(at, link)?;
    marvell_tag(at.skip(4, Layer::Link)?, link)
}

fn marvell_tag<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    const HAS_VLAN: u8 = 0x20;
    let (&[bits, _, v0, v1], at) = at.take::<4>(Layer::Link)?;
    if bits & HAS_VLAN != 0 && link.vlan.is_none() {
        link.vlan = Some(u16::from_be_bytes([v0, v1]) & 0x0fff);
    }
    ethernet::read_type(at, link)
}
