//! GRE (RFC 2784, RFC 2890), with the routing of RFC 1701, PPTP (RFC 2637), NVGRE and ERSPAN.

use crate::decode::cursor::Cursor;
use crate::decode::link::{Carried, ethernet, ppp};
use crate::decode::network;
use crate::{Fault, FaultKind, Layer, LinkHeader};

const CHECKSUM: u8 = 0x80;
const ROUTING: u8 = 0x40;
const KEY: u8 = 0x20;
const SEQUENCE: u8 = 0x10;
const ACKNOWLEDGMENT: u8 = 0x80;
const VERSION: u8 = 0x07;

const ETHERNET: u16 = 0x6558;
const PPP: u16 = 0x880b;
const WCCP: u16 = 0x883e;
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;

/// Reads the header and what the carried protocol puts before its packet; `None` if nothing is carried.
pub(super) fn read<'a>(start: Cursor<'a>) -> Option<Result<Carried<'a>, Fault>> {
    header(start)
        .and_then(|(flags, protocol, at)| inside(flags, protocol, at))
        .transpose()
}

fn header<'a>(start: Cursor<'a>) -> Result<(u8, u16, Cursor<'a>), Fault> {
    let (&[flags, more, p0, p1], mut at) = start.take::<4>(Layer::Transport)?;
    let protocol = u16::from_be_bytes([p0, p1]);
    if more & VERSION > 1 {
        return Err(start.fault(Layer::Transport, FaultKind::Malformed, 4));
    }
    let is_pptp = more & VERSION == 1;
    let fields = [
        flags & (CHECKSUM | ROUTING) != 0,
        flags & KEY != 0,
        flags & SEQUENCE != 0,
        is_pptp && more & ACKNOWLEDGMENT != 0,
    ];
    let present = fields.into_iter().filter(|present| *present).count();
    at = at.skip(present * 4, Layer::Transport)?;
    if flags & ROUTING != 0 && !is_pptp {
        loop {
            let (&[f0, f1, _, len], _) = at.take::<4>(Layer::Transport)?;
            at = at.skip(4 + usize::from(len), Layer::Transport)?;
            if [f0, f1, len] == [0, 0, 0] {
                break;
            }
        }
    }
    Ok((flags, protocol, at))
}

fn inside<'a>(flags: u8, protocol: u16, at: Cursor<'a>) -> Result<Option<Carried<'a>>, Fault> {
    if at.wire_len == 0 {
        return Ok(None);
    }
    let mut link = LinkHeader::default();
    match protocol {
        ETHERNET => ethernet::read(at, &mut link),
        PPP => ppp::read(at, &mut link),
        // Redirected packets have four more bytes before them in the second version.
        WCCP => {
            let redirect = match at.data.first() {
                Some(first) if first >> 4 != 4 => at.skip(4, Layer::Transport)?,
                _ => at,
            };
            ethernet::follow(0x0800, redirect, &mut link)
        }
        ERSPAN if flags & SEQUENCE != 0 => ethernet::read(at.skip(8, Layer::Transport)?, &mut link),
        ERSPAN => ethernet::read(at, &mut link),
        ERSPAN_3 => erspan_3(at, &mut link),
        0x0600.. => ethernet::follow(protocol, at, &mut link),
        _ => return Ok(None),
    }
    .map(Some)
}

fn erspan_3<'a>(at: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    const HAS_SUBHEADER: u8 = 0x01;
    const FRAME_TYPE: u8 = 0x7c;
    const IP_FRAME: u8 = 2 << 2;
    let (&[_, _, _, _, _, _, _, _, _, _, kind, bits], mut at) = at.take::<12>(Layer::Transport)?;
    if bits & HAS_SUBHEADER != 0 {
        at = at.skip(8, Layer::Transport)?;
    }
    if kind & FRAME_TYPE == IP_FRAME {
        let protocol = network::by_version(at)?;
        return Ok(Carried { protocol, at });
    }
    ethernet::read(at, link)
}
