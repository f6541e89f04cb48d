//! ARCnet (RFC 1201, RFC 1051).

use super::{Carried, carried, no_network};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer};

const OLD_IP: u8 = 240;
const OLD_ARP: u8 = 241;
const IPV6: u8 = 196;
const IP: u8 = 212;
const ARP: u8 = 213;
const RARP: u8 = 214;
/// A packet longer than one frame, or padded: four bytes before the usual header.
const EXCEPTION: u8 = 0xff;

/// Reads the header as BSD writes it: source, destination, type.
pub(crate) fn read(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    let (&[_, _, kind], at) = start.take::<3>(Layer::Link)?;
    follow(kind, start, at)
}

/// Reads the header as Linux writes it: with a hardware offset before the type.
pub(crate) fn read_linux(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    let (&[_, _, _, _, kind], at) = start.take::<5>(Layer::Link)?;
    follow(kind, start, at)
}

fn follow<'a>(kind: u8, start: Cursor<'a>, mut at: Cursor<'a>) -> Result<Carried<'a>, Fault> {
    let protocol = match kind {
        OLD_IP => return carried(network::IPV4, at),
        OLD_ARP => return carried(network::ARP, at),
        IP => network::IPV4,
        IPV6 => network::IPV6,
        ARP => network::ARP,
        RARP => network::RARP,
        _ => return Err(no_network(start)),
    };
    if at.data.first() == Some(&EXCEPTION) {
        at = at.skip(4, Layer::Link)?;
    }
    let (&[split, _, _], rest) = at.take::<3>(Layer::Link)?;
    // The first part of a packet has an odd flag (or 0 for a whole one), later ones an even one.
    if split != 0 && split & 1 == 0 {
        return Err(no_network(start));
    }
    carried(protocol, rest)
}
