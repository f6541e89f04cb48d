//! Blocks that hold a packet.

use super::{OBSOLETE_PACKET, Pcapng, too_short};
use crate::capture::MAX_RECORD_BYTES;
use crate::capture::facts::FileFacts;
use crate::capture::frame::{Frame, NO_TIME};

impl Pcapng {
    /// An enhanced packet block, or an obsolete one, whose first word has the number of the interface in its first half.
    #[inline]
    pub(super) fn timed_packet(
        &mut self,
        kind: u32,
        body: &[u8],
        size: usize,
        facts: &mut FileFacts,
    ) -> Frame {
        let Some((header, _)) = body.split_first_chunk::<20>() else {
            return too_short(size, facts);
        };
        let &[id, high, low, len, wire_len] = header.as_chunks::<4>().0 else {
            return too_short(size, facts);
        };
        let id = match (kind, id) {
            (OBSOLETE_PACKET, [i0, i1, _, _]) => u32::from(self.order.short([i0, i1])),
            _ => self.order.long(id),
        };
        let ticks = u64::from(self.order.long(high)) << 32 | u64::from(self.order.long(low));
        let (len, wire_len) = (self.order.long(len), self.order.long(wire_len));
        self.packet(id, Some(ticks), len, wire_len, (28, size), facts)
    }

    pub(super) fn simple_packet(
        &mut self,
        body: &[u8],
        size: usize,
        facts: &mut FileFacts,
    ) -> Frame {
        let Some((wire_len, data)) = body.split_first_chunk::<4>() else {
            return too_short(size, facts);
        };
        let wire_len = self.order.long(*wire_len);
        let snaplen = self
            .interfaces
            .first()
            .map_or(0, |interface| interface.snaplen);
        let kept = if snaplen == 0 {
            wire_len
        } else {
            wire_len.min(snaplen)
        };
        let len = kept.min(data.len() as u32);
        self.packet(0, None, len, wire_len, (12, size), facts)
    }

    /// A packet block; a simple one tells no time: it gets that of the packet before it, if there is one.
    #[inline]
    fn packet(
        &mut self,
        id: u32,
        ticks: Option<u64>,
        len: u32,
        wire_len: u32,
        (skip, size): (usize, usize),
        facts: &mut FileFacts,
    ) -> Frame {
        let Some(interface) = self.interfaces.get(id as usize) else {
            facts.skip("packet of an interface that is not described");
            return Frame::Other { size: size as u64 };
        };
        let len = len as usize;
        if len > MAX_RECORD_BYTES || skip + len + 4 > size {
            return Frame::Broken("a packet longer than its block");
        }
        if let Some(ticks) = ticks {
            let time = interface.time_ns(ticks);
            let told = time.clamp(i128::from(NO_TIME + 1), i128::from(i64::MAX));
            if told != time {
                facts.skip(
                    "time of a packet before 1677 or after 2262, told as the nearest in between",
                );
            }
            self.last_time_ns = told as i64;
        }
        Frame::Record {
            skip,
            len,
            size,
            time_ns: self.last_time_ns,
            wire_len,
            link_type: interface.link_type,
        }
    }
}
