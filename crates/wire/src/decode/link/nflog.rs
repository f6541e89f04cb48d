//! Linux netfilter log messages.

use super::{Carried, by_version, carried, malformed, no_network};
use crate::decode::cursor::Cursor;
use crate::decode::network;
use crate::{Fault, Layer};

const HEADER: usize = 4;
const PAYLOAD: u16 = 9;
/// The attribute that is first in every message, and its whole length.
const PACKET_HEADER: [u16; 2] = [8, 1];

/// Reads a log message up to its payload attribute. Attributes are in the byte order of the host that
/// logged: the first one tells which.
pub(crate) fn read(start: Cursor<'_>) -> Result<Carried<'_>, Fault> {
    let (&[family, _, _, _], mut at) = start.take::<HEADER>(Layer::Link)?;
    let big_endian = at.data.first_chunk::<4>().is_some_and(|&[l0, l1, t0, t1]| {
        let first = [u16::from_be_bytes([l0, l1]), u16::from_be_bytes([t0, t1])];
        first == PACKET_HEADER || (first[0] < 0x100 && l0 == 0)
    });
    let number = |bytes| {
        if big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    };
    loop {
        if at.data.is_empty() && at.wire_len == 0 {
            return Err(no_network(start));
        }
        let (&[l0, l1, t0, t1], value) = at.take::<4>(Layer::Link)?;
        let len = number([l0, l1]);
        if len < 4 {
            return Err(malformed(at, 4));
        }
        if number([t0, t1]) & 0x7fff == PAYLOAD {
            let payload = value.cut_within(u32::from(len) - 4);
            return match family {
                2 => carried(network::IPV4, payload),
                10 => carried(network::IPV6, payload),
                _ => by_version(payload).map_err(|_| no_network(start)),
            };
        }
        at = at.skip(usize::from(len).next_multiple_of(4), Layer::Link)?;
    }
}
