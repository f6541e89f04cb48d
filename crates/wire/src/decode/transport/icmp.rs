//! ICMP (RFC 792) and ICMPv6 (RFC 4443).

use super::{cut, whole};
use crate::decode::cursor::Cursor;
use crate::{Fault, Icmp, Ip, Layer, Transport};

const HEADER: u32 = 8;

/// Reads an ICMP or ICMPv6 header; of one cut after the checksum, what is there.
#[inline]
pub(crate) fn read<'a>(ip: &mut Ip<'a>, segment: Cursor<'a>) -> Result<(), Fault> {
    match segment.take::<8>(Layer::Transport) {
        Ok((&[kind, code, c0, c1, r0, r1, r2, r3], payload)) => {
            let icmp = Icmp {
                kind,
                code,
                checksum: u16::from_be_bytes([c0, c1]),
                rest: u32::from_be_bytes([r0, r1, r2, r3]),
            };
            whole(ip, Transport::Icmp(icmp), payload)
        }
        Err(fault) => {
            let transport = match segment.data.first_chunk::<4>() {
                Some(&[kind, code, c0, c1]) => Transport::Icmp(Icmp {
                    kind,
                    code,
                    checksum: u16::from_be_bytes([c0, c1]),
                    rest: 0,
                }),
                None => Transport::Unread,
            };
            cut(ip, transport, segment, HEADER, fault)
        }
    }
}
