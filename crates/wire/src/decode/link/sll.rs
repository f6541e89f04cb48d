//! Linux cooked captures (`any` device), versions 1 and 2.

use super::{Carried, carried, ethernet, ieee80211, llc, no_network, radio};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

const HARDWARE_IEEE80211: u16 = 801;
const HARDWARE_RADIOTAP: u16 = 803;
const HARDWARE_NETLINK: u16 = 824;

/// Novell IPX without LLC.
const FRAME_802_3: u16 = 1;
const FRAME_802_2: u16 = 4;
/// From here on the protocol field is an EtherType.
const MIN_ETHERTYPE: u16 = 0x0600;

/// Reads the 16-byte header of `LINKTYPE_LINUX_SLL`.
pub(crate) fn read<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[_, _, h0, h1, l0, l1, ref address @ .., _, _, p0, p1], at) =
        start.take::<16>(Layer::Link)?;
    set_source(u16::from_be_bytes([l0, l1]), *address, link);
    let hardware = u16::from_be_bytes([h0, h1]);
    follow(hardware, u16::from_be_bytes([p0, p1]), start, at, link)
}

/// Reads the 20-byte header of `LINKTYPE_LINUX_SLL2`.
pub(crate) fn read_2<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (
        &[
            p0,
            p1,
            _,
            _,
            _,
            _,
            _,
            _,
            h0,
            h1,
            _,
            len,
            ref address @ ..,
            _,
            _,
        ],
        at,
    ) = start.take::<20>(Layer::Link)?;
    set_source(u16::from(len), *address, link);
    let hardware = u16::from_be_bytes([h0, h1]);
    follow(hardware, u16::from_be_bytes([p0, p1]), start, at, link)
}

fn set_source(len: u16, address: [u8; 6], link: &mut LinkHeader) {
    if len == 6 {
        link.source = Some(address);
    }
}

fn follow<'a>(
    hardware: u16,
    protocol: u16,
    start: Cursor<'a>,
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match (hardware, protocol) {
        (HARDWARE_NETLINK, _) => Err(no_network(start)),
        (HARDWARE_IEEE80211, _) => ieee80211::read(at, link),
        (HARDWARE_RADIOTAP, _) => radio::read_radiotap(at, link),
        (_, FRAME_802_2) => llc::read(at, link),
        (_, FRAME_802_3) => carried(llc::LLC | 0xffff, at),
        (_, MIN_ETHERTYPE..) => ethernet::follow(protocol, at, link),
        // CAN, DSA control and other kinds of frames that only Linux numbers.
        _ => Err(no_network(start)),
    }
}
