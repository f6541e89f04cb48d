//! IP over ATM (RFC 2684, RFC 2225), as several systems capture it.

use super::{Carried, by_version, ethernet, frame_relay, llc, no_network};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader};

const SNAP: [u8; 2] = [0xaa, 0xaa];
/// LLC that says: an ISO protocol identifier follows.
const ISO: [u8; 3] = [0xfe, 0xfe, 0x03];

/// Reads an AAL5 packet with LLC encapsulation.
pub(crate) fn read_rfc1483<'a>(
    at: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    match at.data.first_chunk::<3>() {
        Some(&ISO) => frame_relay::by_nlpid(at.skip(3, Layer::Link)?, link),
        _ => llc::read(at, link),
    }
}

/// Reads a packet of classical IP over ATM: with LLC, or IP alone.
pub(crate) fn read_clip<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    match at.data.first_chunk::<2>() {
        Some(&SNAP) => llc::read(at, link),
        _ => by_version(at),
    }
}

/// Reads a SunATM header: kind of traffic, path and channel.
pub(crate) fn read_sunatm<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const LAN_EMULATION: u8 = 1;
    const LLC_MULTIPLEXED: u8 = 2;
    let (&[kind, _, _, _], at) = start.take::<4>(Layer::Link)?;
    match kind & 0x0f {
        // An emulated LAN puts a client id before the Ethernet frame; its control frames begin with FF00.
        LAN_EMULATION => match at.take::<2>(Layer::Link)? {
            (&[0xff, 0x00], _) => Err(no_network(start)),
            (_, frame) => ethernet::read(frame, link),
        },
        LLC_MULTIPLEXED => read_rfc1483(at, link),
        _ => Err(no_network(start)),
    }
}
