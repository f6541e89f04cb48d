//! What capture devices write before an 802.11 frame: radiotap, Prism, AVS, PPI.

use super::{Carried, ieee80211, malformed, read};
use crate::decode::cursor::Cursor;
use crate::{Fault, Layer, LinkHeader, LinkType};

const CHECK_SEQUENCE: u32 = 4;

/// Reads a radiotap header: its flags tell of a check sequence and of padding in the frame.
pub(crate) fn read_radiotap<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const HAS_CHECK_SEQUENCE: u8 = 0x10;
    const HAS_PADDING: u8 = 0x20;
    let (&[version, _, l0, l1], _) = start.take::<4>(Layer::Link)?;
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    if version != 0 || len < 8 {
        return Err(malformed(start, 8));
    }
    let frame = start.skip(len, Layer::Link)?;
    let header = start.data.get(..len).unwrap_or(&[]);
    let flags = radiotap_flags(header).unwrap_or(0);
    let frame = if flags & HAS_CHECK_SEQUENCE != 0 {
        frame.without_tail(CHECK_SEQUENCE)
    } else {
        frame
    };
    ieee80211::read_padded(frame, flags & HAS_PADDING != 0, link)
}

/// The flags field, the second of a radiotap header, where it is present.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    const TIME: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE: u32 = 1 << 31;
    let mut words = header.get(4..)?;
    let mut at = 4;
    let mut present = None;
    loop {
        let (&word, rest) = words.split_first_chunk::<4>()?;
        let word = u32::from_le_bytes(word);
        let first = *present.get_or_insert(word);
        words = rest;
        at += 4;
        if word & MORE == 0 {
            if first & FLAGS == 0 {
                return None;
            }
            if first & TIME != 0 {
                at = usize::next_multiple_of(at, 8) + 8;
            }
            return header.get(at).copied();
        }
    }
}

/// Reads a Prism monitoring header, or the AVS header that some drivers write in its place.
pub(crate) fn read_prism<'a>(
    start: Cursor<'a>,
    link: &mut LinkHeader,
) -> Result<Carried<'a>, Fault> {
    const AVS_MAGIC: [u8; 3] = [0x80, 0x21, 0x10];
    const USUAL: usize = 144;
    let (&[c0, c1, c2, _, l0, l1, l2, l3], _) = start.take::<8>(Layer::Link)?;
    if [c0, c1, c2] == AVS_MAGIC {
        return read_avs(start, link);
    }
    let lens = [
        u32::from_le_bytes([l0, l1, l2, l3]) as usize,
        u32::from_be_bytes([l0, l1, l2, l3]) as usize,
    ];
    let len = lens
        .into_iter()
        .find(|len| (24..=1024).contains(len))
        .unwrap_or(USUAL);
    ieee80211::read(start.skip(len, Layer::Link)?, link)
}

/// Reads an AVS header.
pub(crate) fn read_avs<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    let (&[_, _, _, _, l0, l1, l2, l3], _) = start.take::<8>(Layer::Link)?;
    let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    if !(28..=1024).contains(&len) {
        return Err(malformed(start, 28));
    }
    ieee80211::read(start.skip(len, Layer::Link)?, link)
}

/// Reads a per-packet information header, which names the link type that follows.
pub(crate) fn read_ppi<'a>(start: Cursor<'a>, link: &mut LinkHeader) -> Result<Carried<'a>, Fault> {
    const COMMON_80211: [u8; 2] = [2, 0];
    let (&[version, _, l0, l1, t0, t1, t2, t3], fields) = start.take::<8>(Layer::Link)?;
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    if version != 0 || len < 8 {
        return Err(malformed(start, 8));
    }
    let at = start.skip(len, Layer::Link)?;
    match u32::from_le_bytes([t0, t1, t2, t3]) {
        105 => {
            let has_check_sequence = match fields.data.first_chunk::<14>() {
                Some(&[k0, k1, _, _, _, _, _, _, _, _, _, _, flags, _]) => {
                    [k0, k1] == COMMON_80211 && flags & 1 != 0
                }
                None => false,
            };
            let at = if has_check_sequence {
                at.without_tail(CHECK_SEQUENCE)
            } else {
                at
            };
            ieee80211::read(at, link)
        }
        other => {
            let link_type = LinkType(u16::try_from(other).unwrap_or(u16::MAX));
            read(link_type, at.nested()?, link)
        }
    }
}
