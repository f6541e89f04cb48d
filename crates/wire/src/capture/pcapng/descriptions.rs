//! Blocks that say something of the packets: the section, its interfaces, what these received and dropped.

use super::interface::{Interface, Resolution};
use super::{Pcapng, too_short};
use crate::LinkType;
use crate::capture::byte_order::ByteOrder;
use crate::capture::facts::{FileFacts, InterfaceFacts};
use crate::capture::frame::Frame;

/// Interfaces of a section that are kept; packets of further ones are passed over.
const MAX_INTERFACES: usize = 65_536;
/// Interfaces that are kept as facts.
const MAX_FACTS: usize = 256;

impl Pcapng {
    pub(super) fn section(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let major = body.get(4..).and_then(|rest| rest.first_chunk());
        if major.is_none_or(|major| self.order.short(*major) != 1) {
            return Frame::Broken("a section of a version that is not known");
        }
        if self.sections == 0 {
            facts.big_endian = self.order == ByteOrder::Big;
        }
        self.sections += 1;
        self.interfaces.clear();
        self.first_fact = facts.interfaces.len();
        for (code, value) in options(self.order, body.get(16..).unwrap_or(&[])) {
            match code {
                1 => facts.describe("comment", value),
                2 => facts.describe("hardware", value),
                3 => facts.describe("system", value),
                4 => facts.describe("application", value),
                _ => {}
            }
        }
        Frame::Other { size: size as u64 }
    }

    pub(super) fn interface(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, rest)) = body.split_first_chunk::<8>() else {
            return too_short(size, facts);
        };
        let &[t0, t1, _, _, s0, s1, s2, s3] = header;
        let link_type = LinkType(self.order.short([t0, t1]));
        let snaplen = self.order.long([s0, s1, s2, s3]);
        let mut interface = Interface {
            link_type,
            snaplen,
            resolution: Resolution::DEFAULT,
            offset_seconds: 0,
        };
        let mut fact = InterfaceFacts {
            link_type: Some(link_type),
            ..InterfaceFacts::default()
        };
        let text = |value: &[u8]| {
            Some(String::from_utf8_lossy(value.get(..256).unwrap_or(value)).into_owned())
        };
        for (code, value) in options(self.order, rest) {
            match (code, value) {
                (1, _) => facts.describe("comment", value),
                (2, _) => fact.name = text(value),
                (3, _) => fact.description = text(value),
                (8, _) => fact.speed = longlong(self.order, value),
                (9, [resolution, ..]) => {
                    interface.resolution = Resolution::from_option(*resolution)
                }
                (12, _) => facts.describe("system", value),
                (14, _) => {
                    interface.offset_seconds =
                        longlong(self.order, value).map_or(0, |seconds| seconds as i64)
                }
                (15, _) => facts.describe("hardware", value),
                _ => {}
            }
        }
        facts.snaplen = facts.snaplen.max((snaplen > 0).then_some(snaplen));
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(interface);
        }
        if facts.interfaces.len() < MAX_FACTS {
            facts.interfaces.push(fact);
        }
        Frame::Other { size: size as u64 }
    }

    pub(super) fn statistics(&mut self, body: &[u8], size: usize, facts: &mut FileFacts) -> Frame {
        let Some((header, rest)) = body.split_first_chunk::<12>() else {
            return too_short(size, facts);
        };
        let &[i0, i1, i2, i3, ..] = header;
        let at = self.first_fact + self.order.long([i0, i1, i2, i3]) as usize;
        let (mut received, mut dropped) = (None, None::<u64>);
        for (code, value) in options(self.order, rest) {
            match code {
                4 => received = longlong(self.order, value),
                5 | 7 => {
                    // Dropped by the interface and by the system, each counted since the start.
                    dropped = longlong(self.order, value)
                        .map(|count| dropped.unwrap_or(0).saturating_add(count))
                        .or(dropped);
                }
                _ => {}
            }
        }
        if let Some(fact) = facts.interfaces.get_mut(at) {
            fact.received = received.or(fact.received);
            fact.dropped = dropped.or(fact.dropped);
        }
        Frame::Other { size: size as u64 }
    }
}

/// The options of a block: code and value; ends at what does not fit.
fn options(order: ByteOrder, mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (&[c0, c1, l0, l1], after) = rest.split_first_chunk::<4>()?;
        let (code, len) = (order.short([c0, c1]), usize::from(order.short([l0, l1])));
        let value = after.get(..len)?;
        rest = after.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        (code != 0).then_some((code, value))
    })
}

fn longlong(order: ByteOrder, value: &[u8]) -> Option<u64> {
    value.first_chunk().map(|bytes| order.longlong(*bytes))
}
